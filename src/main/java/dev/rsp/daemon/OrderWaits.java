// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Handshakes that wait until the certificate of their host is ordered: not more than a number, and
 * each for a time. Those of one host share one wish, and one that has given up leaves nothing
 * behind, however long the order takes. Thread-safe.
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

  /** The handshakes that wait for the same wish, by host; never empty. Changed in place. */
  private final Map<String, Set<Wait>> byHost = new ConcurrentHashMap<>();

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
   * @param wish called if no other handshake waits for this host
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
    var wait = new Wait(host, loop, then);
    Set<Wait> all = byHost.compute(host, (name, others) -> wait.joined(others));
    try {
      if (wait.isFirst) {
        wish.want(host, reason -> end(host, all));
      }
      wait.limit(millis);
    } catch (RuntimeException | Error e) {
      end(host, all);
      throw e;
    }
    return millis;
  }

  /** Ends those who wait for a wish; nothing if all of them have given up. */
  @SuppressWarnings("ReferenceEquality") // a later wish may have an equal set
  private void end(String host, Set<Wait> those) {
    List<Wait> ended = new ArrayList<>();
    byHost.computeIfPresent(
        host,
        (name, all) -> {
          if (all != those) {
            return all;
          }
          ended.addAll(all);
          return null;
        });
    ended.forEach(Wait::end);
  }

  /** One handshake. */
  private final class Wait {
    private final String host;
    private final EventExecutor loop;
    private final Runnable then;
    private final AtomicBoolean ended = new AtomicBoolean();

    /** Used on the loop only. */
    private @Nullable ScheduledFuture<?> late;

    private boolean isFirst;

    Wait(String host, EventExecutor loop, Runnable then) {
      this.host = host;
      this.loop = loop;
      this.then = then;
    }

    private Set<Wait> joined(@Nullable Set<Wait> others) {
      isFirst = others == null;
      Set<Wait> all = others == null ? new HashSet<>() : others;
      all.add(this);
      return all;
    }

    private void giveUp() {
      byHost.computeIfPresent(
          host,
          (name, all) -> {
            all.remove(this);
            return all.isEmpty() ? null : all;
          });
      end();
    }

    /** For names that get an answer at once it must cost nothing. */
    void limit(int millis) {
      if (!ended.get()) {
        late = loop.schedule(this::giveUp, millis, TimeUnit.MILLISECONDS);
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
