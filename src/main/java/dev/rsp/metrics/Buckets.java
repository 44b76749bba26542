// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import java.util.concurrent.TimeUnit;

/**
 * Into which cells durations are counted.
 *
 * <p>The cells are those of Prometheus' native histograms with schema 3, eight for each doubling,
 * so that a value is known to 9 %; those that hold a bound of the classic histogram are cut in two
 * there. So both histograms are exact, and a duration is counted once.
 */
final class Buckets {
  /** The schema of native histograms: 2 to the power of 3 cells for each doubling. */
  static final int SCHEMA = 3;

  /** Cells for each doubling, before they are cut. */
  static final int PER_OCTAVE = 1 << SCHEMA;

  /**
   * Shorter durations, below 2<sup>-14</sup> s, are one cell: 61 µs, less than a request over
   * loopback takes.
   */
  static final int LOWEST_EXPONENT = -14;

  /** Up to 2<sup>18</sup> s, three days; the last cell has the longer ones. */
  static final int OCTAVES = 32;

  /**
   * The bounds of the classic histogram in seconds: those that Prometheus' libraries use by
   * default, from 1 ms on, and two more for the timeouts of proxies, which are 30 and 60 s.
   */
  private static final double[] CLASSIC = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60
  };

  private static final double NANOS_PER_SECOND = 1e9;
  private static final int NATIVE = OCTAVES * PER_OCTAVE;

  /** The number of the first native bucket above the lowest, as Prometheus numbers them. */
  static final int FIRST_NATIVE = LOWEST_EXPONENT * PER_OCTAVE + 1;

  /** The eighths of a doubling: 2<sup>j/8</sup>. */
  private static final double[] EIGHTHS = new double[PER_OCTAVE + 1];

  /** For each native bucket, its first cell in its octave. */
  private static final int[] OFFSET = new int[NATIVE];

  /** For each native bucket, where it is cut, in nanoseconds. */
  private static final long[] CUT = new long[NATIVE];

  /** How many cells an octave has. */
  private static final int[] CELLS = new int[OCTAVES];

  static {
    for (int j = 0; j <= PER_OCTAVE; j++) {
      EIGHTHS[j] = Math.pow(2, (double) j / PER_OCTAVE);
    }
    for (int i = 0; i < NATIVE; i++) {
      CUT[i] = Long.MAX_VALUE;
    }
    for (double bound : CLASSIC) {
      CUT[nativeOf(nanos(bound))] = nanos(bound);
    }
    for (int i = 0; i < NATIVE; i++) {
      OFFSET[i] = CELLS[i / PER_OCTAVE];
      CELLS[i / PER_OCTAVE] += CUT[i] == Long.MAX_VALUE ? 1 : 2;
    }
  }

  private Buckets() {}

  private static long nanos(double seconds) {
    return Math.round(seconds * TimeUnit.SECONDS.toNanos(1));
  }

  /** The native bucket of a duration, from 0; -1 if it is below the lowest. */
  static int nativeOf(long nanos) {
    double seconds = nanos / NANOS_PER_SECOND;
    int exponent = Math.getExponent(seconds);
    if (exponent < LOWEST_EXPONENT) {
      return -1;
    }
    double mantissa = Math.scalb(seconds, -exponent);
    int eighth = 0;
    while (mantissa > EIGHTHS[eighth]) {
      eighth++;
    }
    return Math.min(exponent * PER_OCTAVE + eighth - FIRST_NATIVE, NATIVE - 1);
  }

  static int octave(int nativeBucket) {
    return nativeBucket / PER_OCTAVE;
  }

  /** The cell of a duration in the octave of its bucket. */
  static int cell(int nativeBucket, long nanos) {
    return OFFSET[nativeBucket] + (nanos > CUT[nativeBucket] ? 1 : 0);
  }

  /** How many cells that octave has. */
  static int cells(int octave) {
    return CELLS[octave];
  }

  /** The first cell of a bucket in its octave. */
  static int firstCell(int nativeBucket) {
    return OFFSET[nativeBucket];
  }

  /** Whether a bound of the classic histogram lies in a bucket. */
  static boolean isCut(int nativeBucket) {
    return CUT[nativeBucket] != Long.MAX_VALUE;
  }

  /** That bound, in seconds. */
  static double cut(int nativeBucket) {
    return CUT[nativeBucket] / NANOS_PER_SECOND;
  }

  /** The upper bound of a native bucket in seconds; of -1, that of the lowest. */
  static double upperBound(int nativeBucket) {
    return Math.pow(2, (double) (nativeBucket + FIRST_NATIVE) / PER_OCTAVE);
  }

  /** How many native buckets there are. */
  static int natives() {
    return NATIVE;
  }

  /** The upper bounds of the classic histogram, in seconds; the last one is infinite. */
  static double[] classicBounds() {
    double[] bounds = new double[CLASSIC.length + 1];
    System.arraycopy(CLASSIC, 0, bounds, 0, CLASSIC.length);
    bounds[CLASSIC.length] = Double.POSITIVE_INFINITY;
    return bounds;
  }
}
