// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Handshakes that wait for an order. */
@Timeout(30)
final class OrderWaitsTest {
  private static final int LONG_MILLIS = 60_000;
  private static final int PATIENCE_SECONDS = 20;

  private final EventExecutor loop = new DefaultEventExecutor();
  private final OrderWaits waits = new OrderWaits(2);
  private final List<Consumer<@Nullable String>> orders = new CopyOnWriteArrayList<>();
  private final AtomicInteger went = new AtomicInteger();

  @AfterEach
  void end() {
    loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  private int begin(int millis) throws Exception {
    return begin("a.example", millis);
  }

  private int begin(String host, int millis) throws Exception {
    return begin((wanted, done) -> orders.add(done), host, millis);
  }

  private int begin(OrderWaits.Wish wish, String host, int millis) throws Exception {
    return loop.submit(
            () ->
                waits.begin(
                    wish,
                    host,
                    millis,
                    loop,
                    () -> {
                      assertTrue(loop.inEventLoop());
                      went.incrementAndGet();
                    }))
        .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private void settle() throws Exception {
    loop.submit(() -> {}).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void aHandshakeGoesOnOnceWhenItsOrderHasEnded() throws Exception {
    assertEquals(LONG_MILLIS, begin(LONG_MILLIS));
    assertEquals(1, waits.count());
    assertEquals(0, went.get());
    orders.get(0).accept(null);
    orders.get(0).accept("again");
    settle();
    assertEquals(1, went.get());
    assertEquals(0, waits.count());
  }

  @Test
  void aHandshakeGoesOnWhenItsTimeIsOver() throws Exception {
    begin(50);
    Eventually.holds(() -> went.get() == 1);
    orders.get(0).accept(null);
    settle();
    assertEquals(1, went.get());
    assertEquals(0, waits.count());
  }

  @Test
  void anAnswerThatIsKnownTakesNoTime() throws Exception {
    begin((host, done) -> done.accept("not allowed"), "a.example", LONG_MILLIS);
    assertEquals(1, went.get());
    assertEquals(0, waits.count());
  }

  @Test
  void moreThanTheBoundDoNotWait() throws Exception {
    begin("a.example", LONG_MILLIS);
    begin("b.example", LONG_MILLIS);
    assertEquals(0, begin("c.example", LONG_MILLIS));
    assertEquals(1, went.get());
    assertEquals(2, waits.count());
    assertEquals(2, orders.size()); // the third one is not even asked for
    orders.forEach(done -> done.accept(null));
    settle();
    assertEquals(3, went.get());
    assertEquals(LONG_MILLIS, begin(LONG_MILLIS));
  }

  @Test
  void aWishThatFailsIsNotCountedForEver() {
    assertThrows(
        Exception.class,
        () ->
            begin(
                (host, done) -> {
                  throw new IllegalStateException("full");
                },
                "a.example",
                LONG_MILLIS));
    assertEquals(0, waits.count());
    assertEquals(1, went.get());
  }

  @Test
  void handshakesOfOneHostShareOneWish() throws Exception {
    begin(LONG_MILLIS);
    begin(LONG_MILLIS);
    assertEquals(1, orders.size());
    assertEquals(2, waits.count());
    orders.get(0).accept(null);
    settle();
    assertEquals(2, went.get());
    assertEquals(0, waits.count());
  }

  @Test
  void anOrderThatTakesLongKeepsNothingOfHandshakesThatHaveGivenUp() throws Exception {
    var hello = new Object();
    var kept = new WeakReference<>(hello);
    awaitWith(hello);
    begin(LONG_MILLIS);
    hello = null;
    Eventually.holds(
        () -> {
          System.gc();
          return kept.get() == null;
        });
    assertEquals(1, orders.size(), "the order is still wanted");
    assertEquals(1, waits.count());
  }

  private void awaitWith(Object hello) throws Exception {
    loop.submit(
            () ->
                waits.begin(
                    (host, done) -> orders.add(done),
                    "a.example",
                    50,
                    loop,
                    () -> went.addAndGet(hello.hashCode() == 0 ? 1 : 2)))
        .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  @Test
  void aHostIsWantedAgainWhenAllHaveGivenUpAndTheOldOrderDoesNotEndTheNewWait() throws Exception {
    begin(50);
    Eventually.holds(() -> went.get() == 1);
    begin(LONG_MILLIS);
    assertEquals(2, orders.size());
    orders.get(0).accept("too late");
    settle();
    assertEquals(1, went.get());
    assertEquals(1, waits.count());
    orders.get(1).accept(null);
    settle();
    assertEquals(2, went.get());
  }

  @Test
  void anOrderThatEndsAfterTheLoopIsForgotten() throws Exception {
    begin(LONG_MILLIS);
    assertTrue(
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).await(PATIENCE_SECONDS, TimeUnit.SECONDS));
    var ended = new CountDownLatch(1);
    CompletableFuture.runAsync(
        () -> {
          orders.get(0).accept(null);
          ended.countDown();
        });
    assertTrue(ended.await(10, TimeUnit.SECONDS));
    assertEquals(0, went.get());
    assertEquals(0, waits.count());
  }
}
