// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import dev.rsp.hash.SipHash;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The sums of those hours that are in memory: the running one, and those before it that are not
 * written yet. Thread-safe; no call holds the lock for long, whatever the disk does.
 *
 * <p>Of all hosts in memory, half as many more as one hour may have, and a quarter more that are
 * regular: so names that clients invent against a backend that answers to all of them take no row
 * from a site.
 */
final class UsageHours {
  private final SipHash hash;
  private final RegularHosts regular;
  private final NavigableMap<Long, Hour> hours = new TreeMap<>();
  private int mostHosts;

  /** An hour: the sums since this process began it, or all of it if they are {@code based}. */
  private static final class Hour {
    UsageTable table;

    /** Whether what the hour's file had is in the table. */
    boolean based;

    /** Whether the table has more than the file. */
    boolean changed;

    Hour(UsageTable table) {
      this.table = table;
    }
  }

  UsageHours(SipHash hash, int mostHosts, RegularHosts regular) {
    this.hash = hash;
    this.mostHosts = mostHosts;
    this.regular = regular;
  }

  /** From now on an hour may have so many hosts; none is removed. */
  synchronized void setMostHosts(int hosts) {
    mostHosts = hosts;
  }

  /** Adds sums to those of an hour. */
  synchronized void add(UsageTable sums, long number) {
    Hour hour = hours.computeIfAbsent(number, none -> new Hour(newTable()));
    hour.changed = true;
    addTo(hour.table, sums);
  }

  private UsageTable newTable() {
    return new UsageTable(hash, mostHosts + mostHosts / 4);
  }

  private void addTo(UsageTable table, UsageTable sums) {
    int elsewhere =
        hours.values().stream().mapToInt(hour -> hour.table.size()).sum() - table.size();
    int quarter = mostHosts / 4;
    int free = Math.max(0, mostHosts + 2 * quarter - elsewhere);
    int freeForRegular = Math.max(0, mostHosts + 3 * quarter - elsewhere);
    table.addAll(
        sums, Math.min(mostHosts, free), Math.min(mostHosts + quarter, freeForRegular), regular);
  }

  /** Begins an hour, if it is not in memory. */
  synchronized void begin(long number) {
    hours.computeIfAbsent(number, none -> new Hour(newTable()));
  }

  /** The hours in memory, the earliest first. */
  synchronized List<Long> numbers() {
    return new ArrayList<>(hours.keySet());
  }

  /** Whether an hour is in memory that lacks what its file had. */
  synchronized boolean needsBase(long number) {
    Hour hour = hours.get(number);
    return hour != null && !hour.based;
  }

  /** An empty table for {@link #setBase}. */
  synchronized UsageTable newBase() {
    return newTable();
  }

  /**
   * Gives an hour what its file had.
   *
   * @param base from {@link #newBase}; the hour keeps it
   */
  synchronized void setBase(long number, UsageTable base) {
    Hour hour = hours.get(number);
    if (hour == null || hour.based) {
      throw new IllegalStateException("an hour has one base");
    }
    UsageTable since = hour.table;
    hour.table = base;
    hour.based = true;
    addTo(base, since);
  }

  /** Whether an hour has sums that are not in its file. */
  synchronized boolean hasChanged(long number) {
    Hour hour = hours.get(number);
    return hour != null && hour.changed;
  }

  /** Whether any has. */
  synchronized boolean haveChanged() {
    return hours.values().stream().anyMatch(hour -> hour.changed);
  }

  /** What an hour has is about to be written: what is added from now on is not. */
  synchronized void writing(long number) {
    Hour hour = hours.get(number);
    if (hour != null) {
      hour.changed = false;
    }
  }

  /** It could not be written. */
  synchronized void notWritten(long number) {
    Hour hour = hours.get(number);
    if (hour != null) {
      hour.changed = true;
    }
  }

  /** Removes an hour whose file has all of it. */
  synchronized void dropIfUnchanged(long number) {
    Hour hour = hours.get(number);
    if (hour != null && !hour.changed) {
      hours.remove(number);
    }
  }

  /** Removes an hour, whatever it has; returns the sums of all its hosts. */
  synchronized @Nullable HostUse drop(long number) {
    Hour hour = hours.remove(number);
    return hour == null ? null : hour.table.total();
  }

  /**
   * Writes lines of some rows of an hour.
   *
   * @param rows at most as many
   * @param to has room for that many lines of {@link UsageFile#MOST_LINE_BYTES}
   * @return how many octets; 0 if there is no such row
   */
  synchronized int putRows(long number, int firstRow, int rows, byte[] to) {
    Hour hour = hours.get(number);
    if (hour == null) {
      return 0;
    }
    int end = 0;
    int last = Math.min(hour.table.size(), firstRow + rows);
    for (int row = firstRow; row < last; row++) {
      end = UsageFile.put(hour.table, row, to, end);
    }
    return end;
  }

  /** Writes the line of the hosts without a row; returns how many octets, 0 if there are none. */
  synchronized int putOthers(long number, byte[] to) {
    Hour hour = hours.get(number);
    return hour == null || !hour.table.hasOthers()
        ? 0
        : UsageFile.putOthers(hour.table.others(), to, 0);
  }

  /** What a host used in an hour; null if the hour is not in memory, or lacks its base. */
  synchronized @Nullable HostUse use(long number, String host) {
    Hour hour = hours.get(number);
    return hour == null || !hour.based ? null : hour.table.use(host);
  }

  /** How many hosts have sums of their own in an hour, as far as it is in memory. */
  synchronized int hostCount(long number) {
    Hour hour = hours.get(number);
    return hour == null ? 0 : hour.table.size();
  }

  /** The hosts of an hour with the largest values, as far as the hour is in memory. */
  synchronized List<HostUse> top(long number, UsageOrder order, int limit) {
    Hour hour = hours.get(number);
    return hour == null ? List.of() : hour.table.top(order, limit);
  }
}
