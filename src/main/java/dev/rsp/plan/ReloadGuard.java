// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.Foresight.ReloadLimits;
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
 * Holds a reload back that would do more than the running configuration allows.
 *
 * <p>The limit on moves is the running configuration's, since the new file is the one that may be
 * wrong; so one edit cannot both lift the limit and use that. A refusal prints a text that lets
 * this one change through when the new file sets {@code reload.force} to it: it names the
 * configuration that runs now and the share of hosts that may move, so that it is worth nothing
 * once the change is in force, and nothing for a change that moves more.
 *
 * <p>If it could not place a single host by both files, it lets nothing through that may move any,
 * as {@link Config#placesHostsAs} says: if the journal cannot be read, if it knows no host, and if
 * there was no time.
 */
public final class ReloadGuard {
  private static final Logger log = LoggerFactory.getLogger(ReloadGuard.class);

  /** An operator waits for it, and a service manager may. 200,000 hosts take a second or two. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What has to be forced if nothing is known of the hosts: any of them may move. */
  private static final int ALL_PERCENT = 100;

  /** Pairs of slots that a refusal names. */
  private static final int TOP_PAIRS = 3;

  private ReloadGuard() {}

  /**
   * Checks a new configuration against the running one. Blocks, up to some 10 s for the tests and
   * 10 s for the moves; not for an event loop.
   *
   * @param hosts that are known to be served; asked only if they are needed
   * @throws ConfigException if the reload is refused, with what it would have done
   */
  public static void check(Config running, Config newer, Supplier<KnownHosts> hosts)
      throws ConfigException {
    check(running, newer, hosts, PATIENCE_NANOS);
  }

  /** The same with another time for each of its two parts. */
  static void check(Config running, Config newer, Supplier<KnownHosts> hosts, long patienceNanos)
      throws ConfigException {
    List<String> problems = new ArrayList<>();
    try {
      ReloadLimits limits = running.foresight().reload();
      if (limits.runTests() || newer.foresight().reload().runTests()) {
        problems.addAll(
            SelectorCheck.ownTests(newer, System.nanoTime() + patienceNanos).failures());
      }
      if (limits.maxMovesPercent() < ALL_PERCENT) {
        KnownHosts known = hosts.get();
        String ignorance = ignorance(known);
        Moves moves = null;
        if (ignorance.isEmpty()) {
          moves = moves(running, newer, known.hosts(), patienceNanos);
          ignorance = moves.hosts() == 0 ? "there was no time to place any host" : "";
        }
        if (moves != null && moves.hosts() > 0) {
          judge(running, newer, moves, problems);
        } else if (!newer.placesHostsAs(running)) {
          unknown(running, newer, ignorance, problems);
        }
      }
    } catch (ScriptException e) {
      problems.add(e.told());
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  /** Why it cannot be said how many hosts would move; empty if it can. */
  private static String ignorance(KnownHosts known) {
    if (!known.problem().isEmpty()) {
      return "the journal cannot be read: " + known.problem();
    }
    return known.hosts().isEmpty() ? "it has served no host yet" : "";
  }

  private static void unknown(
      Config running, Config newer, String ignorance, List<String> problems) {
    if (isForced(
        newer.foresight().reload().force(), running.program().fingerprint(), ALL_PERCENT)) {
      logForced(newer, "rsp could not count the hosts, because " + ignorance);
      return;
    }
    problems.add(
        "%s: this may move hosts. rsp cannot count them, because %s; %s"
            .formatted(newer.program().name(), ignorance, limitAndForce(running, ALL_PERCENT)));
  }

  private static Moves moves(Config running, Config newer, List<SeenHost> known, long patienceNanos)
      throws ScriptException {
    // In no order, so that what can be placed in time stands for all.
    List<SeenHost> hosts = new ArrayList<>(known);
    Collections.shuffle(hosts, new Random(hosts.size()));
    // These run both files, which may take seconds of their own.
    Preview current = Preview.of(running);
    Preview next = Preview.of(newer);
    long start = System.nanoTime();
    Goals before = Goals.of(current, hosts, start + patienceNanos / 2);
    Goals after = Goals.of(next, hosts.subList(0, before.names().size()), start + patienceNanos);
    Moves moves = Moves.between(hosts, before.names(), after.names(), Plan.slots(running, newer));
    if (moves.hosts() < hosts.size()) {
      log.warn("reload guard: time for {} of {} hosts", moves.hosts(), hosts.size());
    }
    return moves;
  }

  private static void judge(Config running, Config newer, Moves moves, List<String> problems) {
    if (moves.percent() <= running.foresight().reload().maxMovesPercent()) {
      return;
    }
    String force = newer.foresight().reload().force();
    if (isForced(force, running.program().fingerprint(), moves.percent())) {
      logForced(newer, shown(moves));
      return;
    }
    problems.add(
        "%s: it would move %s; %s"
            .formatted(
                newer.program().name(),
                shown(moves),
                limitAndForce(running, (int) Math.ceil(moves.percent()))));
  }

  private static void logForced(Config newer, String what) {
    log.warn(
        "reload forced by reload.force = \"{}\": {}", newer.foresight().reload().force(), what);
  }

  private static String limitAndForce(Config running, int percent) {
    return "the running configuration's reload.max_moves is %s. %s"
        .formatted(
            number(running.foresight().reload().maxMovesPercent()),
            "To reload anyway, put reload = { force = \""
                + running.program().fingerprint()
                + ":"
                + percent
                + "\" } into the new file");
  }

  /** Whether a text names the running configuration and at least that share of hosts. */
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
            pairs,
            more > 0 ? " and " + more + " more pairs" : "");
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? Long.toString((long) value)
        : String.format(Locale.ROOT, "%s", value);
  }
}
