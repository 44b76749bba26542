// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import dev.rsp.config.Initialise;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One attempt to start the site of a host, and the requests of all loops that wait for it.
 *
 * <p>One of them at a time tries whether the site accepts connections; the others only look here
 * whether it does. Any thread may call any method.
 */
public final class Start {
  private static final Logger log = LoggerFactory.getLogger(Start.class);

  /** A request that waits. */
  public interface Waiter {
    /** There is nothing more to wait for. On any thread, and perhaps after it has left. */
    void inVain();
  }

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

  /** When it ended, if it has. */
  volatile long endedNanos;

  /** Until when it is remembered, once it has ended. */
  volatile long forgetNanos;

  private final Starter starter;
  private final AtomicReference<@Nullable Waiter> prober = new AtomicReference<>();
  private final Set<Waiter> waiters = new HashSet<>();
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

  /**
   * Lets one request more wait; false if as many wait as may. It is told of a bad end, but has to
   * look for a good one: if all tried at once, the site's queue of connections could be too short.
   */
  public boolean enter(Waiter who) {
    synchronized (this) {
      if (waiters.size() >= by.waiting() || !starter.enter(by.waitingTotal())) {
        return false;
      }
      waiters.add(who);
    }
    if (isInVain()) {
      who.inVain();
    }
    return true;
  }

  /** A request waits no longer. */
  public void leave(Waiter who) {
    prober.compareAndSet(who, null);
    boolean waited;
    synchronized (this) {
      waited = waiters.remove(who);
    }
    if (waited) {
      starter.leave();
    }
  }

  /** Whether it has come to a bad end. */
  public boolean isInVain() {
    return state != State.STARTING && state != State.UP;
  }

  /** Tells all that wait that they do so in vain. */
  void tellWaiters() {
    List<Waiter> told;
    synchronized (this) {
      told = List.copyOf(waiters);
    }
    told.forEach(Start::tell);
  }

  /** One that throws must not keep the others from being woken. */
  private static void tell(Waiter waiter) {
    try {
      waiter.inVain();
    } catch (RuntimeException | Error e) {
      log.error("a request that waits for its site was not woken", e);
    }
  }

  /** Whether this one is to try if the site is there. If it leaves, another takes over. */
  public boolean probes(Waiter who) {
    return prober.get() == who || prober.compareAndSet(null, who);
  }

  /** The site has accepted a connection. */
  public void up() {
    starter.ended(this, State.UP, "");
  }

  /** How many requests wait. */
  public synchronized int waiting() {
    return waiters.size();
  }

  /** Moves on from STARTING; false if another was faster. */
  synchronized boolean moveTo(State next, long nowNanos, long untilNanos) {
    boolean first = state == State.STARTING;
    if (first) {
      endedNanos = nowNanos;
      forgetNanos = untilNanos;
      // Last, since it is read without the lock: who sees the end sees the two that belong to it.
      state = next;
    }
    return first;
  }
}
