// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.http.HostName;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaValue;

/** A file in rsp's own form, with {@code listen} and {@code backends}, as it is being checked. */
final class BackendsFile {
  private final Map<String, LuaValue> globals;
  private final Problems problems;

  BackendsFile(Map<String, LuaValue> globals, Problems problems) {
    this.globals = globals;
    this.problems = problems;
  }

  /** Reads every key. What is wrong becomes a problem, and its default takes its place. */
  Draft read() {
    globals.forEach(this::refuseUnknown);
    var addresses = new AddressKeys(problems);
    return new Draft(
        addresses.listen(global(Keys.LISTEN)),
        addresses.slots(global(Keys.BACKENDS)),
        Timeouts.of(section(Keys.TIMEOUTS, Keys.ALL_TIMEOUTS)::number),
        limits(),
        (int)
            Keys.LOOPS.read(KeyPath.global(Keys.LOOPS.name()), global(Keys.LOOPS.name()), problems),
        defaultHost(),
        trustForwarded(),
        hasSelect());
  }

  private LuaValue global(String name) {
    return globals.getOrDefault(name, LuaValue.NIL);
  }

  private void refuseUnknown(String name, LuaValue value) {
    if (Keys.GLOBALS.contains(name) || value.isfunction()) {
      return;
    }
    String nearest = NearestKey.to(name, Keys.all());
    problems.add(
        KeyPath.global(name),
        value,
        "a known key, or local" + (nearest == null ? "" : "; did you mean " + nearest + "?"));
  }

  private Limits limits() {
    Section section = section(Keys.LIMITS, Keys.ALL_LIMITS);
    Limits limits = Limits.of(section::number);
    LuaValue target = section.get(Keys.TARGET_BYTES.name());
    // Only a target that the file asks for is a mistake; the default one follows a small head.
    if (target.type() == LuaValue.TNUMBER
        && Keys.TARGET_BYTES.allows(target.todouble())
        && target.todouble() > limits.headBytes()) {
      problems.add(
          KeyPath.global(Keys.LIMITS).key(Keys.TARGET_BYTES.name()),
          target,
          "at most limits.head_bytes, which is " + limits.headBytes());
    }
    return limits;
  }

  private Section section(String name, List<NumberKey> known) {
    Section section = Section.of(KeyPath.global(name), global(name), problems);
    section.refuseOthersThan(Keys.names(known));
    return section;
  }

  private @Nullable String defaultHost() {
    LuaValue value = global(Keys.DEFAULT_HOST);
    if (value.isnil()) {
      return null;
    }
    String host = value.tojstring();
    if (value.type() == LuaValue.TSTRING && host.equals(HostName.canonicalise(host))) {
      return host;
    }
    problems.add(
        KeyPath.global(Keys.DEFAULT_HOST),
        value,
        "a host name in lower case, without port and final dot");
    return null;
  }

  private boolean trustForwarded() {
    LuaValue value = global(Keys.FORWARDED);
    String mode = value.type() == LuaValue.TSTRING ? value.tojstring() : "";
    if (!value.isnil() && !mode.equals("replace") && !mode.equals("append")) {
      problems.add(KeyPath.global(Keys.FORWARDED), value, "\"replace\" or \"append\"");
    }
    return mode.equals("append");
  }

  private boolean hasSelect() {
    LuaValue value = global(Keys.SELECT);
    // A function of the library, as in select = math.max, is none that could be asked for a place.
    if (!value.isnil() && !value.isclosure()) {
      problems.add(KeyPath.global(Keys.SELECT), value, "a function written in Lua");
    }
    return value.isclosure();
  }
}
