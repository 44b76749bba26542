// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which hosts are asked for, how often, and what the answers are good for. */
@Timeout(60)
final class QuestionsTest extends OrdersRig {
  @Test
  void aHostThatIsNotAllowedIsNeitherOrderedNorLookedUpInTheStore() {
    rule.put("b.example", Allow.Answer.NO);
    rule.put("c.example", Allow.Answer.UNKNOWN);
    Orders orders = orders();
    assertEquals("certificates are not allowed for this host", get(want(orders, "b.example")));
    assertTrue(get(want(orders, "c.example")).startsWith("it could not be asked"));
    assertEquals(List.of(), ca.orders);
    assertEquals(List.of(), orders.reports(), "invented names cost no memory");
    assertFalse(Files.exists(store().resolve("live/b.example")));
    assertEquals(1, counts.figures(orders.figures()).denied());
    assertEquals(1, counts.figures(orders.figures()).unanswered());
  }

  @Test
  void answersAreCachedYesLongerThanNoAndNoLongerThanUnknown() {
    rule.put("no.example", Allow.Answer.NO);
    rule.put("unknown.example", Allow.Answer.UNKNOWN);
    ca.fail(hostFailure("x"));
    Orders orders = orders();
    List<String> hosts = List.of("yes.example", "no.example", "unknown.example");
    hosts.forEach(host -> get(want(orders, host)));
    hosts.forEach(host -> get(want(orders, host)));
    assertEquals(3, asked.size());
    clock.pass(Duration.ofSeconds(6));
    hosts.forEach(host -> get(want(orders, host)));
    assertEquals(4, asked.size());
    clock.pass(Duration.ofMinutes(6));
    hosts.forEach(host -> get(want(orders, host)));
    assertEquals(6, asked.size(), asked::toString);
    orders.allow(allow);
    get(want(orders, "no.example"));
    assertEquals(7, asked.size(), "another rule, other answers");
  }

  @Test
  void answersAreForgottenInTimeAlsoIfTheClockIsSetBack() {
    rule.put("a.example", Allow.Answer.NO);
    Orders orders = orders();
    get(want(orders, "a.example"));
    rule.remove("a.example");
    clock.jump(Duration.ofDays(-365));
    clock.pass(Duration.ofMinutes(2));
    assertEquals("", get(want(orders, "a.example")));
  }

  @Test
  void aRuleThatNeverAnswersIsNotAwaited() {
    Orders orders = orders(DIRECTORY, 300, 1_000, (host, answer) -> asked.add(host));
    CompletableFuture<String> done = want(orders, "a.example");
    Eventually.holds(() -> asked.size() == 1);
    pass(orders, Duration.ofSeconds(31));
    assertEquals("the rule that allows certificates does not answer", get(done));
  }

  @Test
  void aRuleThatFailsIsNoYes() {
    Orders orders =
        orders(
            DIRECTORY,
            300,
            1_000,
            (host, answer) -> {
              throw new IllegalStateException("broken rule");
            });
    assertTrue(get(want(orders, "a.example")).startsWith("it could not be asked"));
    assertEquals(List.of(), ca.orders);
  }

  @Test
  void aRuleThatWasReplacedWhileItWasAskedDoesNotDecide() {
    List<Consumer<Allow.Answer>> unanswered = Collections.synchronizedList(new ArrayList<>());
    Orders orders = orders(DIRECTORY, 300, 1_000, (host, answer) -> unanswered.add(answer));
    CompletableFuture<String> done = want(orders, "a.example");
    Eventually.holds(() -> unanswered.size() == 1);
    rule.put("a.example", Allow.Answer.NO);
    orders.allow(allow);
    unanswered.get(0).accept(Allow.Answer.YES);
    assertEquals("certificates are not allowed for this host", get(done));
    assertEquals("certificates are not allowed for this host", get(want(orders, "a.example")));
    assertEquals(List.of(), ca.orders);
  }

  @Test
  void aWishDoesNotWaitForARuleThatBlocks() throws InterruptedException {
    var gate = new CountDownLatch(1);
    Orders orders =
        orders(
            DIRECTORY,
            300,
            1_000,
            (host, answer) -> {
              asked.add(host);
              try {
                assertTrue(gate.await(30, TimeUnit.SECONDS));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              answer.accept(Allow.Answer.YES);
            });
    CompletableFuture<String> first = want(orders, "a.example");
    Eventually.holds(() -> asked.size() == 1);
    List<CompletableFuture<String>> others = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      others.add(want(orders, "h" + i + ".example")); // would hang here
    }
    gate.countDown();
    assertEquals("", get(first));
    others.forEach(one -> assertEquals("", get(one)));
  }
}
