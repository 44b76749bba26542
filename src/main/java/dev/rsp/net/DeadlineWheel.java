// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import java.util.Objects;

/**
 * All deadlines of one event loop, with a resolution of {@value #TICK_MILLIS} ms and without any
 * work or garbage per request.
 *
 * <p>A hashed timing wheel (Varghese and Lauck, 1987, scheme 6). Every request moves its
 * connection's deadline, nearly always to a later time; then only the time is written, and the
 * wheel moves the deadline when it reaches its old position.
 *
 * <p>A wheel that is not used rests: nobody calls {@link #advance} for a while, and the first use
 * ends that.
 */
public final class DeadlineWheel {
  /** Short enough to keep a connect timeout of 3 s within a tenth. */
  public static final int TICK_MILLIS = 100;

  /** 102 s per turn: more than the default timeouts, so few are examined too early. */
  private static final int SLOTS = 1024;

  static final long TICK_NANOS = TICK_MILLIS * 1_000_000L;

  /**
   * A second. The wheel rests after so many ticks without a use, so that a loop that serves more
   * than one request per second never does; and for so many ticks at once while there are
   * deadlines, because so much time may pass unseen if the process stands still meanwhile.
   */
  public static final int REST_TICKS = 1000 / TICK_MILLIS;

  /**
   * An hour, for a wheel without deadlines. Not for ever: without any timer Netty's loops wake each
   * second. Seen with Netty 4.2.18.
   */
  public static final int LONG_REST_TICKS = 3600 * REST_TICKS;

  private final FailureLog failureLog;
  private final Runnable wake;
  private final Deadline[] slots = new Deadline[SLOTS];
  private long now;
  private long nowNanos;

  /** Deadlines in the lists. */
  private int linked;

  /** Ticks since the last use by something else than a deadline. */
  private int quietTicks;

  /** For how many ticks the wheel rests; 0 if it does not. */
  private int resting;

  /**
   * A wheel whose time starts now.
   *
   * @param nowNanos by the clock of {@link #advance}
   * @param wake calls {@link #endRest}; it runs when a wheel is used that rests
   */
  DeadlineWheel(long nowNanos, FailureLog failureLog, Runnable wake) {
    this.failureLog = failureLog;
    this.wake = wake;
    this.nowNanos = nowNanos;
    for (int i = 0; i < SLOTS; i++) {
      Deadline list = mark();
      list.previous = list;
      list.next = list;
      slots[i] = list;
    }
  }

  /** Sets when a deadline expires, armed or not. */
  public void arm(Deadline deadline, int millis) {
    long at = ticksAfter(millis);
    deadline.at = at;
    if (deadline.next == null) {
      link(deadline, at);
    } else if (at < deadline.lookAt) {
      unlink(deadline);
      link(deadline, at);
    }
  }

  /** Sets when a deadline expires, unless it expires earlier. */
  public void armAtLatest(Deadline deadline, int millis) {
    if (deadline.at > ticksAfter(millis)) {
      arm(deadline, millis);
    }
  }

  /**
   * As {@link #armAtLatest(Deadline, int)}.
   *
   * @return the {@link #nowMillis} at which {@code passMillis} have passed
   */
  public long armAtLatest(Deadline deadline, int millis, int passMillis) {
    if (resting > 0) {
      wake.run();
    }
    quietTicks = 0;
    long next = now + 1; // as of ticksAfter
    if (deadline.at > next + (millis + TICK_MILLIS - 1) / TICK_MILLIS) {
      arm(deadline, millis);
    }
    return (next + (passMillis + TICK_MILLIS - 1) / TICK_MILLIS) * TICK_MILLIS;
  }

  /** For how many milliseconds a deadline has been armed, that was armed with so many. */
  public long millisSinceArmed(Deadline deadline, int millis) {
    used();
    return (now - deadline.at + (millis + TICK_MILLIS - 1) / TICK_MILLIS + 1) * TICK_MILLIS;
  }

  /** The {@link #nowMillis} at which a deadline that is armed now expires. */
  public long millisAfter(int millis) {
    return ticksAfter(millis) * TICK_MILLIS;
  }

  /** The wheel's own time, which stops while the process is stopped. */
  public long nowMillis() {
    used();
    return now * TICK_MILLIS;
  }

  private long ticksAfter(int millis) {
    if (resting > 0) {
      wake.run();
    }
    quietTicks = 0;
    // One more, because the current tick has already run in part: never early, up to one late.
    return now + (millis + TICK_MILLIS - 1) / TICK_MILLIS + 1;
  }

  /** Its time is read. Methods that run for each request have this in line. */
  private void used() {
    if (resting > 0) {
      wake.run();
    }
    quietTicks = 0;
  }

  /**
   * Keeps a deadline from expiring until it is armed again. For one that is armed soon: it stays
   * linked, and so keeps its connection in memory for up to a turn. {@link #disarm} unlinks it.
   */
  public void pause(Deadline deadline) {
    deadline.at = Deadline.NEVER;
  }

