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
 * One attempt to start a host's site, with the waiting requests of all loops.
 *
 * <p>One request at a time probes whether the site accepts connections; the others only poll the
 * state here. Any thread may call any method.
 */
public final class Start {
  private static final Logger log = LoggerFactory.getLogger(Start.class);

  /** A waiting request. */
  public interface Waiter {
    /** The start has failed. Called on any thread, possibly after the request has left. */
    void startFailed();
  }

  /** The state of an attempt. */
  public enum State {
    /** The URL is being called, or has answered that the site is starting. */
    STARTING,
    /** The site accepted a connection. */
    UP,
    /**
     * The site's file exists, so it was started before: it should accept connections but does not.
     */
    EXISTS,
    /** There is no such site: the URL answered 404. */
    UNKNOWN,
    /** The URL answered with an error, or the site did not accept connections in time. */
    FAILED
  }

  final String host;
  final Initialise by;
  final long beganNanos;

  /** Time of its end, if it has ended. */
  volatile long endedNanos;

  /** Time until which its result is valid, if it has ended. */
  volatile long expiresNanos;

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

  /** The current state; detects a timeout. */
  public State state() {
    if (state == State.STARTING && overdue(starter.nanos())) {
      starter.ended(
          this, State.FAILED, "no connection accepted within " + by.timeoutMillis() + " ms");
    }
    return state;
  }

  boolean overdue(long nowNanos) {
    return nowNanos - beganNanos >= by.timeoutMillis() * 1_000_000L;
  }

  /**
   * Adds a waiting request; false if the limit is reached. It is notified of a failure but must
   * poll for success: if all connected at once, they could overflow the site's accept queue.
   */
  public boolean enter(Waiter who) {
    synchronized (this) {
      if (waiters.size() >= by.waiting() || !starter.enter(by.waitingTotal())) {
        return false;
      }
      waiters.add(who);
    }
    if (hasFailed()) {
      who.startFailed();
    }
    return true;
  }

  /** Removes a waiting request. */
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

  /** Whether the attempt has failed. */
  public boolean hasFailed() {
    return state != State.STARTING && state != State.UP;
  }

  /** Notifies all waiting requests of the failure. */
  void notifyWaiters() {
    List<Waiter> notified;
    synchronized (this) {
      notified = List.copyOf(waiters);
    }
    notified.forEach(Start::notifyFailed);
  }

  /** Logs exceptions, so that the others are notified, too. */
  private static void notifyFailed(Waiter waiter) {
    try {
      waiter.startFailed();
    } catch (RuntimeException | Error e) {
      log.error("a request that waits for its site was not woken", e);
    }
  }

  /** Whether this request probes the site. If it leaves, another takes over. */
  public boolean probes(Waiter who) {
    return prober.get() == who || prober.compareAndSet(null, who);
  }

  /** Called when the site has accepted a connection. */
  public void up() {
    starter.ended(this, State.UP, "");
  }

  /** Number of waiting requests. */
  public synchronized int waiting() {
    return waiters.size();
  }

  /** Changes the state from STARTING; false if another thread was first. */
  synchronized boolean moveTo(State next, long nowNanos, long untilNanos) {
    boolean first = state == State.STARTING;
    if (first) {
      endedNanos = nowNanos;
      expiresNanos = untilNanos;
      // Last, because it is read without the lock: a reader of the new state sees both times.
      state = next;
    }
    return first;
  }
}
