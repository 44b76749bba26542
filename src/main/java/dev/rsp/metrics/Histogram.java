// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Counts durations by their length, without a lock: one thread adds, any thread reads at the same
 * time, and may see a slightly older count. It takes memory only for lengths that have occurred,
 * some 100 bytes for each doubling.
 */
public final class Histogram {
  private final AtomicReferenceArray<AtomicLongArray> octaves =
      new AtomicReferenceArray<>(Buckets.OCTAVES);

  private final AtomicLong lowest = new AtomicLong();
  private final AtomicLong sumNanos = new AtomicLong();

  /** Adds a duration in nanoseconds; one below zero counts as zero. The writer's thread. */
  public void add(long nanos) {
    long length = Math.max(0, nanos);
    sumNanos.setOpaque(sumNanos.getPlain() + length);
    int bucket = Buckets.nativeOf(length);
    if (bucket < 0) {
      lowest.setOpaque(lowest.getPlain() + 1);
      return;
    }
    AtomicLongArray counts = octave(Buckets.octave(bucket));
    int cell = Buckets.cell(bucket, length);
    counts.setOpaque(cell, counts.getPlain(cell) + 1);
  }

  private AtomicLongArray octave(int octave) {
    AtomicLongArray counts = octaves.getPlain(octave);
    if (counts == null) {
      counts = new AtomicLongArray(Buckets.cells(octave));
      octaves.setRelease(octave, counts);
    }
    return counts;
  }

  /** How many durations are below the lowest bucket. Any thread. */
  long lowest() {
    return lowest.getOpaque();
  }

  /** The sum of all. Any thread. */
  long sumNanos() {
    return sumNanos.getOpaque();
  }

  /** A copy of the cells of an octave; null if none has occurred. Any thread. */
  long @Nullable [] cells(int octave) {
    AtomicLongArray counts = octaves.getAcquire(octave);
    if (counts == null) {
      return null;
    }
    long[] cells = new long[counts.length()];
    for (int i = 0; i < cells.length; i++) {
      cells[i] = counts.getOpaque(i);
    }
    return cells;
  }
}
