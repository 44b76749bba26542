// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the most frequent hosts with bounded memory.
 *
 * <p>The "space-saving" algorithm (Metwally, Agrawal and El Abbadi, 2005): a new host replaces the
 * one with the lowest count and continues from that count. So it contains every host with more than
 * 1/{@code most} of the events, and a count is too high by at most the lowest count. Confined to
 * one thread.
 */
final class TopHosts {
  private final int most;
  private final Map<String, Entry> entries = new HashMap<>();

  /** A host, the upper limit of its count, and its last note. */
  record Top(String host, long count, String note) {}

  private static final class Entry {
    final String host;
    long count;
    String note;

    Entry(String host, long count, String note) {
      this.host = host;
      this.count = count;
      this.note = note;
    }
  }

  TopHosts(int most) {
    this.most = most;
  }

  void add(String host, String note) {
    Entry entry = entries.get(host);
    if (entry == null) {
      long start = 0;
      if (entries.size() == most) {
        Entry lowest = lowest();
        entries.remove(lowest.host);
        start = lowest.count;
      }
      entry = new Entry(host, start, note);
      entries.put(host, entry);
    }
    entry.count++;
    entry.note = note;
  }

  private Entry lowest() {
    return entries.values().stream()
        .min(Comparator.comparingLong(entry -> entry.count))
        .orElseThrow();
  }

  /** The most frequent hosts, in descending order, at most {@code wanted}. */
  List<Top> top(int wanted) {
    List<Entry> sorted = new ArrayList<>(entries.values());
    sorted.sort(
        Comparator.<Entry>comparingLong(entry -> entry.count)
            .reversed()
            .thenComparing(entry -> entry.host));
    return sorted.stream()
        .limit(wanted)
        .map(entry -> new Top(entry.host, entry.count, entry.note))
        .toList();
  }
}
