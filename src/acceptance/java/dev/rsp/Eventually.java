// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Waits for what must come to pass, and says what did not. */
final class Eventually {
  /**
   * For what an idle machine does at once, on one that is busy with other things. Only a test that
   * fails waits so long; it is less than rsp's own timeouts of a minute, so that none of these
   * brings about what is waited for.
   */
  static final Duration PATIENCE = Duration.ofSeconds(45);

  private static final int POLL_MILLIS = 5;

  private Eventually() {}

  /** Returns when the condition holds; fails after a long time with what was hoped for. */
  static void holds(String hope, Callable<Boolean> condition) {
    holds(() -> hope, condition);
  }

  /** As above, with a text that is only made when it is needed. */
  static void holds(Supplier<String> hope, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!condition.call()) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + hope.get());
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
