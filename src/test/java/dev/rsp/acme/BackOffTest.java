// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long hosts, the CA and the store are left alone after failures. */
@Timeout(20)
final class BackOffTest {
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
}
