// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** Waits for a condition, and fails with a text that says which one. */
public final class Eventually {
  /**
   * For what an idle machine does at once, on a machine that is busy with other things. Only a test
   * that fails waits so long. It is less than rsp's own timeouts of a minute, so that none of them
   * makes the condition true.
   */
  public static final Duration PATIENCE = Duration.ofSeconds(45);

  private static final int POLL_MILLIS = 5;

  private Eventually() {}

  /** Returns when the condition holds; fails after {@link #PATIENCE}, at the line of the call. */
  public static void holds(Callable<Boolean> condition) {
    holds("it does not become true", condition);
  }

  /**
   * Returns when the condition holds; fails after {@link #PATIENCE} with the text of what was
   * expected.
   */
  public static void holds(String expected, Callable<Boolean> condition) {
    holds(() -> expected, condition);
  }

  /** As above, with a text that is made only when the wait fails. */
  public static void holds(Supplier<String> expected, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (!condition.call()) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + expected.get());
        }
        pause(POLL_MILLIS);
      }
    } catch (Exception e) {
      throw new AssertionError(expected.get(), e);
    }
  }

  /** Waits where time itself is part of the test, for example for a slow reader. */
  public static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted: the test took too long", e);
    }
  }
}
