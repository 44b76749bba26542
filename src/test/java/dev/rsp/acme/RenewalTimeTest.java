// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When in its life a certificate is renewed. */
@Timeout(20)
final class RenewalTimeTest {
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
