// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * All hosts that were served, over all loops and over restarts, up to a bound.
 *
 * <p>Where there are too many, those that were asked for once and never again leave first, so that
 * somebody who tries a million names pushes out no site; then those not seen for the longest time.
 * Thread-safe.
 */
public final class Journal {
  /** Hosts that leave at a time, so that each new one does not cost a look at all. */
  private static final int ROOM = 16;

  private static final Comparator<Entry> FIRST_TO_LEAVE =
      Comparator.<Entry>comparingInt(entry -> entry.requests > 1 ? 1 : 0)
          .thenComparingLong(entry -> entry.lastMinute)
          .thenComparingLong(entry -> entry.requests);

  private final Map<String, Entry> entries = new HashMap<>();
  private int most;
  private long missed;

  /** What is known of a host. */
  private static final class Entry {
    final String host;
    long requests;
    long lastMinute;
    String slot = SeenHost.UNKNOWN_SLOT;

    Entry(String host) {
      this.host = host;
    }

    SeenHost seen() {
      return new SeenHost(host, requests, lastMinute, slot);
    }
  }

  /**
   * An empty one.
   *
   * @param most how many hosts it remembers
   */
  public Journal(int most) {
    this.most = most;
  }

  /** Changes how many hosts it remembers. */
  public synchronized void keep(int newMost) {
    most = newMost;
    if (entries.size() > most) {
      evict(most);
    }
  }

  /** Adds what a loop counted, and clears that. */
  public synchronized void add(HostCounts counts, long minute) {
    counts.forEach((host, requests, slot) -> add(host, requests, minute, slot));
    missed += counts.missed();
    counts.clear();
  }

  /** Adds what a file remembered. */
  public synchronized void add(Collection<SeenHost> hosts) {
    hosts.forEach(seen -> add(seen.host(), seen.requests(), seen.lastMinute(), seen.slot()));
  }

  private void add(String host, long requests, long minute, String slot) {
    Entry entry = entries.get(host);
    if (entry == null) {
      if (entries.size() >= most) {
        evict(most - Math.max(1, most / ROOM));
      }
      entry = new Entry(host);
      entries.put(host, entry);
    }
    entry.requests += requests;
    if (minute >= entry.lastMinute) {
      entry.lastMinute = minute;
      entry.slot = slot;
    }
  }

  private void evict(int left) {
    List<Entry> all = new ArrayList<>(entries.values());
    all.sort(FIRST_TO_LEAVE);
    all.subList(0, all.size() - left).forEach(entry -> entries.remove(entry.host));
  }

  /** All hosts, those with the most requests first. */
  public synchronized List<SeenHost> hosts() {
    List<SeenHost> hosts = new ArrayList<>(entries.size());
    entries.values().forEach(entry -> hosts.add(entry.seen()));
    hosts.sort(Comparator.comparingLong(SeenHost::requests).reversed());
    return hosts;
  }

  /** How many hosts there are. */
  public synchronized int size() {
    return entries.size();
  }

  /** Requests that were not counted, because a loop saw too many hosts between two collections. */
  public synchronized long missed() {
    return missed;
  }
}
