// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The figures that Let's Encrypt's limits give. */
@Timeout(20)
final class ForecastTest {
  private static final Instant NOW = Instant.parse("2026-11-28T00:00:00Z");
  private static final AcmeSettings LIMITS =
      AcmeAuthorityTest.settings(
          URI.create("https://ca.example/"), Path.of("/x"), null, ChallengeType.HTTP_01, 300);

  /** Certificates of so many days whose renewals are spread evenly. */
  private static List<HostReport> stored(int count, int lifeDays) {
    long span = lifeDays * 2L / 3;
    List<HostReport> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Instant begin = NOW.minus(Duration.ofSeconds(span * 86_400 * i / count));
      all.add(
          new HostReport(
              "h" + i + ".example",
              HostReport.State.STORED,
              begin,
              begin.plus(Duration.ofDays(lifeDays)),
              begin.plus(Duration.ofDays(span)),
              0,
              null,
              null));
    }
    return all;
  }

  private static long days(Instant until) {
    return Duration.between(NOW, until).toDays();
  }

  @Test
  void anEmptyStoreWithAHundredThousandHostsTakesFortyTwoDays() {
    Forecast forecast = Forecast.of(List.of(), 100_000, LIMITS, true, NOW);
    assertNotNull(forecast.filled());
    assertEquals(41, days(forecast.filled()));
    assertEquals(16_800, forecast.week().given());
    assertEquals(100_000, forecast.week().first());
    assertFalse(forecast.week().fits());
    assertTrue(forecast.quarter().fits(), "216,000 in 90 days");
    assertTrue(forecast.fits());
  }

  @Test
  void aHundredThousandCertificatesOfNinetyDaysFit() {
    Forecast forecast = Forecast.of(stored(100_000, 90), 0, LIMITS, false, NOW);
    assertEquals(11_667.0, (double) forecast.week().renewals(), 50);
    assertEquals(150_000.0, (double) forecast.quarter().renewals(), 1_000);
    assertTrue(forecast.fits(), forecast::toString);
    assertNull(forecast.expiring());
    assertEquals(NOW, forecast.filled());
  }

  @Test
  void aHundredThousandCertificatesOfFortySevenDaysFitOnlyIfTheCaAnnouncesRenewals() {
    Forecast forecast = Forecast.of(stored(100_000, 47), 0, LIMITS, false, NOW);
    assertFalse(forecast.quarter().fits(), forecast::toString);
    assertNull(forecast.expiring(), "they are renewed late, but not too late");
    assertFalse(forecast.fits());
    Forecast free = Forecast.of(stored(100_000, 47), 0, LIMITS, true, NOW);
    assertTrue(free.fits(), free::toString);
    assertTrue(free.quarter().renewals() > 270_000, free::toString);
    assertEquals(0, free.quarter().counted());
  }

  @Test
  void aHundredThousandCertificatesOfTwentyDaysExpireWithoutThat() {
    Forecast forecast = Forecast.of(stored(100_000, 20), 0, LIMITS, false, NOW);
    assertNotNull(forecast.expiring());
    // 2,400 of 7,700 a day are renewed. On the second day more are late than 7 days give, which is
    // how long the certificates are still valid.
    assertTrue(
        days(forecast.expiring()) >= 9 && days(forecast.expiring()) <= 12, forecast::toString);
    assertFalse(forecast.fits());
    assertTrue(Forecast.of(stored(100_000, 20), 0, LIMITS, true, NOW).fits());
  }

  @Test
  void newHostsShareTheBudgetWithRenewals() {
    Forecast alone = Forecast.of(List.of(), 10_000, LIMITS, false, NOW);
    Forecast both = Forecast.of(stored(100_000, 90), 10_000, LIMITS, false, NOW);
    assertNotNull(alone.filled());
    assertNotNull(both.filled());
    assertEquals(4, days(alone.filled()));
    assertTrue(days(both.filled()) > 10 && days(both.filled()) < 20, both::toString);
  }

  @Test
  void whatCannotBeFilledInTenYearsIsSaidToBeSo() {
    AcmeSettings small =
        new AcmeSettings(
            URI.create("https://ca.example/"),
            null,
            Path.of("/x"),
            List.of(),
            ChallengeType.HTTP_01,
            1,
            86_400,
            1_000,
            10);
    assertNull(Forecast.of(List.of(), 100_000, small, false, NOW).filled());
    assertNull(Forecast.of(List.of(), 100_000, small, true, NOW).filled());
  }

  @Test
  void shortCertificatesOfNewHostsAreRenewedWithinTheTime() {
    Forecast.Need need = Forecast.of(stored(10, 6), 10, LIMITS, false, NOW).week();
    assertTrue(need.renewals() >= 20, need::toString);
    assertEquals(10, need.first());
    assertEquals(need.renewals() + 10, need.counted());
  }

  @Test
  void jsonHasAllOfIt() {
    Forecast forecast = Forecast.of(List.of(), 5, LIMITS, false, NOW);
    assertEquals(5, forecast.values().get("missing"));
    assertEquals(true, forecast.values().get("fits"));
    assertTrue(String.valueOf(forecast.values().get("week")).contains("given=16800"));
  }
}
