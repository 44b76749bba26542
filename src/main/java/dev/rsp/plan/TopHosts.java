// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The hosts that are met most often, found with bounded memory.
 *
 * <p>The "space-saving" algorithm (Metwally, Agrawal and El Abbadi, 2005): a host that is not among
 * those counted takes the place of the one with the lowest count, and goes on from that. So every
 * host that is met in more than one of {@code most} cases is in it, and a count is too high by at
 * most the lowest one. One thread's.
 */
final class TopHosts {
  private final int most;
  private final Map<String, Entry> entries = new HashMap<>();

  /** A host, how often it was met at most, and what was last said of it. */
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

  /** The first so many, those met most often first. */
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
