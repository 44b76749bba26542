// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What has happened lately, by the difference to samples of counts that only grow: the rate of the
 * last 10 seconds, and the durations of the last minute. Right after the first sample, these are
 * those since then. A count that has shrunk was begun again. Thread-safe.
 */
public final class Recent {
  /** Long enough for a steady number at one request a second, short enough to see a change. */
  static final long RATE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Long enough for a 99th percentile at two requests a second. */
  static final long DURATION_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final double NANOS_PER_SECOND = 1e9;

  private final Deque<Sample<Long>> counts = new ArrayDeque<>();
  private final Deque<Sample<Distribution>> durations = new ArrayDeque<>();

  /** The values by name at one moment of {@link System#nanoTime}. */
  private record Sample<V>(long nanos, Map<String, V> values) {}

  /** Takes a sample of counts, at least every few seconds; it is not changed any more. */
  public synchronized void sampleCounts(long now, Map<String, Long> values) {
    add(counts, new Sample<>(now, values), RATE_NANOS);
  }

  /** Takes a sample of durations, at least a few times a minute; it is not changed any more. */
  public synchronized void sampleDurations(long now, Map<String, Distribution> values) {
    add(durations, new Sample<>(now, values), DURATION_NANOS);
  }

  /** Adds a sample; keeps those of the time, and the last one before it. */
  private static <V> void add(Deque<Sample<V>> samples, Sample<V> newest, long nanos) {
    samples.addLast(newest);
    Sample<V> oldest = samples.removeFirst();
    Sample<V> second = samples.peekFirst();
    while (second != null && newest.nanos - second.nanos >= nanos) {
      oldest = samples.removeFirst();
      second = samples.peekFirst();
    }
    samples.addFirst(oldest);
  }

  /** How many a second there were, up to the count of now; 0 without a sample. */
  public synchronized double rate(String name, long count, long now) {
    Sample<Long> then = counts.peekFirst();
    if (then == null) {
      return 0;
    }
    // Within the first second, the few that have come are no rate.
    double seconds = Math.max(1, (now - then.nanos) / NANOS_PER_SECOND);
    long before = then.values.getOrDefault(name, 0L);
    return (count < before ? count : count - before) / seconds;
  }

  /** The durations since about a minute ago, up to those of now; all of them without a sample. */
  public synchronized Distribution durations(String name, Distribution all) {
    Sample<Distribution> then = durations.peekFirst();
    Distribution before = then == null ? null : then.values.get(name);
    return before == null || all.count() < before.count() ? all : all.since(before);
  }
}
