// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.Slot;
import dev.rsp.journal.SeenHost;
import dev.rsp.lua.ScriptException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * The effect of a configuration change on the known hosts.
 *
 * @param machines the slots that get another address
 * @param undecidedBefore hosts whose slot in the old configuration does not depend on the host
 *     alone
 * @param undecidedAfter the same for the new configuration
 * @param error the new script's first error; empty if none
 * @param alternatives alternatives that move fewer hosts, the one with the fewest moves first
 */
public record Plan(
    Moves moves,
    Machines machines,
    int undecidedBefore,
    int undecidedAfter,
    String error,
    List<Alternative> alternatives) {
  public Plan {
    alternatives = List.copyOf(alternatives);
  }

  /**
   * Assigns the hosts by both configurations, with scripts that do not serve requests. Blocks while
   * the scripts run.
   *
   * @param progress hears how many hosts are assigned
   * @throws ScriptException if a program fails, although it ran when the file was loaded
   */
  public static Plan of(Config old, Config newer, List<SeenHost> hosts, Progress progress)
      throws ScriptException {
    long never = System.nanoTime() + Long.MAX_VALUE / 2;
    Assignments before =
        Assignments.of(Preview.of(old), hosts, never, by(old, progress, hosts.size()));
    Assignments after =
        Assignments.of(Preview.of(newer), hosts, never, by(newer, progress, hosts.size()));
    progress.at("looking for changes that move fewer hosts", 0, 0);
    Moves moves = Moves.between(hosts, before.names(), after.names(), slots(old, newer));
    return new Plan(
        moves,
        Machines.between(old, newer, hosts, before.names(), after.names()),
        before.undecided(),
        after.undecided(),
        after.error(),
        Alternatives.to(old, newer, hosts, before.names(), moves.moved(), never));
  }

  private static IntConsumer by(Config config, Progress progress, int hosts) {
    String work = "assigning hosts by " + config.program().name();
    return done -> progress.at(work, done, hosts);
  }

  /** The names of all slots, those of the old list first. */
  static List<String> slots(Config old, Config newer) {
    Set<String> names = new LinkedHashSet<>();
    old.slots().stream().map(Slot::name).forEach(names::add);
    newer.slots().stream().map(Slot::name).forEach(names::add);
    return List.copyOf(names);
  }

  /** Formats a percentage. */
  public static String shown(double percent) {
    return Moves.shown(percent);
  }

  /**
   * Percent of hosts that move to another slot, or meet the former machine of another slot: what
   * limits count.
   */
  public double percent() {
    return percent(moves, machines);
  }

  static double percent(Moves moves, Machines machines) {
    return Moves.percent((long) moves.moved() + machines.exchanged(), moves.hosts());
  }
}
