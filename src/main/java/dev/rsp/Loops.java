// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.journal.JournalKeeper;
import dev.rsp.proxy.Counters;
import dev.rsp.proxy.ProxyLoop;
import dev.rsp.proxy.Service;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All event loops that were ever made: the first serve, those beyond the configured number only
 * finish what they have.
 *
 * <p>The {@link Daemon}'s, who changes their number under its lock. The rest may be called from any
 * thread but a loop's.
 */
final class Loops {
  private static final Logger log = LoggerFactory.getLogger(Loops.class);

  /** How often it is looked whether all connections have ended. */
  private static final int DRAIN_POLL_MILLIS = 20;

  /** A loop comes to it in its next turn, which a script may hold up for a second or two. */
  private static final int CLOSE_MILLIS = 5_000;

  /** Starts the one of a number. */
  private final IntFunction<ProxyLoop> start;

  /** What the first of them serve by, and how many are not retired. */
  private List<Service> inForce = List.of();

  private int serving;

  /** Replaced, never changed: who stops them does not wait for a reload. */
  private volatile List<ProxyLoop> all = List.of();

  Loops(IntFunction<ProxyLoop> start) {
    this.start = start;
  }

  int count() {
    return all.size();
  }

  /** The first so many. */
  List<ProxyLoop> first(int count) {
    return all.subList(0, count);
  }

  /** Makes more, if there are fewer than so many; they serve nothing yet. */
  void growTo(int count) {
    while (all.size() < count) {
      List<ProxyLoop> more = new ArrayList<>(all);
      more.add(start.apply(more.size()));
      all = List.copyOf(more);
    }
  }

  /** Ends those beyond so many, which have served nothing. */
  void shrinkTo(int count) {
    List<ProxyLoop> before = all;
    all = List.copyOf(before.subList(0, count));
    before.subList(count, before.size()).forEach(ProxyLoop::shutDown);
  }

  /**
   * The one swap: when this returns, every loop serves by its part of the new configuration; if it
   * throws, those that can serve by what they did before.
   */
  void serve(List<Service> newer) {
    try {
      swap(newer).join();
    } catch (CompletionException e) {
      swap(inForce).exceptionally(failed -> null).join();
      retireAfter(serving);
      throw e;
    }
    inForce = newer;
  }

  private CompletableFuture<@Nullable Void> swap(List<Service> services) {
    List<ProxyLoop> loops = all;
    return CompletableFuture.allOf(
        IntStream.range(0, services.size())
            .mapToObj(i -> swap(loops.get(i), services.get(i)))
            .toArray(CompletableFuture[]::new));
  }

  private static CompletableFuture<@Nullable Void> swap(ProxyLoop loop, Service service) {
    try {
      return CompletableFuture.runAsync(() -> loop.serve(service), loop::execute);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Lets the connections of those beyond so many end with their next answer. */
  void retireAfter(int count) {
    serving = count;
    List<ProxyLoop> loops = all;
    for (ProxyLoop loop : loops.subList(count, loops.size())) {
      try {
        loop.execute(loop::retire);
      } catch (RejectedExecutionException e) {
        log.debug("a loop has ended before", e);
      }
    }
  }

  /** What they count of hosts. */
  List<JournalKeeper.Source> hosts() {
    return all.stream().map(loop -> (JournalKeeper.Source) loop::takeHosts).toList();
  }

  /**
   * Lets requests in flight finish, for so long at most.
   *
   * @return how many connections are left
   */
  int drain(int millis) {
    for (ProxyLoop loop : all) {
      try {
        loop.execute(loop::drain);
      } catch (RejectedExecutionException e) {
        log.debug("a loop has ended before", e);
      }
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (clientCount() > 0 && System.nanoTime() < deadline && pause()) {}
    return clientCount();
  }

  private int clientCount() {
    return all.stream().mapToInt(ProxyLoop::clientCount).sum();
  }

  private static boolean pause() {
    try {
      Thread.sleep(DRAIN_POLL_MILLIS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Closes every connection at once; when this returns, all are, unless a loop does not come to it.
   */
  void closeAll() {
    List<ProxyLoop> loops = all;
    CountDownLatch closed = new CountDownLatch(loops.size());
    for (ProxyLoop loop : loops) {
      try {
        loop.execute(
            () -> {
              try {
                loop.closeAll();
              } finally {
                closed.countDown();
              }
            });
      } catch (RejectedExecutionException e) {
        closed.countDown(); // a loop that has ended has closed what it had
      }
    }
    await(closed);
  }

  /** Ends their threads. */
  void shutDown() {
    all.forEach(ProxyLoop::shutDown);
  }

  /** Bytes that the allocators of their buffers have from the system. */
  long allocatedBytes() {
    return all.stream().mapToLong(ProxyLoop::allocatedBytes).sum();
  }

  /** How exchanges have ended, as the log says it; empty if none has. */
  String endings() {
    return Counters.summary(all.stream().map(ProxyLoop::counters).toList());
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
        log.error("not all connections are closed after {} ms", CLOSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
