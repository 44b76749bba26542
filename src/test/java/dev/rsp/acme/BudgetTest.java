// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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

  @Test
  void hostsWaitThreeTimesAsLongEachTimeAndADayAtMost() {
    assertEquals(300_000, BackOff.hostMillis(1, 0));
    assertEquals(900_000, BackOff.hostMillis(2, 0));
    assertEquals(86_400_000, BackOff.hostMillis(7, 0));
    assertEquals(86_400_000, BackOff.hostMillis(Integer.MAX_VALUE, 0));
  }

  @Test
  void aHostWaitsAsLongAsTheCaSaysAndFourteenDaysAtMost() {
    assertEquals(7_200_000, BackOff.hostMillis(1, 7_200_000));
    assertEquals(900_000, BackOff.hostMillis(2, 1_000));
    assertEquals(14 * 86_400_000L, BackOff.hostMillis(1, Long.MAX_VALUE));
  }

  @Test
  void aTimeThatIsTooFarAheadIsOfAClockThatWasSetBack() {
    assertTrue(BackOff.isAhead(1_100, 1_000, 100));
    assertFalse(BackOff.isAhead(1_101, 1_000, 100));
    assertFalse(BackOff.isAhead(1_000, 1_000, 100));
    assertFalse(BackOff.isAhead(Long.MAX_VALUE, 1_000, 100));
    assertFalse(BackOff.isAhead(Long.MIN_VALUE, 1_000, 100));
  }

  @Test
  void aCaIsLeftAloneForAsLongAsItAsksAndADayAtMost() {
    assertEquals(10_000, BackOff.authorityMillis(1, 0));
    assertEquals(20_000, BackOff.authorityMillis(2, 0));
    assertEquals(3_600_000, BackOff.authorityMillis(100, 0));
    assertEquals(7_000, BackOff.authorityMillis(9, 7_000));
    assertEquals(86_400_000, BackOff.authorityMillis(1, Long.MAX_VALUE));
    assertEquals(300_000, BackOff.storeMillis(100));
  }

  @Test
  void renewalsOfOneDayAreSpread() {
    int[] tenths = new int[10];
    for (int i = 0; i < 10_000; i++) {
      String host = "site" + i + ".example";
      long time = RenewalTime.of(host, 0, 90_000);
      assertTrue(time >= 54_000 && time <= 66_000, "time: " + time);
      assertEquals(time, RenewalTime.of(host, 0, 90_000), "always the same");
      tenths[(int) (RenewalTime.fraction(host) * 10)]++;
      long within = RenewalTime.within(host, 0, 90_000, 500, 600);
      assertTrue(within >= 500 && within < 600, "time: " + within);
    }
    for (int count : tenths) {
      assertTrue(count > 800 && count < 1_200, "a tenth: " + count);
    }
  }

  @Test
  void aCertificateIsRenewedBeforeItEndsWhateverTheCaSays() {
    assertEquals(81_000, RenewalTime.within("a.example", 0, 90_000, 100_000, 200_000));
    assertEquals(
        81_000, RenewalTime.within("a.example", 0, 90_000, Long.MAX_VALUE - 1, Long.MAX_VALUE));
    assertTrue(RenewalTime.within("a.example", 0, 90_000, -2_000, -1_000) < 0, "at once");
  }

  @Test
  void aNewCertificateIsNotRenewedInItsFirstHourNorInTheFirstHalfOfAShorterLife() {
    assertEquals(3_601_000, RenewalTime.earliest(100_000_000, 1_000));
    assertEquals(31_000, RenewalTime.earliest(61_000, 1_000));
    assertEquals(1_000, RenewalTime.earliest(500, 1_000), "it has expired");
  }
}
