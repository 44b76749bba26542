// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/** Says regularly that the daemon is alive, for as long as its loops do their work. */
final class Watchdog {
  private final long everyMillis;
  private final LongPredicate respond;
  private final Runnable alive;
  private final LongSupplier nanoClock;

  /**
   * A watchdog that does nothing yet.
   *
   * @param everyMillis the time from one round to the next
   * @param respond waits for so many milliseconds at most, and says whether all loops have
   *     responded
   * @param alive runs after each round in which they have
   */
  Watchdog(long everyMillis, LongPredicate respond, Runnable alive, LongSupplier nanoClock) {
    this.everyMillis = everyMillis;
    this.respond = respond;
    this.alive = alive;
    this.nanoClock = nanoClock;
  }

  /** Goes on until the latch is at zero, or the thread is interrupted. */
  void run(CountDownLatch stopped) {
    boolean ended = false;
    while (!ended) {
      long pauseNanos = round();
      try {
        ended = stopped.await(pauseNanos, TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /**
   * One round; returns the pause until the next one, in nanoseconds. What a slow loop took is part
   * of it: else the reports of a busy process would be up to twice as far apart.
   */
  long round() {
    long start = nanoClock.getAsLong();
    if (respond.test(everyMillis)) {
      alive.run();
    }
    long taken = nanoClock.getAsLong() - start;
    return Math.max(0, TimeUnit.MILLISECONDS.toNanos(everyMillis) - taken);
  }
}
