// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rsp.acme.AcmeSettings;
import dev.rsp.acme.ChallengeType;
import dev.rsp.acme.Forecast;
import dev.rsp.acme.StoredHosts;
import dev.rsp.config.AllowedHosts;
import dev.rsp.config.CertificateOrders;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is said of a budget that is too small. */
@Timeout(20)
final class OrderForecastTest {
  private static final Instant NOW = Instant.parse("2026-11-28T00:00:00Z");
  private static final String LIMIT = "acme.orders allows 10 orders in 86400 seconds";

  /** Ten orders a day. */
  private static @Nullable String problem(
      long renewals, int missing, @Nullable Instant filled, @Nullable Instant expiring) {
    var settings =
        new AcmeSettings(
            URI.create("https://ca.example/"),
            null,
            Path.of("/x"),
            List.of(),
            ChallengeType.HTTP_01,
            10,
            86_400,
            1_000,
            10);
    var week = new Forecast.Need(7, renewals / 13, false, missing, 70);
    var quarter = new Forecast.Need(90, renewals, false, missing, 900);
    return new OrderForecast(
            new CertificateOrders(settings, new AllowedHosts(AllowedHosts.Kind.SCRIPT, null)),
            new StoredHosts(List.of(), 0, false),
            missing,
            new Forecast(week, quarter, missing, filled, expiring))
        .problem();
  }

  @Test
  void aBudgetThatIsLargeEnoughIsNoProblem() {
    assertNull(problem(900, 0, NOW, null));
    assertNull(problem(0, 900, NOW, null));
  }

  @Test
  void renewalsThatAreOnlyLateAreSaidToBeLate() {
    String late =
        LIMIT
            + ": 900 in 90 days, and 950 are needed: certificates are renewed later than they"
            + " should be, but before they expire";
    assertEquals(late, problem(950, 0, NOW, null));
    assertEquals(late, problem(940, 10, NOW.plusSeconds(2 * 86_400), null));
  }

  @Test
  void hostsThatGetNoneForAQuarterAreSaidToWait() {
    String few = LIMIT + ": 900 in 90 days, and 1000 are needed: not all hosts ";
    assertEquals(
        few + "have a certificate before 2027-03-08",
        problem(0, 1_000, NOW.plusSeconds(100 * 86_400), null));
    assertEquals(few + "get a certificate within ten years", problem(0, 1_000, null, null));
  }

  @Test
  void certificatesThatExpireAreSaidFirst() {
    assertEquals(
        LIMIT + ", too few for the renewals: the first certificate expires about 2026-12-28",
        problem(5_000, 0, NOW, NOW.plusSeconds(30 * 86_400)));
  }
}
