// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
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

  private final EventExecutor loop = new DefaultEventExecutor();
  private final OrderWaits waits = new OrderWaits(2);
  private final List<Consumer<@Nullable String>> orders = new CopyOnWriteArrayList<>();
  private final AtomicInteger went = new AtomicInteger();

  @AfterEach
  void end() {
    loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  private int begin(int millis) throws Exception {
    return begin((host, done) -> orders.add(done), millis);
  }

  private int begin(OrderWaits.Wish wish, int millis) throws Exception {
    return loop.submit(
            () ->
                waits.begin(
                    wish,
                    "a.example",
                    millis,
                    loop,
                    () -> {
                      assertTrue(loop.inEventLoop());
                      went.incrementAndGet();
                    }))
        .get();
  }

  private void settle() throws Exception {
    loop.submit(() -> {}).get();
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
    while (went.get() == 0) {
      TimeUnit.MILLISECONDS.sleep(2);
    }
    orders.get(0).accept(null);
    settle();
    assertEquals(1, went.get());
    assertEquals(0, waits.count());
  }

  @Test
  void anAnswerThatIsKnownTakesNoTime() throws Exception {
    begin((host, done) -> done.accept("not allowed"), LONG_MILLIS);
    assertEquals(1, went.get());
    assertEquals(0, waits.count());
  }

  @Test
  void moreThanTheBoundDoNotWait() throws Exception {
    begin(LONG_MILLIS);
    begin(LONG_MILLIS);
    assertEquals(0, begin(LONG_MILLIS));
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
                LONG_MILLIS));
    assertEquals(0, waits.count());
    assertEquals(1, went.get());
  }

  @Test
  void anOrderThatEndsAfterTheLoopIsForgotten() throws Exception {
    begin(LONG_MILLIS);
    loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
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
