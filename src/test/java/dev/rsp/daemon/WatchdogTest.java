// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How often the service manager is told that the daemon is alive. */
@Timeout(20)
final class WatchdogTest {
  private final AtomicLong nanos = new AtomicLong();
  private final List<Long> aliveAtMillis = new ArrayList<>();

  private long round(long loopMillis, boolean responds) {
    Watchdog watchdog =
        new Watchdog(
            100,
            most -> {
              assertEquals(100, most);
              nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(loopMillis));
              return responds;
            },
            () -> aliveAtMillis.add(TimeUnit.NANOSECONDS.toMillis(nanos.get())),
            nanos::get);
    return TimeUnit.NANOSECONDS.toMillis(watchdog.round());
  }

  @ParameterizedTest
  @CsvSource({"0, 100", "30, 70", "100, 0", "150, 0"})
  void whatASlowLoopTakesIsPartOfThePause(long loopMillis, long pauseMillis) {
    assertEquals(pauseMillis, round(loopMillis, true));
    assertEquals(List.of(loopMillis), aliveAtMillis);
  }

  @Test
  void aLoopThatDoesNotRespondIsAskedAgainAtOnceAndNothingIsSaid() {
    assertEquals(0, round(100, false));
    assertEquals(List.of(), aliveAtMillis);
  }

  @Test
  void endsWhenTheDaemonStops() {
    CountDownLatch stopped = new CountDownLatch(1);
    List<Integer> rounds = new ArrayList<>();
    new Watchdog(
            1,
            most -> true,
            () -> {
              rounds.add(1);
              if (rounds.size() == 3) {
                stopped.countDown();
              }
            },
            System::nanoTime)
        .run(stopped);
    assertEquals(3, rounds.size());
  }
}
