// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.time.Duration;
import java.util.concurrent.Callable;

/** Waits for what becomes true in another thread or process, and cannot be waited for otherwise. */
public final class Eventually {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long STEP_MILLIS = 5;

  private Eventually() {}

  /**
   * Waits until a condition is true.
   *
   * @throws AssertionError if it is not true within 30 s, or throws a checked exception
   */
  public static void is(Callable<Boolean> condition) {
    is("it does not become true", PATIENCE, condition);
  }

  /**
   * Waits until a condition is true.
   *
   * @param otherwise what the failure says
   * @throws AssertionError if it is not true in time, or throws a checked exception
   */
  public static void is(String otherwise, Duration patience, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + patience.toNanos();
    try {
      while (!condition.call()) {
        if (System.nanoTime() - deadline > 0) {
          throw new AssertionError(otherwise + " within " + patience.toSeconds() + " s");
        }
        Thread.sleep(STEP_MILLIS);
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(otherwise, e);
    }
  }
}
