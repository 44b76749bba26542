// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Handshakes that wait until the certificate of their host is ordered: not more than a number, and
 * each for a time. Thread-safe.
 */
final class OrderWaits {
  /** Each costs some KiB: its ClientHello and its connection. More get no certificate now. */
  static final int MAX_WAITING = 10_000;

  /** Orders a certificate, as {@link dev.rsp.acme.Issuer#want}. */
  @FunctionalInterface
  interface Wish {
    void want(String host, Consumer<@Nullable String> done);
  }

  private final int most;
  private final AtomicInteger waiting = new AtomicInteger();

  OrderWaits() {
    this(MAX_WAITING);
  }

  OrderWaits(int most) {
    this.most = most;
  }

  /** How many wait now. */
  int count() {
    return waiting.get();
  }

  /**
   * Has a handshake wait. Call it on its loop.
   *
   * @param then goes on with what there is: when the order has ended, however, or the time is over;
   *     at once if too many wait; on the loop
   * @return how many milliseconds it waits at most; 0 if it does not
   */
  int begin(Wish wish, String host, int millis, EventExecutor loop, Runnable then) {
    if (waiting.incrementAndGet() > most) {
      waiting.decrementAndGet();
      then.run();
      return 0;
    }
    var wait = new Wait(loop, then);
    try {
      wish.want(host, reason -> wait.end());
      wait.limit(millis);
    } catch (RuntimeException | Error e) {
      wait.end();
      throw e;
    }
    return millis;
  }

  /** One handshake. */
  private final class Wait {
    private final EventExecutor loop;
    private final Runnable then;
    private final AtomicBoolean ended = new AtomicBoolean();

    /** Used on the loop only. */
    private @Nullable ScheduledFuture<?> late;

    Wait(EventExecutor loop, Runnable then) {
      this.loop = loop;
      this.then = then;
    }

    /** For names that get an answer at once it must cost nothing. */
    void limit(int millis) {
      if (!ended.get()) {
        late = loop.schedule(this::end, millis, TimeUnit.MILLISECONDS);
      }
    }

    void end() {
      if (!ended.compareAndSet(false, true)) {
        return;
      }
      waiting.decrementAndGet();
      if (loop.inEventLoop()) {
        goOn();
        return;
      }
      try {
        loop.execute(this::goOn);
      } catch (RejectedExecutionException e) {
        // The loop has ended, and its connections too.
      }
    }

    private void goOn() {
      ScheduledFuture<?> timer = late;
      if (timer != null) {
        timer.cancel(false);
      }
      then.run();
    }
  }
}
