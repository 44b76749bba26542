// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.client.HandshakeCounters;
import dev.rsp.client.h2.Http2Counters;
import dev.rsp.config.ConfigException;
import dev.rsp.exchange.Counters;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.RequestCounts;
import dev.rsp.exchange.Service;
import dev.rsp.exchange.SlotTotals;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.route.Why;
import dev.rsp.worker.LoopUse;
import dev.rsp.worker.Worker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All event loops that were started. The first {@code loops} of them serve; the others, if a reload
 * reduced that number, only finish their connections.
 *
 * <p>{@link Daemon} calls the methods that change the number of loops under its lock. The others
 * may be called from any thread but an event loop's.
 */
final class Loops {
  private static final Logger log = LoggerFactory.getLogger(Loops.class);

  /** The interval at which a drain checks whether all connections have ended. */
  private static final int DRAIN_POLL_MILLIS = 20;

  /** A loop closes its connections in its next turn; a script may delay that by a second or two. */
  private static final int CLOSE_MILLIS = 5_000;

  /** Starts the loop with a number. */
  private final IntFunction<Worker> start;

  /** The active services, one for each of the first loops. */
  private List<Service> active = List.of();

  /** How many loops are not retired. */
  private int serving;

  /** Immutable, and replaced as a whole, so that a stop can read it during a reload. */
  private volatile List<Worker> all = List.of();

  Loops(IntFunction<Worker> start) {
    this.start = start;
  }

  int count() {
    return all.size();
  }

  /** The first {@code count} loops. */
  List<Worker> first(int count) {
    return all.subList(0, count);
  }

  /**
   * Starts loops until there are {@code count}. The new ones serve nothing yet.
   *
   * @throws ConfigException if the system has not enough for so many; the earlier ones stay
   */
  void growTo(int count) throws ConfigException {
    while (all.size() < count) {
      List<Worker> more = new ArrayList<>(all);
      more.add(started(more.size(), count));
      all = List.copyOf(more);
    }
  }

  private Worker started(int number, int count) throws ConfigException {
    try {
      return start.apply(number);
    } catch (RuntimeException | OutOfMemoryError e) {
      String problem = LoopShortage.problem(e, number + 1, count);
      if (problem == null) {
        throw e;
      }
      log.debug("an event loop did not start", e);
      throw new ConfigException(List.of(problem));
    }
  }

  /** Ends the loops after the first {@code count}. They must not have served anything yet. */
  void shrinkTo(int count) {
    List<Worker> before = all;
    all = List.copyOf(before.subList(0, count));
    before.subList(count, before.size()).forEach(Worker::shutDown);
  }

  /**
   * Gives each loop its new service. When this returns, every loop uses it; if it throws, every
   * loop that still runs uses its old service.
   */
  void serve(List<Service> newer) {
    try {
      swap(newer).join();
    } catch (CompletionException e) {
      swap(active).exceptionally(failed -> null).join();
      retireAfter(serving);
      throw e;
    }
    active = newer;
  }

  private CompletableFuture<@Nullable Void> swap(List<Service> services) {
    List<Worker> loops = all;
    return CompletableFuture.allOf(
        IntStream.range(0, services.size())
            .mapToObj(i -> swap(loops.get(i), services.get(i)))
            .toArray(CompletableFuture[]::new));
  }

