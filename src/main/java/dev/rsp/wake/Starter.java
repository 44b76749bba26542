// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import dev.rsp.config.Initialise;
import dev.rsp.wake.Start.State;
import dev.rsp.wake.StartCounters.Step;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Starts each site with one call, however many requests of all loops need it. Any thread may call
 * any method; none blocks.
 */
public final class Starter implements AutoCloseable {
  /** Maximum of recorded starts: about 100 bytes each. */
  static final int MAX_KNOWN = 4096;

  /**
   * Time for which the result of a file test is valid, so that a burst of requests causes one test.
   */
  private static final long EXISTS_NANOS = 1_000_000_000L;

  private final Caller caller;
  private final LongSupplier nanos;
  private final Map<String, Start> known = new LinkedHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final StartCounters counters = new StartCounters();
  private final StartLog log = new StartLog();
  private int starting;
  private boolean closed;

  /** Creates a starter; it creates its threads at the first call. */
  public Starter() {
    this(new HttpCaller(), System::nanoTime);
  }

  Starter(Caller caller, LongSupplier nanos) {
    this.caller = caller;
    this.nanos = nanos;
  }

  /**
   * Returns the attempt to start a host's site: a current or recently failed one, or a new one.
   *
   * @param host canonical
   * @param triedNanos time of the last connection attempt, by {@link System#nanoTime}: if the site
   *     has come up since, the caller must connect again, and no new start is made
   * @return null if the maximum of sites is starting
   */
  public @Nullable Start join(String host, Initialise by, long triedNanos) {
    Start start;
    synchronized (this) {
      Start before = known.get(host);
      if (before != null && isStillValid(before, by, triedNanos)) {
        return before;
      }
      if (starting >= by.starting()) {
        // A timeout of an attempt without waiting requests has not been detected yet.
        known.values().forEach(Start::state);
      }
      if (closed || starting >= by.starting()) {
        return null;
      }
      start = new Start(this, host, by, nanos.getAsLong());
      remove(before);
      evictEnded();
      known.put(host, start);
      starting++;
    }
    CallResult answered = new CallResult(start);
    try {
      caller.call(start.host, by, answered);
    } catch (RuntimeException | Error e) {
      log.notCalled(start, e);
      answered.failed(e.getClass().getSimpleName());
    }
    return start;
  }

  /** Whether an earlier attempt is still valid. */
  private boolean isStillValid(Start before, Initialise by, long triedNanos) {
    long now = nanos.getAsLong();
    return switch (before.state()) {
      case STARTING -> true;
      case UP -> triedNanos - before.endedNanos < 0;
      case EXISTS, UNKNOWN, FAILED -> before.by.equals(by) && now - before.expiresNanos < 0;
    };
  }

  private void remove(@Nullable Start before) {
    if (before != null) {
      known.remove(before.host, before);
    }
  }

  private void evictEnded() {
    Iterator<Start> oldest = known.values().iterator();
    while (known.size() >= MAX_KNOWN && oldest.hasNext()) {
      if (oldest.next().state() != State.STARTING) {
        oldest.remove();
      }
    }
  }

  /** Receives the result of a call. */
  private final class CallResult implements Caller.Result {
    private final Start start;

    CallResult(Start start) {
      this.start = start;
    }

    @Override
    public void calling() {
      counters.count(Step.CALLED);
      log.calling(start);
    }

    @Override
    public void accepted() {
      // Not up yet: it is up when it accepts a connection.
      counters.count(Step.ACCEPTED);
      log.accepted(start, millisSince(start));
    }

    @Override
    public void exists() {
      ended(start, State.EXISTS, "it was started before but accepts no connections");
    }

    @Override
    public void refused(int status) {
      ended(start, status == 404 ? State.UNKNOWN : State.FAILED, "the URL answered " + status);
    }

    @Override
    public void failed(String why) {
      ended(start, State.FAILED, why);
    }
  }

  /** Ends an attempt; only the first call counts. */
  void ended(Start start, State how, String why) {
    long now = nanos.getAsLong();
    boolean brief = how == State.EXISTS;
    long forget = now + (brief ? EXISTS_NANOS : start.by.rememberMillis() * 1_000_000L);
    // Both in one lock: a thread that sees the end must also see the lower number.
    synchronized (this) {
      if (!start.moveTo(how, now, forget)) {
        return;
      }
      starting--;
    }
    counters.count(step(how));
    long afterMillis = millisSince(start);
    if (how == State.UP) {
      log.started(start, afterMillis, start.waiting());
    } else {
      log.failed(start, afterMillis, start.waiting(), why);
      start.notifyWaiters();
    }
  }

  private static Step step(State end) {
    return switch (end) {
      case UP -> Step.STARTED;
      case EXISTS -> Step.EXISTING;
      case UNKNOWN -> Step.UNKNOWN;
      case STARTING, FAILED -> Step.FAILED;
    };
  }

  private long millisSince(Start start) {
    return (nanos.getAsLong() - start.beganNanos) / 1_000_000;
  }

  boolean enter(int most) {
    if (waiting.incrementAndGet() > most) {
      waiting.decrementAndGet();
      return false;
    }
    counters.count(Step.WAITED);
    return true;
  }

  void leave() {
    waiting.decrementAndGet();
  }

  long nanos() {
    return nanos.getAsLong();
  }

  /** Number of waiting requests, over all hosts and loops. */
  public int waiting() {
    return waiting.get();
  }

  /** Number of sites that are starting. */
  public synchronized int starting() {
    return starting;
  }

  /** The counters. */
  public StartCounters counters() {
    return counters;
  }

  /** The counters and the current numbers as text; empty if all are zero. */
  public String summary() {
    return counters.summary(starting(), waiting());
  }

  /** Makes no more calls; responses that are still pending have no effect. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    caller.close();
  }
}
