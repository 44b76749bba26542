// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.journal.SeenHost;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which hosts change their slot, and what that does to the load of slots.
 *
 * @param hosts how many were looked at
 * @param moved how many of them go elsewhere; to be refused, or no longer to be, counts as well
 * @param requests of all of them
 * @param movedRequests of those that go elsewhere
 * @param pairs from where to where, those with the most hosts first
 * @param loads by slot, in the order of the lists, the old one first
 */
record Moves(
    int hosts, int moved, long requests, long movedRequests, List<Pair> pairs, List<Load> loads) {
  /** Hosts that go from one slot to another. */
  record Pair(String from, String to, int hosts, long requests) {}

  /** What a slot has before and after. */
  record Load(
      String slot, int hostsBefore, int hostsAfter, long requestsBefore, long requestsAfter) {}

  Moves {
    pairs = List.copyOf(pairs);
    loads = List.copyOf(loads);
  }

  /**
   * Compares where hosts go: as many as both lists of names have.
   *
   * @param slots names in the order that loads are to have; others follow as they are met
   */
  static Moves between(
      List<SeenHost> hosts, List<String> before, List<String> after, List<String> slots) {
    Map<String, long[]> loads = new LinkedHashMap<>();
    slots.forEach(slot -> load(loads, slot));
    Map<String, Map<String, long[]>> pairs = new HashMap<>();
    int n = Math.min(before.size(), after.size());
    int moved = 0;
    long requests = 0;
    long movedRequests = 0;
    for (int i = 0; i < n; i++) {
      String from = before.get(i);
      String to = after.get(i);
      long count = hosts.get(i).requests();
      requests += count;
      add(load(loads, from), 0, count);
      add(load(loads, to), 2, count);
      if (!from.equals(to)) {
        moved++;
        movedRequests += count;
        add(
            pairs.computeIfAbsent(from, f -> new HashMap<>()).computeIfAbsent(to, t -> new long[2]),
            0,
            count);
      }
    }
    return new Moves(n, moved, requests, movedRequests, pairs(pairs), loads(loads));
  }

  private static long[] load(Map<String, long[]> loads, String slot) {
    return loads.computeIfAbsent(slot, s -> new long[4]);
  }

  private static void add(long[] sums, int at, long requests) {
    sums[at]++;
    sums[at + 1] += requests;
  }

  private static List<Pair> pairs(Map<String, Map<String, long[]>> sums) {
    List<Pair> pairs = new ArrayList<>();
    sums.forEach(
        (from, all) ->
            all.forEach((to, sum) -> pairs.add(new Pair(from, to, (int) sum[0], sum[1]))));
    pairs.sort(
        Comparator.comparingInt(Pair::hosts)
            .reversed()
            .thenComparing(Pair::from)
            .thenComparing(Pair::to));
    return pairs;
  }

  private static List<Load> loads(Map<String, long[]> sums) {
    List<Load> loads = new ArrayList<>();
    sums.forEach(
        (slot, sum) -> loads.add(new Load(slot, (int) sum[0], (int) sum[2], sum[1], sum[3])));
    return loads;
  }

  /** Percent of hosts that move; 0 if there are none. */
  double percent() {
    return percent(moved, hosts);
  }

  /** Percent of requests that move; 0 if there are none. */
  double requestsPercent() {
    return percent(movedRequests, requests);
  }

  /** How many hosts go to a place. */
  int after(String name) {
    return loads.stream().filter(l -> l.slot.equals(name)).mapToInt(Load::hostsAfter).sum();
  }

  /** How many hosts went to a place. */
  int before(String name) {
    return loads.stream().filter(l -> l.slot.equals(name)).mapToInt(Load::hostsBefore).sum();
  }

  static double percent(long part, long whole) {
    return whole == 0 ? 0 : 100.0 * part / whole;
  }

  /** A percentage with one digit behind the point, as it is shown. */
  static String shown(double percent) {
    return String.format(Locale.ROOT, "%.1f %%", percent);
  }
}
