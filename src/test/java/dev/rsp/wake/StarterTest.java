// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Initialise;
import dev.rsp.wake.Start.State;
import dev.rsp.wake.StartCounters.Step;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Each site is started by one call at a time; the records are bounded and expire. */
final class StarterTest {
  private static final long SECOND = 1_000_000_000L;

  /** 10 s to start, failures valid for 5 s; 2 wait for a host, 3 in total; 2 start at a time. */
  private static final Initialise BY =
      new Initialise("http://127.0.0.1:1/{host}", null, "POST", 10_000, 50, 5_000, 2, 3, 2, 0);

  private final List<String> called = Collections.synchronizedList(new ArrayList<>());
  private final List<Caller.Result> results = Collections.synchronizedList(new ArrayList<>());
  private long now = 7;

  private final Starter starter =
      new Starter(
          new Caller() {
            @Override
            public void call(String host, Initialise by, Result result) {
              called.add(host);
              results.add(result);
            }

            @Override
            public void close() {}
          },
          () -> now);

  /** A waiting request that counts the notifications of a failure. */
  private static final class Request implements Start.Waiter {
    int notified;

    @Override
    public void startFailed() {
      notified++;
    }
  }

  @Test
  void oneThatCannotBeWokenKeepsNoOtherAsleep() {
    Start start = join("a");
    Request other = new Request();
    start.enter(
        () -> {
          throw new LinkageError("injected");
        });
    start.enter(other);
    results.get(0).refused(500);
    assertEquals(State.FAILED, start.state());
    assertEquals(1, other.notified);
  }

  @Test
  void aCallThatThrowsEndsTheAttempt() {
    var broken =
        new Starter(
            new Caller() {
              @Override
              public void call(String host, Initialise by, Result result) {
                throw new OutOfMemoryError("unable to create native thread");
              }

              @Override
              public void close() {}
            },
            () -> now);
    Start start = Objects.requireNonNull(broken.join("a", BY, now));
    assertEquals(State.FAILED, start.state());
    assertEquals(0, broken.starting());
  }

  /** For a request that has just tried to connect. */
  private Start join(String host) {
    return Objects.requireNonNull(starter.join(host, BY, now));
  }

  @Test
  void callsOnceForAllThatAskForAHost() {
    Start first = join("a");
    assertSame(first, join("a"));
    assertNotSame(first, join("b"));
    assertEquals(List.of("a", "b"), called);
    assertEquals(State.STARTING, first.state());
  }

