// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import dev.rsp.config.Initialise;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to start the site of a host, and the requests of all loops that wait for it.
 *
 * <p>One of them at a time tries whether the site accepts connections; the others only look here
 * whether it does. Any thread may call any method.
 */
public final class Start {
  /** How far an attempt has come. */
  public enum State {
    /** The URL is being called, or has answered that the site is on its way. */
    STARTING,
    /** It accepted a connection. */
    UP,
    /** It was started before, as its file says: that it does not answer is a fault. */
    EXISTS,
    /** There is no such site: the URL answered 404. */
    UNKNOWN,
    /** The URL said no, or the site was not there in time. */
    FAILED
  }

  final String host;
  final Initialise by;
  final long beganNanos;

  /** Until when it is remembered, once it has ended. */
  volatile long forgetNanos;

  private final Starter starter;
  private final AtomicReference<@Nullable Object> prober = new AtomicReference<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile State state = State.STARTING;

  Start(Starter starter, String host, Initialise by, long nowNanos) {
    this.starter = starter;
    this.host = host;
    this.by = by;
    this.beganNanos = nowNanos;
  }

  /** How far it has come by now. */
  public State state() {
    if (state == State.STARTING && overdue(starter.nanos())) {
      starter.ended(this, State.FAILED, "not there within " + by.timeoutMillis() + " ms");
    }
    return state;
  }

  boolean overdue(long nowNanos) {
    return nowNanos - beganNanos >= by.timeoutMillis() * 1_000_000L;
  }

  /** Lets one request more wait; false if as many wait as may. */
  public boolean enter() {
    if (waiting.incrementAndGet() > by.waiting()) {
      waiting.decrementAndGet();
      return false;
    }
    if (!starter.enter(by.waitingTotal())) {
      waiting.decrementAndGet();
      return false;
    }
    return true;
  }

  /** A request waits no longer. */
  public void leave(Object who) {
    prober.compareAndSet(who, null);
    waiting.decrementAndGet();
    starter.leave();
  }

  /** Whether this one is to try if the site is there. If it leaves, another takes over. */
  public boolean probes(Object who) {
    return prober.get() == who || prober.compareAndSet(null, who);
  }

  /** The site has accepted a connection. */
  public void up() {
    starter.ended(this, State.UP, "");
  }

  /** How many requests wait. */
  public int waiting() {
    return waiting.get();
  }

  /** Moves on from STARTING; false if another was faster. */
  synchronized boolean moveTo(State next) {
    boolean first = state == State.STARTING;
    if (first) {
      state = next;
    }
    return first;
  }
}
