// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Waits for what must come to pass, and says what did not. */
final class Eventually {
  private static final int POLL_MILLIS = 5;

  private Eventually() {}

  /** Returns when the condition holds; fails after the given time with what was hoped for. */
  static void holds(String hope, Duration within, Callable<Boolean> condition) {
    holds(() -> hope, within, condition);
  }

  /** As above, with a text that is only made when it is needed. */
  static void holds(Supplier<String> hope, Duration within, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + within.toNanos();
    try {
      while (!condition.call()) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("not within " + within.toMillis() + " ms: " + hope.get());
        }
        pause(POLL_MILLIS);
      }
    } catch (Exception e) {
      throw new AssertionError(hope.get(), e);
    }
  }

  /** Lets time pass where the passing itself is part of the test: a slow reader, say. */
  static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted: the test took too long", e);
    }
  }
}