  @Test
  void callsOnceForAllThreads() throws Exception {
    Set<Start> found = Collections.newSetFromMap(new IdentityHashMap<>());
    CountDownLatch go = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  go.await();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
                Start start = join("a");
                synchronized (found) {
                  found.add(start);
                }
              });
      thread.start();
      threads.add(thread);
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(1, found.size());
    assertEquals(List.of("a"), called);
  }

  /** Loops read the state of a start without a lock, and must then see its other fields, too. */
  @Test
  void whoSeesThatAStartHasEndedFindsItsPlaceFreeAndItsEndRemembered() throws Exception {
    Initialise oneAtATime =
        new Initialise("http://127.0.0.1:1/{host}", null, "POST", 10_000, 50, 5_000, 2, 3, 1, 0);
    AtomicReference<Start> handed = new AtomicReference<>();
    AtomicBoolean end = new AtomicBoolean();
    Thread ending =
        new Thread(
            () -> {
              while (!end.get()) {
                Start start = handed.getAndSet(null);
                if (start != null) {
                  starter.ended(start, State.FAILED, "it said no");
                }
              }
            });
    ending.start();
    try {
      for (int i = 0; i < 5_000; i++) {
        Start start = starter.join("host" + i, oneAtATime, now);
        assertNotNull(start, "no place for start " + i);
        handed.set(start);
        while (start.state() == State.STARTING) {
          Thread.onSpinWait();
        }
        assertEquals(now, start.endedNanos);
        assertEquals(now + 5_000_000_000L, start.expiresNanos);
      }
    } finally {
      end.set(true);
      ending.join();
    }
  }

  @Test
  void callsAgainForASiteThatCameUpAndFellAsleep() {
    Start first = join("a");
    first.up();
    assertEquals(State.UP, first.state());
    assertNotSame(first, join("a"));
    assertEquals(List.of("a", "a"), called);
    assertEquals(1, starter.counters().get(Step.STARTED));
  }

  @Test
  void callsOnceForARequestThatTriedTheSiteBeforeItWasUp() {
    long tried = now;
    Start first = join("a");
    now += 1;
    first.up();
    assertSame(first, starter.join("a", BY, tried));
    assertEquals(List.of("a"), called);
  }

  @Test
  void remembersAFailureForAWhile() {
    Start first = join("a");
    results.get(0).refused(500);
    assertEquals(State.FAILED, first.state());
    now += 5 * SECOND - 1;
    assertSame(first, join("a"));
    now += 1;
    assertNotSame(first, join("a"));
    assertEquals(1, starter.counters().get(Step.FAILED));
  }

  @Test
  void forgetsAFailureWhenTheConfigurationChanges() {
    Start first = join("a");
    results.get(0).failed("nobody there");
    assertSame(first, join("a"));
    Initialise other =
        new Initialise("http://127.0.0.1:2/{host}", null, "POST", 10_000, 50, 5_000, 2, 3, 2, 0);
    assertNotSame(first, starter.join("a", other, now));
  }

  @Test
  void joinsWhatIsOnItsWayAfterAReload() {
    Start first = join("a");
    Initialise other =
        new Initialise("http://127.0.0.1:2/{host}", null, "POST", 10_000, 50, 5_000, 2, 3, 2, 0);
    assertSame(first, starter.join("a", other, now));
  }

  @Test
  void givesUpWhenTheTimeIsOver() {
    Start first = join("a");
    results.get(0).accepted();
    now += 10 * SECOND - 1;
    assertEquals(State.STARTING, first.state());
    now += 1;
    assertEquals(State.FAILED, first.state());
    first.up(); // too late: the result does not change
    assertEquals(State.FAILED, first.state());
  }

  @Test
  void tellsASiteThatIsNotKnownAndOneThatWasStartedBefore() {
    Start unknown = join("a");
    results.get(0).refused(404);
    assertEquals(State.UNKNOWN, unknown.state());
    Start exists = join("b");
    results.get(1).exists();
    assertEquals(State.EXISTS, exists.state());
    assertSame(exists, join("b"));
    now += SECOND;
    assertNotSame(exists, join("b"));
  }

  @Test
  void startsOnlySoManyAtATime() {
    join("a");
    join("b");
    assertNull(starter.join("c", BY, now));
    assertEquals(2, starter.starting());
    results.get(0).refused(500);
    assertNotNull(starter.join("c", BY, now));
  }

  @Test
  void startsOthersInPlaceOfThoseThatNobodyWaitedFor() {
    join("a");
    join("b");
    now += 10 * SECOND;
    assertNotNull(starter.join("c", BY, now));
    assertEquals(1, starter.starting());
  }

  @Test
  void letsSoManyWaitForAHostAndForAll() {
    Start a = join("a");
    Start b = join("b");
    var first = new Request();
    assertTrue(a.enter(first));
    assertTrue(a.enter(new Request()));
    assertFalse(a.enter(new Request()));
    assertTrue(b.enter(new Request()));
    assertFalse(b.enter(new Request()));
    assertEquals(3, starter.waiting());
    a.leave(first);
    assertTrue(b.enter(new Request()));
    assertEquals(1, a.waiting());
    assertEquals(2, b.waiting());
    a.leave(first); // leaving twice has no effect
    assertEquals(3, starter.waiting());
  }

  @Test
  void hasOneTryUntilItLeaves() {
    Start start = join("a");
    var first = new Request();
    var second = new Request();
    assertTrue(start.enter(first));
    assertTrue(start.enter(second));
    assertTrue(start.probes(first));
    assertFalse(start.probes(second));
    assertTrue(start.probes(first));
    start.leave(first);
    assertTrue(start.probes(second));
  }

  @Test
  void tellsThoseThatWaitInVainAndNobodyElse() {
    Start start = join("a");
    var left = new Request();
    var waits = new Request();
    var late = new Request();
    start.enter(left);
    start.enter(waits);
    start.leave(left);
    results.get(0).exists();
    assertEquals(0, left.notified);
    assertEquals(1, waits.notified);
    start.leave(waits);
    start.enter(late);
    assertEquals(1, late.notified);
    Start up = join("b");
    up.enter(waits);
    up.up();
    assertEquals(1, waits.notified);
  }

  @Test
  void countsEachStepAndShowsWhatIsNotZero() {
    assertEquals("", starter.summary());
    Start came = join("a");
    came.enter(new Request());
    results.get(0).calling();
    assertEquals("called=1 waited=1 starting=1 waiting=1", starter.summary());
    results.get(0).accepted();
    came.up();
    join("b");
    results.get(1).exists();
    join("c");
    results.get(2).calling();
    results.get(2).refused(404);
    join("d");
    results.get(3).calling();
    results.get(3).refused(500);
    assertEquals(
        "called=3 accepted=1 started=1 existing=1 unknown=1 failed=1 waited=1 waiting=1",
        starter.summary());
  }

  @Test
  void remembersABoundedNumberOfSites() {
    for (int i = 0; i < Starter.MAX_KNOWN + 100; i++) {
      join("site" + i);
      results.get(i).refused(500);
    }
    assertEquals(Starter.MAX_KNOWN + 100, called.size());
    join("site" + (Starter.MAX_KNOWN + 99)); // the newest are still recorded
    assertEquals(Starter.MAX_KNOWN + 100, called.size());
    join("site0");
    assertEquals(Starter.MAX_KNOWN + 101, called.size());
  }

  @Test
  void startsNothingWhenItIsClosed() {
    starter.close();
    assertNull(starter.join("a", BY, now));
    assertEquals(List.of(), called);
  }
}
