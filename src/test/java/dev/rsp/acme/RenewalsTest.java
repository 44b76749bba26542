// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When certificates are renewed, and when they are not. */
@Timeout(60)
final class RenewalsTest extends OrdersRig {
  @Test
  void aCertificateIsRenewedAtTwoThirdsOfItsLife() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    String before = Files.readString(chain("a.example"));
    pass(orders, Duration.ofDays(50));
    assertEquals(1, ca.orders.size());
    pass(orders, Duration.ofDays(20));
    Eventually.holds(() -> ca.orders.size() == 2 && stored.size() == 2);
    assertFalse(before.equals(Files.readString(chain("a.example"))));
    assertEquals(1, counts.figures(orders.figures()).renewed());
    assertEquals("", get(want(orders, "a.example")));
  }

  @Test
  void aHostThatIsNotAllowedAnyMoreIsNotRenewed() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    rule.put("a.example", Allow.Answer.NO);
    pass(orders, Duration.ofDays(70));
    Eventually.holds(() -> report(orders, "a.example").problem() != null);
    assertEquals(1, ca.orders.size());
    rule.remove("a.example");
    pass(orders, DAY.plusHours(1));
    Eventually.holds(() -> ca.orders.size() == 2);
  }

  @Test
  void aRenewalThatFailsIsTriedAgain() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    ca.fail(hostFailure("dns"));
    pass(orders, Duration.ofDays(70));
    Eventually.holds(() -> report(orders, "a.example").failures() == 1);
    assertEquals("", get(want(orders, "a.example")), "the old one is still good");
    assertEquals(2, ca.orders.size());
    pass(orders, Duration.ofMinutes(6));
    Eventually.holds(() -> ca.orders.size() == 3);
  }

  @Test
  void aCertificateThatIsDueWhenItIsIssuedIsNotRenewedAtOnce() {
    ca.life = Duration.ofSeconds(20); // and its begin is a minute ago
    Orders orders = orders();
    get(want(orders, "a.example"));
    Instant renewal = report(orders, "a.example").renewal();
    assertNotNull(renewal);
    // Times in certificates have whole seconds.
    assertTrue(renewal.isAfter(clock.instant().plusSeconds(9)), renewal::toString);
  }

  @Test
  void certificatesOfAnotherCaAreReplaced() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    orders.close();
    Orders next = orders(URI.create("https://other.example/directory"), 300, 100, allow);
    Eventually.holds(() -> ca.orders.size() == 2);
    Eventually.holds(() -> next.figures().running() == 0);
    next.tick();
    assertEquals(2, ca.orders.size());
  }

  @Test
  void aCertificateThatCouldNotBeRenewedForAMonthIsGivenUp() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    rule.put("a.example", Allow.Answer.NO);
    pass(orders, Duration.ofDays(100));
    pass(orders, Duration.ofDays(30));
    Eventually.holds(
        () ->
            "expired long ago, and could not be renewed"
                .equals(report(orders, "a.example").problem()));
    assertEquals(0, orders.figures().stored());
    rule.remove("a.example");
    clock.pass(DAY);
    assertEquals("", get(want(orders, "a.example")), "until it is wanted again");
  }

  @Test
  void certificatesThatWereGivenUpAreLookedAtAgainIfTheClockWasWrong() {
    Orders orders = orders();
    get(want(orders, "a.example"));
    rule.put("a.example", Allow.Answer.NO);
    clock.jump(Duration.ofDays(365));
    orders.tick();
    Eventually.holds(() -> orders.figures().stored() == 0);
    rule.remove("a.example");
    clock.jump(Duration.ofDays(-365));
    orders.tick();
    assertEquals(1, orders.figures().stored());
    pass(orders, Duration.ofDays(70));
    Eventually.holds(() -> ca.orders.size() == 2);
  }

  // What the CA says ------------------------------------------------------------------------------

  @Test
  void theWindowOfTheCaIsTakenAndTheCertificateIsNamed() {
    long day = DAY.toMillis();
    long now = clock.millis();
    ca.window = new Authority.Window(now + 10 * day, now + 12 * day, 6 * 3_600_000L);
    Orders orders = orders(DIRECTORY, 1, 100, allow);
    get(want(orders, "a.example"));
    Instant renewal = report(orders, "a.example").renewal();
    assertNotNull(renewal);
    assertTrue(
        renewal.toEpochMilli() >= now + 10 * day && renewal.toEpochMilli() <= now + 12 * day,
        renewal::toString);
    assertTrue(orders.announces());
    assertEquals(1, orders.figures().budgetUsed());
    pass(orders, Duration.ofDays(13));
    Eventually.holds(() -> ca.orders.size() == 2);
    assertTrue(ca.orders.get(1).startsWith("a.example replaces "), ca.orders::toString);
    assertEquals(0, orders.figures().budgetUsed(), "it does not count");
  }

  @Test
  void aWindowThatTheCaMovesForwardIsSeen() {
    long day = DAY.toMillis();
    long now = clock.millis();
    ca.window = new Authority.Window(now + 60 * day, now + 62 * day, 6 * 3_600_000L);
    Orders orders = orders();
    get(want(orders, "a.example"));
    ca.window = new Authority.Window(now - day, now, 6 * 3_600_000L);
    pass(orders, Duration.ofHours(7));
    Eventually.holds(() -> ca.checks.size() >= 2);
    pass(orders, Duration.ofSeconds(1));
    Eventually.holds(() -> ca.orders.size() == 2);
  }

  @Test
  void aWindowThatIsAlwaysInThePastGivesNotOneOrderAfterTheOther() {
    long day = DAY.toMillis();
    long now = clock.millis();
    ca.window = new Authority.Window(now - 2 * day, now - day, 6 * 3_600_000L);
    Orders orders = orders();
    get(want(orders, "a.example"));
    Instant renewal = report(orders, "a.example").renewal();
    assertEquals(clock.instant().plus(Duration.ofHours(1)), renewal);
    pass(orders, Duration.ofMinutes(61));
    Eventually.holds(() -> stored.size() == 2);
    assertEquals(2, orders.figures().budgetUsed(), "that of a young certificate counts");
    orders.tick();
    assertEquals(2, ca.orders.size());
  }

  @Test
  void aWindowAfterTheEndOfTheCertificateIsNotAwaited() {
    long day = DAY.toMillis();
    long now = clock.millis();
    ca.window = new Authority.Window(now + 100 * day, now + 120 * day, 6 * 3_600_000L);
    Orders orders = orders();
    get(want(orders, "a.example"));
    pass(orders, Duration.ofDays(82));
    Eventually.holds(() -> ca.orders.size() == 2);
  }
}
