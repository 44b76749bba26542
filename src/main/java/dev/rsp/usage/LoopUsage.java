// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import dev.rsp.access.Entry;
import dev.rsp.hash.SipHash;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The use of hosts as one loop sees it: adds up exchanges that have ended, and hands the sums over
 * every few seconds, when there are many hosts, and when the hour ends. Confined to its loop.
 *
 * <p>Only exchanges that a backend has answered count, in the hour in which they end. So hosts that
 * nobody serves need no memory.
 */
public final class LoopUsage {
  /** Some MiB at most for the tables of a loop, and few handovers on a platform of that size. */
  private static final int MOST_HOSTS = 1 << 14;

  /** One that is filled, and those on the way, while the other side is busy for a while. */
  private static final int MOST_TABLES = 4;

  static final long HOUR_MILLIS = TimeUnit.HOURS.toMillis(1);

  /** Ends are not known in order, and a clock is often set back by little. */
  private static final long SLACK_MILLIS = TimeUnit.MINUTES.toMillis(1);

  private static final long NANOS_PER_MICRO = 1000;

  private final SipHash hash;
  private final Consumer<Delta> collector;
  private final Consumer<Runnable> soon;
  private final Queue<UsageTable> spare = new ArrayBlockingQueue<>(MOST_TABLES);
  private int made = 1;
  private UsageTable table;
  private long hour;
  private boolean due;

  /**
   * Sums that a loop has handed over.
   *
   * @param hour since 1970-01-01T00:00Z
   * @param home takes the table back, cleared
   */
  record Delta(UsageTable table, long hour, Queue<UsageTable> home) {}

  LoopUsage(SipHash hash, Consumer<Delta> collector, Consumer<Runnable> soon) {
    this.hash = hash;
    this.collector = collector;
    this.soon = soon;
    this.table = new UsageTable(hash, MOST_HOSTS);
  }

  /** Counts an exchange that has ended, if a backend has answered it. */
  public void ended(Entry entry) {
    if (entry.hasAnswer()) {
      int host = entry.hostStart();
      count(
          entry.endedMillis(),
          entry.hostBytes(),
          host,
          entry.hostEnd() - host,
          entry.requestBytes(),
          entry.responseBytes(),
          entry.backendTime() / NANOS_PER_MICRO);
    }
  }

  /** Counts an exchange that has ended at a time. */
  void count(
      long endMillis, byte[] octets, int host, int length, long in, long out, long backendMicros) {
    long start = hour * HOUR_MILLIS;
    if (endMillis >= start + HOUR_MILLIS || endMillis < start - SLACK_MILLIS) {
      turnTo(endMillis / HOUR_MILLIS);
    }
    table.add(octets, host, length, 1, in, out, backendMicros);
    if (table.size() >= MOST_HOSTS) {
      handOver();
    } else if (!due) {
      due = true;
      soon.accept(
          () -> {
            due = false;
            handOver();
          });
    }
  }

  /** If no table is free, what follows is counted in the hour before. */
  private void turnTo(long newer) {
    handOver();
    if (table.isEmpty()) {
      hour = newer;
    }
  }

  /** Hands the sums over, if there are any and another table is free. */
  private void handOver() {
    if (table.isEmpty()) {
      return;
    }
    UsageTable next = spare.poll();
    if (next == null && made < MOST_TABLES) {
      made++;
      next = new UsageTable(hash, MOST_HOSTS);
    }
    if (next != null) {
      replaceBy(next);
    }
  }

  private void replaceBy(UsageTable next) {
    Delta full = new Delta(table, hour, spare);
    table = next;
    collector.accept(full);
  }

  /** Hands over what there is, whatever memory it takes: before the end. */
  public void flush() {
    if (!table.isEmpty()) {
      replaceBy(new UsageTable(hash, MOST_HOSTS));
    }
  }
}
