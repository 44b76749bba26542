// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How durations were distributed at one moment: the sum of histograms. Confined to one thread. */
public final class Distribution {
  private static final double NANOS_PER_SECOND = 1e9;

  private final long[] @Nullable [] octaves = new long[Buckets.OCTAVES][];
  private long lowest;
  private long sumNanos;

  /** Adds what a histogram has counted so far. */
  public void add(Histogram histogram) {
    addLowest(histogram.lowest(), histogram.sumNanos());
    for (int octave = 0; octave < Buckets.OCTAVES; octave++) {
      long[] cells = histogram.cells(octave);
      if (cells != null) {
        addOctave(octave, cells);
      }
    }
  }

  /** Adds another one. */
  public void add(Distribution other) {
    addLowest(other.lowest, other.sumNanos);
    for (int octave = 0; octave < Buckets.OCTAVES; octave++) {
      long[] cells = other.octaves[octave];
      if (cells != null) {
        addOctave(octave, cells.clone());
      }
    }
  }

  private void addLowest(long count, long nanos) {
    lowest += count;
    sumNanos += nanos;
  }

  private void addOctave(int octave, long[] cells) {
    long[] known = octaves[octave];
    if (known == null) {
      octaves[octave] = cells;
      return;
    }
    for (int i = 0; i < cells.length; i++) {
      known[i] += cells[i];
    }
  }

  /**
   * What was counted since an earlier moment.
   *
   * @param earlier of the same histograms; what it has and this one has not is left out
   */
  public Distribution since(Distribution earlier) {
    var more = new Distribution();
    more.addLowest(Math.max(0, lowest - earlier.lowest), Math.max(0, sumNanos - earlier.sumNanos));
    for (int octave = 0; octave < Buckets.OCTAVES; octave++) {
      long[] now = octaves[octave];
      long[] then = earlier.octaves[octave];
      if (now != null) {
        long[] cells = now.clone();
        for (int i = 0; then != null && i < cells.length; i++) {
          cells[i] = Math.max(0, cells[i] - then[i]);
        }
        more.addOctave(octave, cells);
      }
    }
    return more;
  }

  /** How many durations there are. */
  public long count() {
    long count = lowest;
    for (long[] cells : octaves) {
      if (cells != null) {
        for (long cell : cells) {
          count += cell;
        }
      }
    }
    return count;
  }

  /** Their sum, in seconds. */
  public double sumSeconds() {
    return sumNanos / NANOS_PER_SECOND;
  }

  /**
   * The length that a share of the durations does not exceed, to 9 %, in seconds.
   *
   * @param share from 0 to 1: 0.99 for the 99th percentile
   * @return 0 if there is none
   */
  public double quantile(double share) {
    double left = share * count() - lowest;
    double longest = lowest > 0 ? Buckets.upperBound(-1) : 0;
    if (left <= 0) {
      return longest * (lowest == 0 ? 0 : (left + lowest) / lowest);
    }
    for (int bucket = 0; bucket < Buckets.natives(); bucket++) {
      long here = cells(bucket, 0) + cells(bucket, 1);
      double below = Buckets.upperBound(bucket - 1);
      double bound = Buckets.upperBound(bucket);
      if (here > 0 && left <= here) {
        return below + (bound - below) * left / here;
      }
      left -= here;
      longest = here > 0 ? bound : longest;
    }
    return longest;
  }

  /** The count of the part of a native bucket that is below its cut, or above it. */
  private long cells(int bucket, int part) {
    long[] cells = octaves[Buckets.octave(bucket)];
    return cells == null || (part == 1 && !Buckets.isCut(bucket))
        ? 0
        : cells[Buckets.firstCell(bucket) + part];
  }

  /** As Prometheus' classic and native histogram in one. */
  HistogramDataPointSnapshot snapshot(String... labels) {
    double[] bounds = Buckets.classicBounds();
    long[] classic = new long[bounds.length];
    List<Integer> numbers = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    classic[0] = lowest;
    int at = 0;
    for (int bucket = 0; bucket < Buckets.natives(); bucket++) {
      long under = cells(bucket, 0);
      long over = cells(bucket, 1);
      classic[at] += under;
      at += Buckets.isCut(bucket) ? 1 : 0;
      classic[at] += over;
      if (under + over > 0) {
        numbers.add(bucket + Buckets.FIRST_NATIVE);
        counts.add(under + over);
      }
    }
    return HistogramDataPointSnapshot.builder()
        .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, classic))
        .nativeSchema(Buckets.SCHEMA)
        .nativeZeroThreshold(Buckets.upperBound(-1))
        .nativeZeroCount(lowest)
        .nativeBucketsForPositiveValues(NativeHistogramBuckets.of(numbers, counts))
        .sum(sumSeconds())
        .labels(Labels.of(labels))
        .build();
  }
}
