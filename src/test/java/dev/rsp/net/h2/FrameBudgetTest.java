// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many frames that serve no request a peer may send. */
@Timeout(10)
final class FrameBudgetTest {
  private final FrameBudget budget = new FrameBudget(3, 2, 0);

  private void takes(int count, long nowMillis) {
    for (int i = 0; i < count; i++) {
      assertTrue(budget.take(nowMillis), "frame " + i);
    }
    assertFalse(budget.take(nowMillis));
  }

  @Test
  void soManyAreTakenAtOnce() {
    takes(3, 0);
  }

  @Test
  void timeFillsItUpToThat() {
    takes(3, 0);
    takes(1, 500);
    takes(1, 1_000);
    takes(3, 100_000);
  }

  @Test
  void soDoesWhatIsInEarnest() {
    takes(3, 0);
    budget.add(2);
    takes(2, 0);
    budget.add(100);
    takes(3, 0);
  }
}
