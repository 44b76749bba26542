// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is counted of durations, and how Prometheus gets it. */
@Timeout(20)
final class DistributionTest {
  private static final double[] BOUNDS = {
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1,
    2.5,
    5,
    10,
    30,
    60,
    Double.POSITIVE_INFINITY
  };

  private static Distribution of(long... nanos) {
    var histogram = new Histogram();
    for (long one : nanos) {
      histogram.add(one);
    }
    var all = new Distribution();
    all.add(histogram);
    return all;
  }

  private static long nanos(double seconds) {
    return Math.round(seconds * 1e9);
  }

  /** The cumulative count at a bound, as Prometheus' {@code le}. */
  private static long upTo(double bound, HistogramDataPointSnapshot snapshot) {
    ClassicHistogramBuckets buckets = snapshot.getClassicBuckets();
    long count = 0;
    for (int i = 0; i < buckets.size() && buckets.getUpperBound(i) <= bound; i++) {
      count += buckets.getCount(i);
    }
    return count;
  }

  @Test
  void theClassicHistogramHasTheUsualBounds() {
    ClassicHistogramBuckets buckets = of().snapshot().getClassicBuckets();
    assertEquals(BOUNDS.length, buckets.size());
    for (int i = 0; i < BOUNDS.length; i++) {
      assertEquals(BOUNDS[i], buckets.getUpperBound(i));
    }
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60})
  void aDurationAtABoundIsWithinItAndOneNanosecondMoreIsNot(double bound) {
    assertEquals(1, upTo(bound, of(nanos(bound)).snapshot()));
    HistogramDataPointSnapshot longer = of(nanos(bound) + 1).snapshot();
    assertEquals(0, upTo(bound, longer));
    assertEquals(1, upTo(Double.POSITIVE_INFINITY, longer));
  }

  @Test
  void theNativeHistogramHasEachDurationInItsBucketOfSchemaThree() {
    var random = new SplittableRandom(1);
    for (int i = 0; i < 20_000; i++) {
      long nanos = (long) Math.pow(2, 16 + 31 * random.nextDouble());
      HistogramDataPointSnapshot snapshot = of(nanos).snapshot();
      NativeHistogramBuckets buckets = snapshot.getNativeBucketsForPositiveValues();
      assertEquals(3, snapshot.getNativeSchema());
      assertEquals(1, buckets.size());
      double upper = Math.pow(2, buckets.getBucketIndex(0) / 8.0);
      double lower = Math.pow(2, (buckets.getBucketIndex(0) - 1) / 8.0);
      assertTrue(nanos / 1e9 <= upper && nanos / 1e9 > lower, nanos + " in " + lower + " " + upper);
    }
  }

  @Test
  void powersOfTwoAreTheLastOfTheirBuckets() {
    assertEquals(0, of(nanos(1)).snapshot().getNativeBucketsForPositiveValues().getBucketIndex(0));
    assertEquals(
        -8, of(nanos(0.5)).snapshot().getNativeBucketsForPositiveValues().getBucketIndex(0));
  }

  @Test
  void bothHistogramsHaveTheSameCountAndSum() {
    var random = new SplittableRandom(2);
    long[] some = random.longs(10_000, 0, nanos(100)).toArray();
    HistogramDataPointSnapshot snapshot = of(some).snapshot("slot", "a");
    long natives = snapshot.getNativeZeroCount();
    for (int i = 0; i < snapshot.getNativeBucketsForPositiveValues().size(); i++) {
      natives += snapshot.getNativeBucketsForPositiveValues().getCount(i);
    }
    assertEquals(10_000, upTo(Double.POSITIVE_INFINITY, snapshot));
    assertEquals(10_000, natives);
    assertEquals(10_000, snapshot.getCount());
    double sum = 0;
    for (long one : some) {
      sum += one / 1e9;
    }
    assertEquals(sum, snapshot.getSum(), 1e-6);
  }

  @Test
  void whatIsShorterThanTheShortestOrLongerThanTheLongestIsCountedThere() {
    HistogramDataPointSnapshot shortest = of(-1, 0, 1, 61_000).snapshot();
    assertEquals(4, shortest.getNativeZeroCount());
    assertEquals(4, upTo(0.001, shortest));
    HistogramDataPointSnapshot longest = of(Long.MAX_VALUE).snapshot();
    assertEquals(1, longest.getCount());
    assertEquals(0, upTo(60, longest));
  }

  @Test
  void percentilesAreWithinNinePercent() {
    long[] each = new long[10_000];
    for (int i = 0; i < each.length; i++) {
      each[i] = nanos(0.0001 * (i + 1));
    }
    Distribution all = of(each);
    for (double share : new double[] {0.01, 0.1, 0.5, 0.95, 0.99, 1}) {
      assertEquals(share, all.quantile(share), share * 0.09, "share " + share);
    }
    assertEquals(0, of().quantile(0.5));
    assertTrue(of(10).quantile(0.5) < 0.0001);
  }

  @Test
  void theCountsSinceAnEarlierMomentAreThoseInBetween() {
    var histogram = new Histogram();
    histogram.add(nanos(5));
    histogram.add(nanos(0.002));
    histogram.add(1);
    var then = new Distribution();
    then.add(histogram);
    histogram.add(nanos(0.002));
    histogram.add(nanos(0.5));
    histogram.add(2);
    var now = new Distribution();
    now.add(histogram);
    Distribution between = now.since(then);
    assertEquals(3, between.count());
    assertEquals(0.502, between.sumSeconds(), 1e-6);
    HistogramDataPointSnapshot snapshot = between.snapshot();
    assertEquals(1, upTo(0.001, snapshot));
    assertEquals(2, upTo(0.0025, snapshot));
    assertEquals(3, upTo(0.5, snapshot));
    assertEquals(0, then.since(now).count(), "never less than none");
  }

  @Test
  void theLoopsAreSummed() {
    Distribution sum = of(nanos(1));
    var other = new Histogram();
    other.add(nanos(1));
    other.add(nanos(2));
    sum.add(other);
    assertEquals(3, sum.count());
    assertEquals(4, sum.sumSeconds(), 1e-9);
  }

  @Test
  void aReaderSeesWholeCountsWhileTheWriterAdds() throws Exception {
    var histogram = new Histogram();
    int adds = 1_000_000;
    var done = new CountDownLatch(1);
    var writer =
        new Thread(
            () -> {
              for (int i = 0; i < adds; i++) {
                histogram.add(TimeUnit.MICROSECONDS.toNanos(i));
              }
              done.countDown();
            });
    writer.start();
    long before = 0;
    while (done.getCount() > 0) {
      var now = new Distribution();
      now.add(histogram);
      long count = now.snapshot().getCount(); // refuses counts that contradict each other
      assertTrue(count >= before && count <= adds, before + " " + count);
      before = count;
    }
    writer.join();
    var all = new Distribution();
    all.add(histogram);
    assertEquals(adds, all.count());
  }
}
