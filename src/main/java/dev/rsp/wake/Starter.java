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
 * Knows which sites are being started, and has each started by one call, however many requests of
 * however many loops ask for it. Any thread may call any method; none of them blocks.
 */
public final class Starter implements AutoCloseable {
  /** Sites that are known to be starting, or to have been started: some 100 bytes each. */
  static final int MAX_KNOWN = 4096;

  /** So long it holds what a file system said, so that a burst of requests asks once. */
  private static final long EXISTS_NANOS = 1_000_000_000L;

  private final Caller caller;
  private final LongSupplier nanos;
  private final Map<String, Start> known = new LinkedHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final StartCounters counters = new StartCounters();
  private final StartLog log = new StartLog();
  private int starting;
  private boolean closed;

  /** Calls URLs, with threads of its own as soon as there is something to call. */
  public Starter() {
    this(new HttpCaller(), System::nanoTime);
  }

  Starter(Caller caller, LongSupplier nanos) {
    this.caller = caller;
    this.nanos = nanos;
  }

  /**
   * The attempt to start the site of a host: the one that is on its way or has failed not long ago,
   * or a new one.
   *
   * @param host canonical
   * @param triedNanos when the site was tried, by {@link System#nanoTime}: if it has come up since,
   *     it is to be tried again, and not started again
   * @return null if there are as many on their way as may be
   */
  public @Nullable Start join(String host, Initialise by, long triedNanos) {
    Start begun;
    synchronized (this) {
      Start before = known.get(host);
      if (before != null && holds(before, by, triedNanos)) {
        return before;
      }
      if (starting >= by.starting()) {
        // Those that nobody waits for any more have not noticed that their time is over.
        known.values().forEach(Start::state);
      }
      if (closed || starting >= by.starting()) {
        return null;
      }
      begun = new Start(this, host, by, nanos.getAsLong());
      forget(before);
      makeRoom();
      known.put(host, begun);
      starting++;
    }
    Answered answered = new Answered(begun);
    try {
      caller.call(begun.host, by, answered);
    } catch (RuntimeException | Error e) {
      log.notCalled(begun, e);
      answered.failed(e.getClass().getSimpleName());
    }
    return begun;
  }

  /** Whether what is known of a site still says something about it. */
  private boolean holds(Start before, Initialise by, long triedNanos) {
    long now = nanos.getAsLong();
    return switch (before.state()) {
      case STARTING -> true;
      case UP -> triedNanos - before.endedNanos < 0;
      case EXISTS, UNKNOWN, FAILED -> before.by.equals(by) && now - before.forgetNanos < 0;
    };
  }

  private void forget(@Nullable Start before) {
    if (before != null) {
      known.remove(before.host, before);
    }
  }

  private void makeRoom() {
    Iterator<Start> oldest = known.values().iterator();
    while (known.size() >= MAX_KNOWN && oldest.hasNext()) {
      if (oldest.next().state() != State.STARTING) {
        oldest.remove();
      }
    }
  }

  /** What a call has found out. */
  private final class Answered implements Caller.Result {
    private final Start start;

    Answered(Start start) {
      this.start = start;
    }

    @Override
    public void calling() {
      counters.count(Step.CALLED);
      log.calling(start);
    }

    @Override
    public void accepted() {
      // On its way: it is there when it accepts a connection.
      counters.count(Step.ACCEPTED);
      log.accepted(start, millisSince(start));
    }

    @Override
    public void exists() {
      ended(start, State.EXISTS, "it was started before, and does not answer");
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

  /** An attempt has come to its end; only the first word counts. */
  void ended(Start start, State how, String why) {
    long now = nanos.getAsLong();
    boolean brief = how == State.EXISTS;
    long forget = now + (brief ? EXISTS_NANOS : start.by.rememberMillis() * 1_000_000L);
    // Both at once: who sees that it has ended finds its place among those that start free.
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
      start.tellWaiters();
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

  /** Requests that wait now, over all hosts and loops. */
  public int waiting() {
    return waiting.get();
  }

  /** Sites that are being started now. */
  public synchronized int starting() {
    return starting;
  }

  /** How starts have gone so far. */
  public StartCounters counters() {
    return counters;
  }

  /** How starts have gone, and how many are on their way; empty if there was none. */
  public String summary() {
    return counters.summary(starting(), waiting());
  }

  /** Begins no more starts; an answer that is still on its way changes nothing that matters. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    caller.close();
  }
}
