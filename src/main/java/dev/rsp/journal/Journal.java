// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All hosts that were served, over all loops and over restarts, up to a bound.
 *
 * <p>Where there are too many, those leave first that were served on the fewest days, by the rule
 * of {@link Standing}; then those with the fewest requests; then those not seen for the longest
 * time. So a name that clients invent takes the place of no site that is served regularly, however
 * many of them there are and however often each is asked for within a day.
 *
 * <p>Some more hosts than that wait beyond the bound, in memory only: a new site gathers its days
 * there while the journal is full. Thread-safe.
 */
public final class Journal {
  /** Hosts that wait, as a part of those that are remembered: an eighth. */
  private static final int WAITING_PART = 8;

  /** Hosts that wait at least, for journals of a few hosts. */
  private static final int MIN_WAITING = 16;

  /**
   * Days that make a host a regular one. A name that was asked for on two days in a row has 1.98: a
   * flood that lasts over a midnight makes no regular host.
   */
  private static final double REGULAR_DAYS = 2;

  private static final Comparator<Entry> FIRST_TO_LEAVE =
      Comparator.<Entry>comparingDouble(entry -> entry.rank)
          .thenComparingLong(entry -> entry.requests)
          .thenComparingLong(entry -> entry.lastMinute);

  private final Map<String, Entry> entries = new HashMap<>();
  private int most;
  private long missed;

  /** What is known of a host. */
  private static final class Entry {
    final String host;
    long requests;
    long lastMinute;
    String slot = SeenHost.UNKNOWN_SLOT;

    /** By {@link Standing}, as of {@link #lastMinute}. */
    double days;

    /** What the day of {@link #lastMinute} has in that. */
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
    evict(most + waiting());
  }

  /** Adds what a loop counted, and clears that. */
  public synchronized void add(HostCounts counts, long minute) {
    counts.forEach((host, requests, slot, served) -> add(host, requests, minute, slot, served));
    missed += counts.missed();
    counts.clear();
  }

  /** Adds what a file remembered. */
  public synchronized void add(Collection<SeenHost> hosts) {
    hosts.forEach(this::add);
  }

  private void add(String host, long requests, long minute, String slot, boolean served) {
    Entry entry = entry(host);
    long later = Standing.dayOf(minute) - Standing.dayOf(entry.lastMinute);
    double day = Standing.ofDay(served);
    if (later > 0) {
      entry.days = Standing.later(entry.days, later) + day;
      entry.lastDay = day;
    } else if (day > entry.lastDay) {
      entry.days += day - entry.lastDay;
      entry.lastDay = day;
    }
    count(entry, requests, minute, slot);
  }

  private void add(SeenHost seen) {
    Entry entry = entry(seen.host());
    long later = Standing.dayOf(seen.lastMinute()) - Standing.dayOf(entry.lastMinute);
    // Not their sum: two files may have counted the same days.
    entry.days = Math.max(Standing.later(entry.days, later), Standing.later(seen.days(), -later));
    entry.lastDay = 1; // not known; so the last day is not counted twice
    count(entry, seen.requests(), seen.lastMinute(), seen.slot());
  }

  private static void count(Entry entry, long requests, long minute, String slot) {
    entry.requests += requests;
    if (minute >= entry.lastMinute) {
      entry.lastMinute = minute;
      entry.slot = slot;
    }
    entry.rank = Standing.rank(entry.days, Standing.dayOf(entry.lastMinute));
  }

  private Entry entry(String host) {
    Entry entry = entries.get(host);
    if (entry == null) {
      int room = most + waiting();
      if (entries.size() >= room) {
        evict(room - waiting() / 2); // several at a time: each costs a look at all
      }
      entry = new Entry(host);
      entries.put(host, entry);
    }
    return entry;
  }

  private int waiting() {
    return Math.max(MIN_WAITING, most / WAITING_PART);
  }

  private void evict(int left) {
    if (entries.size() > left) {
      List<Entry> all = new ArrayList<>(entries.values());
      all.sort(FIRST_TO_LEAVE);
      all.subList(0, all.size() - left).forEach(entry -> entries.remove(entry.host));
    }
  }

  /** All hosts but those that wait, those with the most requests first. */
  public synchronized List<SeenHost> hosts() {
    List<Entry> remembered = new ArrayList<>(entries.values());
    if (remembered.size() > most) {
      remembered.sort(FIRST_TO_LEAVE.reversed());
      remembered = remembered.subList(0, most);
    }
    List<SeenHost> hosts = new ArrayList<>(remembered.size());
    remembered.forEach(entry -> hosts.add(entry.seen()));
    hosts.sort(Comparator.comparingLong(SeenHost::requests).reversed());
    return hosts;
  }

  /** How many hosts there are but those that wait. */
  public synchronized int size() {
    return Math.min(entries.size(), most);
  }

  /** The hosts that have been served on several days up to a minute; null if there are none. */
  synchronized @Nullable HostFilter regulars(long minute) {
    long today = Standing.dayOf(minute);
    List<String> regulars = new ArrayList<>();
    for (Entry entry : entries.values()) {
      long idleDays = today - Standing.dayOf(entry.lastMinute);
      if (Standing.later(entry.days, idleDays) >= REGULAR_DAYS) {
        regulars.add(entry.host);
      }
    }
    return regulars.isEmpty() ? null : new HostFilter(regulars);
  }

  /** Requests that were not counted, because a loop saw too many hosts between two collections. */
  public synchronized long missed() {
    return missed;
  }
}
