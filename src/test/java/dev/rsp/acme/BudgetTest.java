// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many orders a time may have. */
@Timeout(20)
final class BudgetTest {
  @Test
  void noWindowHasMoreOrdersThanTheBudget() {
    var budget = new Budget(10, 1_000);
    var made = new TreeMap<Long, Integer>();
    var random = new Random(1);
    long now = 5_000;
    for (int i = 0; i < 2_000; i++) {
      boolean renewal = random.nextBoolean();
      if (budget.allows(renewal, random.nextBoolean(), now)) {
        budget.add(renewal, now);
        made.merge(now, 1, Integer::sum);
      }
      now += random.nextInt(40);
      int inWindow =
          made.tailMap(now - 1_000, false).values().stream().mapToInt(Integer::intValue).sum();
      assertTrue(inWindow <= 10, "orders: " + inWindow);
      assertEquals(inWindow, budget.used(now));
    }
    assertTrue(made.size() > 100);
  }

  @Test
  void firstOrdersMayUseAllWhileNoRenewalWaits() {
    var budget = new Budget(8, 1_000);
    for (int i = 0; i < 8; i++) {
      assertTrue(budget.allows(false, false, 10));
      budget.add(false, 10);
    }
    assertFalse(budget.allows(false, false, 10));
    assertEquals(1_010, budget.nextMillis(false, false, 10));
    assertTrue(budget.allows(false, false, 1_010));
  }

  @Test
  void eachKindLeavesAQuarterForTheOther() {
    var budget = new Budget(8, 1_000);
    for (int i = 0; i < 6; i++) {
      budget.add(true, 10);
    }
    assertFalse(budget.allows(true, false, 10));
    assertTrue(budget.allows(false, true, 10));
    assertEquals(1_010, budget.nextMillis(true, false, 10));
    budget = new Budget(8, 1_000);
    for (int i = 0; i < 6; i++) {
      budget.add(false, 10);
    }
    assertFalse(budget.allows(false, true, 10));
    assertTrue(budget.allows(false, false, 10));
    assertTrue(budget.allows(true, true, 10));
    assertTrue(budget.prefersRenewals(10));
  }

  @Test
  void aBudgetOfOneServesBothKinds() {
    var budget = new Budget(1, 1_000);
    assertTrue(budget.allows(true, true, 10));
    assertTrue(budget.allows(false, true, 10));
    budget.add(false, 10);
    assertFalse(budget.allows(true, true, 10));
    assertEquals(1_010, budget.nextMillis(true, false, 10));
  }

  @Test
  void whatWasNotOrderedIsGivenBack() {
    var budget = new Budget(1, 1_000);
    budget.add(false, 10);
    budget.giveBack(false, 10);
    assertEquals(0, budget.used(10));
  }

  @Test
  void aClockThatIsSetBackDoesNotHoldOrdersForLongerThanAWindow() {
    var budget = new Budget(1, 1_000);
    budget.add(false, 1_000_000);
    assertTrue(budget.allows(false, false, 10));
  }
}