  /** Unlinks a deadline, so that the wheel no longer references its connection. */
  public void disarm(Deadline deadline) {
    deadline.at = Deadline.NEVER;
    if (deadline.next != null) {
      unlink(deadline);
    }
  }

  // Time -----------------------------------------------------------------------------------------

  /**
   * Runs expired deadlines. Call it at least every {@value #TICK_MILLIS} ms: each call advances by
   * at most one tick, or by a rest.
   *
   * <p>So time does not jump after a pause of the whole process (a frozen container, a long
   * collection). The peers could not answer meanwhile and must not all time out, nor must deadlines
   * that were armed after the pause and before this call.
   */
  void advance(long toNanos) {
    endRest(toNanos);
    long behindNanos = toNanos - nowNanos;
    if (behindNanos >= TICK_NANOS) {
      nowNanos = behindNanos < 2 * TICK_NANOS ? nowNanos + TICK_NANOS : toNanos;
      now++;
      int quiet = quietTicks + 1;
      tick(slot(now));
      quietTicks = quiet;
    }
  }

  private Deadline slot(long tick) {
    return slots[(int) tick & SLOTS - 1];
  }

  /**
   * Begins a rest if nothing needs the time soon.
   *
   * @param mostTicks the longest rest that the caller allows: 1, {@link #REST_TICKS} or {@link
   *     #LONG_REST_TICKS}
   * @return after how many ticks {@link #advance} is to be called: one of the same
   */
  int rest(int mostTicks) {
    int ticks = restTicks(mostTicks);
    resting = ticks > 1 ? ticks : 0;
    return ticks;
  }

  /**
   * The period of {@link #advance} stays what it was: if there are no deadlines, the next use still
   * has to change it.
   */
  void restFailed(int ticks) {
    resting = linked == 0 && ticks > 1 ? ticks : 0;
  }

  private int restTicks(int mostTicks) {
    if (mostTicks < REST_TICKS || quietTicks < REST_TICKS) {
      return 1;
    }
    if (linked == 0) {
      return mostTicks;
    }
    for (int i = 1; i < REST_TICKS; i++) {
      Deadline list = slot(now + i);
      if (list.next != list) {
        return 1;
      }
    }
    return REST_TICKS;
  }

  /** Ticks that have passed in a rest, without the one that ends it, which runs deadlines. */
  private long restedTicks(long toNanos) {
    return resting == 0 ? 0 : Math.min((toNanos - nowNanos) / TICK_NANOS, resting - 1);
  }

  /** After how many nanoseconds the next tick is due. */
  long nanosToTick(long toNanos) {
    return Math.max(0, nowNanos + (restedTicks(toNanos) + 1) * TICK_NANOS - toNanos);
  }

  /** Ends a rest if there is one. No deadline expired in it. */
  void endRest(long toNanos) {
    long ticks = restedTicks(toNanos);
    now += ticks;
    nowNanos += ticks * TICK_NANOS;
    resting = 0;
  }

  private void tick(Deadline list) {
    // Relinked deadlines go behind this mark, so that each is examined once.
    Deadline mark = mark();
    insertBefore(list, mark);
    for (Deadline first = next(list); first != mark; first = next(list)) {
      unlink(first);
      if (first.lookAt > now) {
        link(first, first.lookAt);
      } else if (first.at <= now) {
        first.at = Deadline.NEVER;
        expire(first);
      } else if (first.at != Deadline.NEVER) {
        link(first, first.at);
      }
    }
    unlink(mark);
  }

  /** A node that only marks a place in a list. */
  private static Deadline mark() {
    return new Deadline(() -> {}, cause -> {});
  }

  private static Deadline next(Deadline deadline) {
    return Objects.requireNonNull(deadline.next);
  }

  /**
   * A failure must not stop the other deadlines of the tick, or the loop's timer. It ends its
   * connection, which has no other deadline.
   */
  private void expire(Deadline deadline) {
    try {
      try {
        deadline.expired.run();
      } catch (Throwable e) {
        deadline.failed.accept(e);
      }
    } catch (Throwable e) {
      failureLog.failed("a deadline failed", e);
    }
  }

  private void link(Deadline deadline, long lookAt) {
    deadline.lookAt = lookAt;
    insertBefore(slot(lookAt), deadline);
  }

  private void insertBefore(Deadline list, Deadline deadline) {
    linked++;
    Deadline last = Objects.requireNonNull(list.previous);
    deadline.previous = last;
    deadline.next = list;
    last.next = deadline;
    list.previous = deadline;
  }

  private void unlink(Deadline deadline) {
    linked--;
    Deadline previous = Objects.requireNonNull(deadline.previous);
    Deadline next = next(deadline);
    previous.next = next;
    next.previous = previous;
    deadline.previous = null;
    deadline.next = null;
  }
}
