// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rates of the last 10 seconds, and durations of the last minute. */
@Timeout(20)
final class RecentTest {
  private final Recent recent = new Recent();
  private final Histogram histogram = new Histogram();

  private static long second(int number) {
    return TimeUnit.SECONDS.toNanos(number);
  }

  private Distribution durations() {
    var all = new Distribution();
    all.add(histogram);
    return all;
  }

  @Test
  void theRateIsThatOfTheLastTenSeconds() {
    for (int at = 0; at <= 60; at += 2) {
      // 5 a second for 40 s, then 100 a second.
      recent.sampleCounts(
          second(at), Map.of("a", at <= 40 ? 5L * at : 200 + 100L * (at - 40), "b", 7L));
    }
    assertEquals(100, recent.rate("a", 2200, second(60)), 1e-9);
    assertEquals(0, recent.rate("b", 7, second(60)));
    assertEquals(300 / 11.0, recent.rate("new", 300, second(61)), 1e-9);
  }

  @Test
  void tenSecondsAfterTheLastRequestTheRateIsZero() {
    recent.sampleCounts(second(0), Map.of());
    for (int at = 2; at <= 12; at += 2) {
      recent.sampleCounts(second(at), Map.of("a", 50L));
    }
    assertEquals(0, recent.rate("a", 50, second(12)));
  }

  @Test
  void theRateSoonAfterTheStartIsThatSinceTheStart() {
    assertEquals(0, recent.rate("a", 5, second(0)), "no sample");
    recent.sampleCounts(second(10), Map.of());
    assertEquals(4, recent.rate("a", 12, second(13)), 1e-9);
    assertEquals(5, recent.rate("a", 5, second(10)), "within the first second");
  }

  @Test
  void aCountThatHasShrunkWasBegunAgain() {
    recent.sampleCounts(second(0), Map.of("a", 1000L));
    assertEquals(3, recent.rate("a", 30, second(10)), 1e-9);
    histogram.add(second(1));
    histogram.add(second(1));
    recent.sampleDurations(second(0), Map.of("a", durations()));
    var begunAgain = new Histogram();
    begunAgain.add(second(3));
    var all = new Distribution();
    all.add(begunAgain);
    assertEquals(1, recent.durations("a", all).count());
  }

  @Test
  void theDurationsAreThoseOfTheLastMinute() {
    for (int at = 0; at <= 120; at += 10) {
      // Slow ones until second 50, then fast ones.
      histogram.add(at <= 50 ? second(5) : second(1) / 100);
      recent.sampleDurations(second(at), Map.of("a", durations()));
    }
    Distribution lately = recent.durations("a", durations());
    assertEquals(6, lately.count());
    assertEquals(0.01, lately.quantile(1), 0.001);
    assertEquals(13, recent.durations("other", durations()).count(), "none was known before");
  }
}
