// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.journal.SeenHost;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * The slots that get another address, and the hosts that keep their slot and so meet another
 * machine.
 *
 * <p>A new machine in the place of an old one is an ordinary edit. A slot that gets the former
 * machine of another slot exchanges the hosts of the two, as if they moved.
 *
 * @param changes by slot, in the order of the new list
 * @param hosts number of hosts that keep their slot and meet another machine
 * @param exchanged how many of them meet the former machine of another slot
 * @param requests of those that are exchanged
 */
public record Machines(List<Change> changes, int hosts, int exchanged, long requests) {
  /** No slot gets another address. */
  public static final Machines SAME = new Machines(List.of(), 0, 0, 0);

  /**
   * A slot that gets another address.
   *
   * @param formerSlot the slot that has the new address now; empty if none
   * @param hosts number of hosts that keep this slot
   * @param requests of these hosts
   */
  public record Change(
      String slot, String from, String to, String formerSlot, int hosts, long requests) {
    /** Whether the address belongs to another slot now. */
    public boolean isExchange() {
      return !formerSlot.isEmpty();
    }
  }

  public Machines {
    changes = List.copyOf(changes);
  }

  /**
   * Compares the addresses of two configurations.
   *
   * @param before for each host the name of its slot in the old configuration
   * @param after the same in the new one; the shorter list counts
   */
  static Machines between(
      Config old, Config newer, List<SeenHost> hosts, List<String> before, List<String> after) {
    Map<String, int[]> kept = new HashMap<>();
    Map<String, long[]> requests = new HashMap<>();
    List<Change> changes = changed(old, newer);
    Set<String> names = new HashSet<>();
    changes.forEach(change -> names.add(change.slot));
    int n = Math.min(before.size(), after.size());
    for (int i = 0; i < n && !names.isEmpty(); i++) {
      String name = after.get(i);
      if (name.equals(before.get(i)) && names.contains(name)) {
        kept.computeIfAbsent(name, s -> new int[1])[0]++;
        requests.computeIfAbsent(name, s -> new long[1])[0] += hosts.get(i).requests();
      }
    }
    List<Change> counted = new ArrayList<>();
    int all = 0;
    int exchanged = 0;
    long exchangedRequests = 0;
    for (Change change : changes) {
      int count = kept.getOrDefault(change.slot, new int[1])[0];
      long seen = requests.getOrDefault(change.slot, new long[1])[0];
      counted.add(new Change(change.slot, change.from, change.to, change.formerSlot, count, seen));
      all += count;
      if (change.isExchange()) {
        exchanged += count;
        exchangedRequests += seen;
      }
    }
    return new Machines(counted, all, exchanged, exchangedRequests);
  }

  /** Whether a slot gets the former machine of another slot. */
  static boolean areExchanged(Config old, Config newer) {
    return changed(old, newer).stream().anyMatch(Change::isExchange);
  }

  private static List<Change> changed(Config old, Config newer) {
    Map<String, Slot> byName = new HashMap<>();
    Map<Object, Slot> byMachine = new HashMap<>();
    for (Slot slot : old.slots()) {
      byName.put(slot.name(), slot);
      if (slot.place() != null) {
        byMachine.putIfAbsent(machine(slot.place()), slot);
      }
    }
    List<Change> changes = new ArrayList<>();
    for (Slot slot : newer.slots()) {
      Slot known = byName.get(slot.name());
      Place from = known == null ? null : known.place();
      Place to = slot.place();
      if (from == null || to == null || from.equals(to) || machine(from).equals(machine(to))) {
        continue;
      }
      Slot former = byMachine.get(machine(to));
      changes.add(
          new Change(
              slot.name(), from.text(), to.text(), former == null ? "" : former.name(), 0, 0));
    }
    return changes;
  }

  /** What identifies a machine's socket: a path, or the address that a name resolves to. */
  private static Object machine(Place place) {
    return place.unixPath() != null
        ? place.unixPath()
        : Objects.requireNonNull(place.address(), place.text());
  }
}
