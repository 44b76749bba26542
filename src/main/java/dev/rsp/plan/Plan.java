// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.Slot;
import dev.rsp.journal.SeenHost;
import dev.rsp.lua.ScriptException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a change of the configuration would do to the hosts that there are.
 *
 * @param undecidedBefore hosts that the old configuration places by more than the host
 * @param undecidedAfter the same for the new one
 * @param error the first thing that the new script did wrong; empty if nothing
 * @param alternatives cheaper ways, the cheapest first
 */
public record Plan(
    Moves moves,
    int undecidedBefore,
    int undecidedAfter,
    String error,
    List<Alternative> alternatives) {
  public Plan {
    alternatives = List.copyOf(alternatives);
  }

  /**
   * Places the hosts by both configurations, on globals that nobody serves by. Blocks for as long
   * as the scripts take.
   *
   * @throws ScriptException if a program, which ran before, fails this time
   */
  public static Plan of(Config old, Config newer, List<SeenHost> hosts) throws ScriptException {
    long never = System.nanoTime() + Long.MAX_VALUE / 2;
    Goals before = Goals.of(Preview.of(old), hosts, never);
    Goals after = Goals.of(Preview.of(newer), hosts, never);
    Moves moves = Moves.between(hosts, before.names(), after.names(), slots(old, newer));
    return new Plan(
        moves,
        before.undecided(),
        after.undecided(),
        after.error(),
        Alternatives.to(old, newer, hosts, before.names(), moves.moved(), never));
  }

  /** Names of all slots, those of the old list first. */
  static List<String> slots(Config old, Config newer) {
    Set<String> names = new LinkedHashSet<>();
    old.slots().stream().map(Slot::name).forEach(names::add);
    newer.slots().stream().map(Slot::name).forEach(names::add);
    return List.copyOf(names);
  }

  /** A percentage as it is shown. */
  public static String shown(double percent) {
    return Moves.shown(percent);
  }

  /** Percent of hosts that move. */
  public double percent() {
    return moves.percent();
  }
}
