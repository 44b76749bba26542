// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.Safeguards.ReloadLimits;
import dev.rsp.journal.KnownHosts;
import dev.rsp.journal.SeenHost;
import dev.rsp.lua.ScriptException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses a reload that exceeds the limits of the running configuration.
 *
 * <p>The limit on moves is that of the running configuration, because the new file may be the wrong
 * one: one edit cannot both raise the limit and use it. A refusal prints a text that permits this
 * change if the new file sets {@code reload.force} to it. The text contains the running
 * configuration's fingerprint and the percentage of hosts that may move, so it is invalid after the
 * reload and for a change that moves more hosts.
 *
 * <p>If it cannot compare any host, it refuses every change that may move hosts (see {@link
 * Config#routesHostsLike}). This happens if the journal cannot be read, if no host is known, or if
 * the time limit is exceeded.
 */
public final class ReloadGuard {
  private static final Logger log = LoggerFactory.getLogger(ReloadGuard.class);

  /** An operator waits for it, and a service manager may. 200,000 hosts take one to two seconds. */
  private static final long TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The percentage to force if no host is known: any may move. */
  private static final int ALL_PERCENT = 100;

  /** Number of pairs of slots in a refusal. */
  private static final int TOP_PAIRS = 3;

  private ReloadGuard() {}

  /**
   * Checks a new configuration against the running one. Blocks, up to about 10 s for the tests and
   * 10 s for the moves, so do not call it on an event loop.
   *
   * @param hosts that are known to be served; called only if needed
   * @throws ConfigException if the reload is refused, with its effects
   */
  public static void check(Config running, Config newer, Supplier<KnownHosts> hosts)
      throws ConfigException {
    check(running, newer, hosts, TIMEOUT_NANOS);
  }

  /** Checks with another time limit for each of the two parts. */
  static void check(Config running, Config newer, Supplier<KnownHosts> hosts, long timeoutNanos)
      throws ConfigException {
    List<String> problems = new ArrayList<>();
    try {
      ReloadLimits limits = running.safeguards().reload();
      if (limits.runTests() || newer.safeguards().reload().runTests()) {
        problems.addAll(SelectorCheck.ownTests(newer, System.nanoTime() + timeoutNanos).failures());
      }
      if (limits.maxMovesPercent() < ALL_PERCENT) {
        KnownHosts known = hosts.get();
        String unknownReason = unknownReason(known);
        Effect effect = null;
        if (unknownReason.isEmpty()) {
          effect = effect(running, newer, known.hosts(), timeoutNanos);
          unknownReason = effect.hosts() == 0 ? "there was no time to place any host" : "";
        }
        if (effect != null && effect.hosts() > 0) {
          checkMoves(running, newer, effect, problems);
        } else if (!newer.routesHostsLike(running) || Machines.areExchanged(running, newer)) {
          refuseUnknown(running, newer, unknownReason, problems);
        }
      }
    } catch (ScriptException e) {
      problems.add(e.message());
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  /**
   * What a reload would do to the known hosts, as text for an operator; within the same time.
   *
   * @return empty if no host is known, or no host can move
   * @throws ScriptException if a program fails, although it ran when the file was loaded
   */
  public static String effect(Config running, Config newer, List<SeenHost> hosts)
      throws ScriptException {
    boolean same = newer.routesHostsLike(running) && !Machines.areExchanged(running, newer);
    if (same || hosts.isEmpty()) {
      return "";
    }
    Effect effect = effect(running, newer, hosts, TIMEOUT_NANOS);
    return effect.hosts() == 0 ? "" : effect.shown();
  }

  /** Why the moves cannot be counted; empty if they can. */
  private static String unknownReason(KnownHosts known) {
    if (!known.problem().isEmpty()) {
      return "the journal cannot be read: " + known.problem();
    }
    return known.hosts().isEmpty() ? "it has served no host yet" : "";
  }

  private static void refuseUnknown(
      Config running, Config newer, String unknownReason, List<String> problems) {
    if (isForced(
        newer.safeguards().reload().force(), running.program().fingerprint(), ALL_PERCENT)) {
      logForced(newer, "rsp could not count the hosts, because " + unknownReason);
      return;
    }
    problems.add(
        "%s: this may move hosts. rsp cannot count them, because %s; %s"
            .formatted(newer.program().name(), unknownReason, limitAndForce(running, ALL_PERCENT)));
  }

  /** What a reload does to the known hosts. */
  private record Effect(Moves moves, Machines machines) {
    /** Number of hosts that were compared. */
    int hosts() {
      return moves.hosts();
    }

    double percent() {
      return Plan.percent(moves, machines);
    }

    String shown() {
      String exchanged =
          machines.changes().stream()
              .filter(Machines.Change::isExchange)
              .limit(TOP_PAIRS)
              .map(c -> "%s %s -> %s %d".formatted(c.slot(), c.from(), c.to(), c.hosts()))
              .collect(Collectors.joining(", "));
      return ReloadGuard.shown(moves)
          + (machines.exchanged() == 0
              ? ""
              : "; %d hosts (%s) keep their slot and meet the former machine of another: %s"
                  .formatted(
                      machines.exchanged(),
                      Moves.shown(Moves.percent(machines.exchanged(), moves.hosts())),
                      exchanged));
    }
  }

  private static Effect effect(
      Config running, Config newer, List<SeenHost> known, long timeoutNanos)
      throws ScriptException {
    // In random order, so that the hosts compared in time are a representative sample.
    List<SeenHost> hosts = new ArrayList<>(known);
    Collections.shuffle(hosts, new Random(hosts.size()));
    // These run both files, which may take seconds.
    Preview current = Preview.of(running);
    Preview next = Preview.of(newer);
    long start = System.nanoTime();
    Assignments before = Assignments.of(current, hosts, start + timeoutNanos / 2);
    Assignments after =
        Assignments.of(next, hosts.subList(0, before.names().size()), start + timeoutNanos);
    Moves moves = Moves.between(hosts, before.names(), after.names(), Plan.slots(running, newer));
    if (moves.hosts() < hosts.size()) {
      log.warn(
          "reload guard: compared {} of {} hosts within the time limit",
          moves.hosts(),
          hosts.size());
    }
    return new Effect(
        moves, Machines.between(running, newer, hosts, before.names(), after.names()));
  }

  private static void checkMoves(
      Config running, Config newer, Effect effect, List<String> problems) {
    if (effect.percent() <= running.safeguards().reload().maxMovesPercent()) {
      return;
    }
    String force = newer.safeguards().reload().force();
    if (isForced(force, running.program().fingerprint(), effect.percent())) {
      logForced(newer, effect.shown());
      return;
    }
    problems.add(
        "%s: it would move %s; %s"
            .formatted(
                newer.program().name(),
                effect.shown(),
                limitAndForce(running, (int) Math.ceil(effect.percent()))));
  }

  private static void logForced(Config newer, String what) {
    log.warn(
        "reload forced by reload.force = \"{}\": {}", newer.safeguards().reload().force(), what);
  }

  private static String limitAndForce(Config running, int percent) {
    return "the running configuration's reload.max_moves is %s. %s"
        .formatted(
            number(running.safeguards().reload().maxMovesPercent()),
            "To reload anyway, put reload = { force = \""
                + running.program().fingerprint()
                + ":"
                + percent
                + "\" } into the new file");
  }

  /** Whether a text has the running configuration's fingerprint and at least that percentage. */
  static boolean isForced(String force, String fingerprint, double percent) {
    String[] parts = force.split(":", -1);
    return parts.length == 2
        && parts[0].equals(fingerprint)
        && parts[1].matches("[0-9]{1,3}")
        && percent <= Integer.parseInt(parts[1]);
  }

  private static String shown(Moves moves) {
    String pairs =
        moves.pairs().stream()
            .limit(TOP_PAIRS)
            .map(pair -> pair.from() + " -> " + pair.to() + " " + pair.hosts())
            .collect(Collectors.joining(", "));
    int more = moves.pairs().size() - TOP_PAIRS;
    return "%d of %d hosts (%s) with %s of the requests: %s%s"
        .formatted(
            moves.moved(),
            moves.hosts(),
            Moves.shown(moves.percent()),
            Moves.shown(moves.requestsPercent()),
            pairs.isEmpty() ? "none" : pairs,
            more > 0 ? " and " + more + " more pairs" : "");
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%s", value);
  }
}
