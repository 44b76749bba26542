// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many hosts wait for an order, and which of them the budget allows next. */
@Timeout(60)
final class OrderQueueTest extends OrdersRig {
  @Test
  void theQueueIsBounded() {
    Orders orders = orders(DIRECTORY, 1_000, 10, allow);
    ca.hold();
    List<CompletableFuture<String>> waiting = new ArrayList<>();
    for (int i = 0; i < 18; i++) {
      waiting.add(want(orders, "h" + i + ".example"));
      int count = i + 1;
      // Eight are under way, the others wait.
      Eventually.holds(() -> orders.figures().queued() + orders.figures().running() == count);
    }
    assertEquals("too many hosts wait for certificates (10)", get(want(orders, "x.example")));
    assertEquals(1, counts.figures(orders.figures()).refused());
    ca.go(18);
    waiting.forEach(one -> assertEquals("", get(one)));
  }

  @Test
  void theBudgetHoldsAndSurvivesARestart() {
    Orders orders = orders(DIRECTORY, 3, 100, allow);
    for (int i = 0; i < 3; i++) {
      assertEquals("", get(want(orders, "h" + i + ".example")));
    }
    String reason = get(want(orders, "x.example"));
    assertTrue(reason.startsWith("the budget of 3 orders in 10800 s is used up until "), reason);
    assertEquals(HostReport.State.QUEUED, report(orders, "x.example").state());
    orders.close();
    Orders next = orders(DIRECTORY, 3, 100, allow);
    assertTrue(get(want(next, "x.example")).startsWith("the budget of 3 orders"));
    assertEquals(3, ca.orders.size());
    pass(next, Duration.ofSeconds(10_801));
    Eventually.holds(() -> next.figures().stored() == 4);
    assertEquals(4, ca.orders.size());
  }

  @Test
  void failedOrdersCountForTheBudget() {
    Orders orders = orders(DIRECTORY, 2, 100, allow);
    ca.fail(hostFailure("dns"));
    ca.fail(hostFailure("dns"));
    get(want(orders, "a.example"));
    get(want(orders, "b.example"));
    assertTrue(get(want(orders, "c.example")).startsWith("the budget of 2 orders"));
  }

  @Test
  void certificatesThatAreThereDoNotCount() {
    Orders orders = orders(DIRECTORY, 2, 100, allow);
    get(want(orders, "a.example"));
    for (int i = 0; i < 5; i++) {
      assertEquals("", get(want(orders, "a.example")));
    }
    assertEquals(1, orders.figures().budgetUsed());
  }

  @Test
  void whatIsUnderWayAtTheEndIsAnsweredAndCountsForTheBudget() {
    Orders orders = orders(DIRECTORY, 2, 100, allow);
    ca.hold();
    CompletableFuture<String> done = want(orders, "a.example");
    Eventually.holds(() -> ca.orders.size() == 1);
    orders.close();
    assertTrue(get(done).startsWith("rsp is stopping"));
    assertTrue(get(want(orders, "a.example")).startsWith("rsp is stopping"));
    ca.go(1_000);
    Orders next = orders(DIRECTORY, 2, 100, allow);
    assertEquals("", get(want(next, "b.example")));
    assertTrue(get(want(next, "c.example")).startsWith("the budget of 2 orders in 10800 s"));
    assertEquals(2, ca.orders.size(), "the first one counts");
  }

  @Test
  void renewalsDoNotStarveNewNamesNorTheOtherWayRound() {
    Orders orders = orders(DIRECTORY, 100, 1_000, allow);
    for (int i = 0; i < 100; i++) {
      assertEquals("", get(want(orders, "old" + i + ".example")));
    }
    clock.pass(Duration.ofDays(75));
    ca.hold();
    for (int i = 0; i < 100; i++) {
      want(orders, "new" + i + ".example");
    }
    orders.tick();
    orders.tick();
    ca.go(1_000);
    Eventually.holds(() -> ca.orders.size() == 200);
    Eventually.holds(() -> orders.figures().running() == 0);
    long renewed = ca.orders.subList(100, 200).stream().filter(o -> o.startsWith("old")).count();
    assertTrue(renewed >= 25 && renewed <= 75, "renewed: " + renewed);
  }
}
