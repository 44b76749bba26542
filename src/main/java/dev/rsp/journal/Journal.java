// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The hosts that were served, over all loops and restarts, up to a maximum.
 *
 * <p>If there are too many, hosts are evicted in this order: fewest days, by the rule of {@link
 * ServedDays}; then fewest requests; then least recently served. So names that clients invent do
 * not displace a site that is served regularly, however many there are and however often each is
 * requested within a day.
 *
 * <p>A limited number of further hosts is kept in memory only, so that a new site can collect days
 * while the journal is full. Thread-safe.
 */
public final class Journal {
  /** Divisor: the number of waiting hosts is an eighth of the maximum. */
  private static final int WAITING_PART = 8;

  /** Minimum number of waiting hosts, for small journals. */
  private static final int MIN_WAITING = 16;

  /**
   * Days from which on a host is regular. A name that was requested on two consecutive days has
   * 1.98, so a flood over midnight creates no regular hosts.
   */
  private static final double REGULAR_DAYS = 2;

  private static final Comparator<Entry> EVICTION_ORDER =
      Comparator.<Entry>comparingDouble(entry -> entry.rank)
          .thenComparingLong(entry -> entry.requests)
          .thenComparingLong(entry -> entry.lastMinute);

  private final Map<String, Entry> entries = new HashMap<>();
  private int maxHosts;
  private long missed;

  /** The record of a host. */
  private static final class Entry {
    final String host;
    long requests;
    long lastMinute;
    String slot = SeenHost.UNKNOWN_SLOT;

    /** By {@link ServedDays}, as of {@link #lastMinute}. */
    double days;

    /** The part of that for the day of {@link #lastMinute}. */
    double lastDay;

    double rank;

    Entry(String host) {
      this.host = host;
    }

    SeenHost seen() {
      return new SeenHost(host, requests, lastMinute, slot, days);
    }
  }

  /**
   * Creates an empty journal.
   *
   * @param maxHosts maximum of hosts
   */
  public Journal(int maxHosts) {
    this.maxHosts = maxHosts;
  }

  /** Changes the maximum of hosts. */
  public synchronized void setMaxHosts(int newMaxHosts) {
    maxHosts = newMaxHosts;
    evict(maxHosts + waiting());
  }

  /**
   * Adds a loop's counts and clears them. The order of the hosts is random, and each new one may
   * evict one that has as many days and fewer requests. So the requests of hosts whose days do not
   * change are added first.
   */
  public synchronized void add(HostCounts counts, long minute) {
    Set<String> added = new HashSet<>();
    counts.forEach(
        (host, requests, slot, served) -> {
          Entry entry = entries.get(host);
          if (entry != null && !gainsDays(entry, minute, served)) {
            added.add(host);
            count(entry, requests, minute, slot);
          }
        });
    counts.forEach(
        (host, requests, slot, served) -> {
          if (!added.contains(host)) {
            add(host, requests, minute, slot, served);
          }
        });
    missed += counts.missed();
    counts.clear();
  }

  /** Adds the hosts of a file. */
  public synchronized void add(Collection<SeenHost> hosts) {
    hosts.forEach(this::add);
  }

  private void add(String host, long requests, long minute, String slot, boolean served) {
    Entry entry = entry(host);
    long later = ServedDays.dayOf(minute) - ServedDays.dayOf(entry.lastMinute);
    double day = ServedDays.dayValue(served);
    if (later > 0) {
      entry.days = ServedDays.decayed(entry.days, later) + day;
      entry.lastDay = day;
    } else if (day > entry.lastDay) {
      entry.days += day - entry.lastDay;
      entry.lastDay = day;
    }
    count(entry, requests, minute, slot);
  }

  private static boolean gainsDays(Entry entry, long minute, boolean served) {
    return ServedDays.dayOf(minute) > ServedDays.dayOf(entry.lastMinute)
        || ServedDays.dayValue(served) > entry.lastDay;
  }

  private void add(SeenHost seen) {
    Entry entry = entry(seen.host());
    long later = ServedDays.dayOf(seen.lastMinute()) - ServedDays.dayOf(entry.lastMinute);
    // Not the sum: two files may have counted the same days.
    entry.days =
        Math.max(ServedDays.decayed(entry.days, later), ServedDays.decayed(seen.days(), -later));
    entry.lastDay = 1; // unknown; avoids counting the last day twice
    count(entry, seen.requests(), seen.lastMinute(), seen.slot());
  }

  private static void count(Entry entry, long requests, long minute, String slot) {
    entry.requests += requests;
    if (minute >= entry.lastMinute) {
      entry.lastMinute = minute;
      entry.slot = slot;
    }
    entry.rank = ServedDays.rank(entry.days, ServedDays.dayOf(entry.lastMinute));
  }

  private Entry entry(String host) {
    Entry entry = entries.get(host);
    if (entry == null) {
      int room = maxHosts + waiting();
      if (entries.size() >= room) {
        evict(room - waiting() / 2); // several at a time, because each eviction scans all hosts
      }
      entry = new Entry(host);
      entries.put(host, entry);
    }
    return entry;
  }

  private int waiting() {
    return Math.max(MIN_WAITING, maxHosts / WAITING_PART);
  }

  private void evict(int left) {
    if (entries.size() > left) {
      List<Entry> all = new ArrayList<>(entries.values());
      all.sort(EVICTION_ORDER);
      all.subList(0, all.size() - left).forEach(entry -> entries.remove(entry.host));
    }
  }

  /** All hosts except the waiting ones, those with the most requests first. */
  public synchronized List<SeenHost> hosts() {
    List<Entry> remembered = new ArrayList<>(entries.values());
    if (remembered.size() > maxHosts) {
      remembered.sort(EVICTION_ORDER.reversed());
      remembered = remembered.subList(0, maxHosts);
    }
    List<SeenHost> hosts = new ArrayList<>(remembered.size());
    remembered.forEach(entry -> hosts.add(entry.seen()));
    hosts.sort(Comparator.comparingLong(SeenHost::requests).reversed());
    return hosts;
  }

  /** Whether a host was served on a day, or on several days with nothing but 4xx. */
  public synchronized boolean hasServed(String host) {
    Entry entry = entries.get(host);
    return entry != null && entry.days >= ServedDays.dayValue(true);
  }

  /** Number of hosts without the waiting ones. */
  public synchronized int size() {
    return Math.min(entries.size(), maxHosts);
  }

  /** The regular hosts at a minute; null if there are none. */
  synchronized @Nullable HostFilter regularHosts(long minute) {
    long today = ServedDays.dayOf(minute);
    List<String> regulars = new ArrayList<>();
    for (Entry entry : entries.values()) {
      long idleDays = today - ServedDays.dayOf(entry.lastMinute);
      if (ServedDays.decayed(entry.days, idleDays) >= REGULAR_DAYS) {
        regulars.add(entry.host);
      }
    }
    return regulars.isEmpty() ? null : new HostFilter(regulars);
  }

  /** Requests that were not counted because a loop had too many hosts between two collections. */
  public synchronized long missed() {
    return missed;
  }
}