  private static CompletableFuture<@Nullable Void> swap(Worker loop, Service service) {
    try {
      return CompletableFuture.runAsync(() -> loop.serve(service), loop::execute);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Retires the loops after the first {@code count}: their connections end with the next response.
   */
  void retireAfter(int count) {
    serving = count;
    List<Worker> loops = all;
    for (Worker loop : loops.subList(count, loops.size())) {
      try {
        loop.execute(loop::retire);
      } catch (RejectedExecutionException e) {
        log.debug("a loop has already ended", e);
      }
    }
  }

  /** The counts of hosts that each loop keeps. */
  List<JournalKeeper.Source> hosts() {
    return all.stream().map(loop -> (JournalKeeper.Source) loop::takeHosts).toList();
  }

  /**
   * Waits until the requests in flight have finished.
   *
   * @param millis the longest time to wait
   * @return how many connections are left
   */
  int drain(int millis) {
    for (Worker loop : all) {
      try {
        loop.execute(loop::drain);
      } catch (RejectedExecutionException e) {
        log.debug("a loop has already ended", e);
      }
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (clientCount() > 0 && System.nanoTime() < deadline && pause()) {}
    return clientCount();
  }

  private int clientCount() {
    return all.stream().mapToInt(Worker::clientCount).sum();
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
   * Closes every connection. When this returns, all are closed, unless a loop did not respond
   * within {@link #CLOSE_MILLIS}.
   */
  void closeAll() {
    onEach("not all connections are closed", Worker::closeAll);
  }

  /** Hands the lines of the access log over that loops still have. */
  void flushAccessLog() {
    onEach("not all lines of the access log are written", Worker::flushAccessLog);
  }

  /** Hands over the sums of hosts that loops still have. */
  void flushUsage() {
    onEach("not all usage of hosts is written", Worker::flushUsage);
  }

  /**
   * Does something on every loop, and waits for it.
   *
   * @param late what is logged if a loop does not respond in time
   */
  private void onEach(String late, Consumer<Worker> action) {
    if (!isDone(onEach(action), CLOSE_MILLIS)) {
      log.error("{} after {} ms", late, CLOSE_MILLIS);
    }
  }

  /** Whether every loop runs a task within that time. */
  boolean allRespond(long millis) {
    return isDone(onEach(loop -> {}), millis);
  }

  /** Does something on every loop; the result is at zero when all have done it. */
  private CountDownLatch onEach(Consumer<Worker> action) {
    List<Worker> loops = all;
    CountDownLatch done = new CountDownLatch(loops.size());
    for (Worker loop : loops) {
      try {
        loop.execute(
            () -> {
              try {
                action.accept(loop);
              } finally {
                done.countDown();
              }
            });
      } catch (RejectedExecutionException e) {
        done.countDown(); // a loop that has ended has closed its connections
      }
    }
    return done;
  }

  /**
   * What a loop had when it was asked.
   *
   * @param number of the loop, from 0
   * @param lagNanos how long it took until it ran the task that asked
   */
  record Report(int number, long lagNanos, LoopUse use) {}

  /**
   * What each loop has now. A loop that does not respond within {@code millis} is left out, and so
   * is one that has ended.
   */
  List<Report> reports(long millis) {
    List<Worker> loops = all;
    var reports = new ConcurrentSkipListMap<Integer, Report>();
    long asked = System.nanoTime();
    CountDownLatch done =
        onEach(
            loop -> {
              int number = loops.indexOf(loop);
              reports.put(number, new Report(number, System.nanoTime() - asked, loop.use()));
            });
    isDone(done, millis);
    return List.copyOf(reports.values());
  }

  /** What each slot was sent, and how requests without a slot ended, over all loops. */
  Map<String, SlotTotals> requests() {
    return SlotTotals.of(all.stream().map(Worker::requests).toList());
  }

  /** Only how many requests each slot had. */
  Map<String, Long> requestCounts() {
    return SlotTotals.counts(all.stream().map(Worker::requests).toList());
  }

  /** How many requests were routed for that reason. */
  long routes(Why why) {
    return all.stream().mapToLong(loop -> routes(loop, why)).sum();
  }

  private static long routes(Worker loop, Why why) {
    RequestCounts requests = loop.requests();
    return requests.get(why);
  }

  /** Ends the threads of all loops. */
  void shutDown() {
    all.forEach(Worker::shutDown);
  }

  /** Bytes that the buffer allocators of all loops hold from the system. */
  long allocatedBytes() {
    return all.stream().mapToLong(Worker::allocatedBytes).sum();
  }

  /** How many exchanges ended in which way, by the names of {@link Ending}. */
  Map<String, Long> endingCounts() {
    List<Counters> counters = all.stream().map(Worker::counters).toList();
    Map<String, Long> counts = new LinkedHashMap<>();
    for (Ending ending : Ending.values()) {
      counts.put(ending.label(), Counters.sum(counters, ending));
    }
    return counts;
  }

  /** How many TLS handshakes of clients ended like that. */
  long handshakes(HandshakeCounters.Result result) {
    return all.stream().map(Worker::handshakes).mapToLong(counters -> counters.get(result)).sum();
  }

  /** How often this happened on HTTP/2 connections. */
  long http2(Http2Counters.Event event) {
    return all.stream().map(Worker::http2).mapToLong(counters -> counters.get(event)).sum();
  }

  /** How many exchanges ended in which way, as text for the log; empty if none has ended. */
  String endings() {
    return Counters.summary(all.stream().map(Worker::counters).toList());
  }

  private static boolean isDone(CountDownLatch latch, long millis) {
    try {
      return latch.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
