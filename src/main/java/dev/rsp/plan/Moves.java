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
 * The hosts that change their slot, and the load of the slots before and after.
 *
 * @param hosts number of hosts compared
 * @param moved number of hosts that change their slot; becoming refused, or no longer refused,
 *     counts too
 * @param requests of all hosts
 * @param movedRequests of the hosts that move
 * @param pairs moves by old and new slot, those with the most hosts first
 * @param loads by slot, in the order of the lists, the old list first
 */
public record Moves(
    int hosts, int moved, long requests, long movedRequests, List<Pair> pairs, List<Load> loads) {
  /** Hosts that move from one slot to another. */
  public record Pair(String from, String to, int hosts, long requests) {}

  /** The load of a slot before and after. */
  public record Load(
      String slot, int hostsBefore, int hostsAfter, long requestsBefore, long requestsAfter) {}

  public Moves {
    pairs = List.copyOf(pairs);
    loads = List.copyOf(loads);
  }

  /**
   * Compares two lists of assignments, up to the length of the shorter one.
   *
   * @param slots names that define the order of the loads; others follow in the order of occurrence
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
  public double percent() {
    return percent(moved, hosts);
  }

  /** Percent of requests that move; 0 if there are none. */
  public double requestsPercent() {
    return percent(movedRequests, requests);
  }

  /** Number of hosts that the old configuration refuses. */
  public int refusedBefore() {
    return before(Preview.REFUSED);
  }

  /** Number of hosts that the new configuration refuses. */
  public int refusedAfter() {
    return after(Preview.REFUSED);
  }

  /** Number of hosts that the script of the new configuration fails on. */
  public int failedAfter() {
    return after(Preview.FAILED);
  }

  /** Number of hosts assigned to a slot after the change. */
  int after(String name) {
    return loads.stream().filter(l -> l.slot.equals(name)).mapToInt(Load::hostsAfter).sum();
  }

  /** Number of hosts assigned to a slot before the change. */
  int before(String name) {
    return loads.stream().filter(l -> l.slot.equals(name)).mapToInt(Load::hostsBefore).sum();
  }

  /** A part in percent; 0 if the whole is 0. */
  public static double percent(long part, long whole) {
    return whole == 0 ? 0 : 100.0 * part / whole;
  }

  /** Formats a percentage with one digit after the decimal point. */
  static String shown(double percent) {
    return String.format(Locale.ROOT, "%.1f %%", percent);
  }
}
