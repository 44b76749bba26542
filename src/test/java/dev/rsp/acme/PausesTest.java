// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When nothing is ordered for any host, and how it begins again. */
@Timeout(60)
final class PausesTest extends OrdersRig {
  @Test
  void aCaThatIsDownIsLeftAloneAndThenTriedWithOneOrder() {
    Orders orders = orders();
    ca.fail(Authority.Failure.ofAuthority("the CA cannot be reached"));
    assertEquals("the CA cannot be reached", get(want(orders, "a.example")));
    String reason = get(want(orders, "b.example"));
    assertTrue(reason.startsWith("the CA cannot be reached (next try: "), reason);
    assertEquals(1, ca.orders.size());
    assertNotNull(orders.figures().pausedUntil());
    assertEquals(HostReport.State.QUEUED, report(orders, "a.example").state());
    ca.hold();
    pass(orders, Duration.ofSeconds(11));
    Eventually.holds(() -> ca.orders.size() == 2);
    assertEquals(1, orders.figures().running(), "one on trial");
    assertNotNull(orders.figures().pausedUntil(), "until one has succeeded");
    assertEquals("the CA cannot be reached", orders.figures().pauseReason());
    ca.go(10);
    Eventually.holds(() -> orders.figures().stored() == 2);
    assertNull(orders.figures().pausedUntil());
    assertEquals("", get(want(orders, "a.example")), "both that were queued are there");
    assertEquals(3, ca.orders.size(), ca.orders::toString);
  }

  @Test
  void theCaSaysHowLongToWaitAndThatSurvivesARestart() {
    Orders orders = orders();
    ca.fail(
        new Authority.Failure(
            Authority.Blame.AUTHORITY, "rateLimited: too many new orders", 7_200_000, null));
    get(want(orders, "a.example"));
    Eventually.holds(
        () -> Files.readString(store().resolve("renewal/orders.log")).contains("pause "));
    orders.close();
    Orders next = orders();
    String reason = get(want(next, "b.example"));
    assertTrue(reason.startsWith("rateLimited: too many new orders (next try: "), reason);
    pass(next, Duration.ofHours(1));
    assertEquals(1, ca.orders.size());
    pass(next, Duration.ofHours(2));
    Eventually.holds(() -> next.figures().stored() == 1);
  }

  @Test
  void aHostForWhichTheCaFailsAgainAndAgainDoesNotHoldUpTheOthersForever() {
    Orders orders = orders();
    for (int i = 0; i < 3; i++) {
      ca.fail(Authority.Failure.ofAuthority("serverInternal"));
      get(want(orders, "a.example"));
      int count = i + 1;
      Eventually.holds(() -> ca.orders.size() == count);
      pass(orders, Duration.ofHours(2));
    }
    Eventually.holds(() -> report(orders, "a.example").failures() == 1 || ca.orders.size() > 3);
    assertEquals(HostReport.State.FAILED, report(orders, "a.example").state());
  }

  @Test
  void aStoreThatFailsLaterGetsNoOrderAndIsTriedAgain() throws IOException {
    Orders orders = orders();
    get(want(orders, "a.example"));
    Path away = folder.resolve("away");
    Files.move(store(), away);
    Files.writeString(store(), "in the way");
    assertTrue(get(want(orders, "b.example")).startsWith("the store cannot be "));
    String reason = get(want(orders, "c.example"));
    assertTrue(reason.startsWith("the store cannot be ") && reason.contains("next try"), reason);
    assertEquals(1, ca.orders.size());
    assertEquals(1, orders.figures().budgetUsed());
    Files.delete(store());
    Files.move(away, store());
    clock.pass(Duration.ofSeconds(11));
    assertNotNull(orders.figures().pausedUntil(), "until an order has succeeded");
    orders.tick();
    Eventually.holds(() -> orders.figures().stored() == 3);
    assertNull(orders.figures().pausedUntil());
  }

  @Test
  void waitsDoNotGetLongerBecauseTheClockWasSetBack() {
    Orders orders = orders();
    clock.jump(Duration.ofDays(365));
    ca.fail(hostFailure("dns"));
    get(want(orders, "a.example"));
    ca.fail(new Authority.Failure(Authority.Blame.HOST, "rateLimited", 7_200_000, "c.example"));
    get(want(orders, "1.c.example"));
    ca.fail(Authority.Failure.ofAuthority("the CA cannot be reached"));
    get(want(orders, "b.example"));
    clock.jump(Duration.ofDays(-365));
    orders.tick();
    Eventually.holds(() -> orders.figures().stored() == 1);
    assertEquals("", get(want(orders, "a.example")));
    assertEquals("", get(want(orders, "2.c.example")));
  }
}
