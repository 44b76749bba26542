// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.ApiReply;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.Slot;
import dev.rsp.log.IoReason;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The states of slots that operators have set, from one configuration to the next. {@link Daemon}
 * changes them while it holds the lock of reloads; any thread may call {@link #now}.
 */
final class CurrentOverrides {
  private static final Logger log = LoggerFactory.getLogger(CurrentOverrides.class);
  private static final Logger audit = LoggerFactory.getLogger("rsp.audit");

  private volatile Overrides overrides = Overrides.NONE;

  /** Puts a configuration in force. */
  interface Activation {
    /**
     * Does it.
     *
     * @throws ConfigException if it cannot be used; then nothing has changed
     */
    void activate(Config newer, Config fromFile) throws ConfigException;
  }

  /** Those in force. Any thread. */
  Overrides now() {
    return overrides;
  }

  /** Takes up those of an earlier process, if they leave a slot up; returns what serves first. */
  Config resumed(Config fromFile) {
    overrides = kept(fromFile);
    return overrides.appliedTo(fromFile);
  }

  private static Overrides kept(Config fromFile) {
    try {
      Overrides kept = Overrides.read(fromFile).in(fromFile);
      if (!kept.isEmpty() && !isAnyUp(kept.appliedTo(fromFile))) {
        log.error("overrides not used, because they leave no slot up");
        return Overrides.NONE;
      }
      kept.lines().forEach(line -> log.warn("in force {}", line));
      return kept;
    } catch (IOException e) {
      log.error("overrides not read file={}: {}", Overrides.path(fromFile), IoReason.of(e));
      return Overrides.NONE;
    }
  }

  /**
   * A file that is loaded again, with the states that operators have set.
   *
   * @param name of the file, for the problem
   * @throws ConfigException if they leave no slot up
   */
  Config appliedTo(Config fromFile, Object name) throws ConfigException {
    Config newer = overrides.appliedTo(fromFile);
    if (!isAnyUp(newer) && isAnyUp(fromFile)) {
      throw new ConfigException(
          List.of(name + ": overrides leave no slot up (expected: rsp slot NAME file)"));
    }
    return newer;
  }

  /** Forgets those of slots that a file no longer has. */
  void forgetNotIn(Config fromFile) {
    Overrides left = overrides.in(fromFile);
    overrides = left;
    save(left, fromFile);
  }

  private static boolean isAnyUp(Config config) {
    return config.slots().stream().anyMatch(Slot::isUp);
  }

  /** Whether they last until the next process. */
  private static boolean save(Overrides overrides, Config config) {
    try {
      overrides.write(config);
      return Overrides.path(config) != null;
    } catch (IOException e) {
      log.error("overrides not written file={}: {}", Overrides.path(config), IoReason.of(e));
      return false;
    }
  }

  /**
   * Gives a slot another state, until {@code file} is said or the slot leaves the file. Like a
   * reload of a file that says so, without its guard. Blocks.
   *
   * @param fromFile the configuration in force, as the file has it; null if nothing is in force
   * @param name the slot
   * @param state {@code up}, {@code drain}, {@code down}, or {@code file} for that of the file
   * @param by who asks
   */
  ApiReply set(
      @Nullable Config fromFile, String name, String state, String by, Activation activation) {
    ApiReply reply =
        fromFile == null
            ? ApiReply.error(503, "rsp stops")
            : setIn(fromFile, name, state, by, activation);
    audit.info(
        "audit command=slot slot=\"{}\" state={} by=\"{}\" accepted={}",
        name.replaceAll("[^!#-~]", "?"),
        state,
        by,
        reply.status() == 200);
    return reply;
  }

  /** What came of it, for the list of reloads; null if it was no command, or for no slot. */
  static @Nullable ReloadResult result(ApiReply reply, String slot, String state) {
    String line = "override slot=" + slot + " state=" + state;
    return switch (reply.status()) {
      case 200 -> new ReloadResult(true, List.of(line));
      case 409 -> ReloadResult.refused(List.of(line + ": " + reply.values().get("error")));
      default -> null;
    };
  }

  private ApiReply setIn(
      Config fromFile, String name, String text, String by, Activation activation) {
    Slot slot =
        fromFile.slots().stream().filter(one -> one.name().equals(name)).findFirst().orElse(null);
    if (slot == null) {
      return ApiReply.error(404, "no such slot");
    }
    Slot.State state = Overrides.state(text);
    if (state == null && !text.equals("file")) {
      return ApiReply.error(400, "no such state (expected: up, drain, down or file)");
    }
    if (state != null && slot.place() == null) {
      return ApiReply.error(409, "this slot has no address");
    }
    Overrides next = state == null ? overrides.without(name) : overrides.with(name, state, by);
    Config newer = next.appliedTo(fromFile);
    if (state != null && !isAnyUp(newer)) {
      return ApiReply.error(409, "no slot would be left up");
    }
    try {
      activation.activate(newer, fromFile);
    } catch (ConfigException e) {
      return ApiReply.error(409, String.join("; ", e.problems()));
    }
    overrides = next;
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("slot", name);
    values.put("state", state == null ? slot.state().text() : state.text());
    values.put("file_state", slot.state().text());
    values.put("lasts_over_restart", save(next, fromFile));
    return ApiReply.ok(values);
  }
}
