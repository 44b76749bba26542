// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import java.util.Objects;

/**
 * All deadlines of one event loop, with a resolution of {@value #TICK_MILLIS} ms and without any
 * work or garbage per request.
 *
 * <p>A hashed timing wheel (Varghese and Lauck, 1987, scheme 6). Every request moves its
 * connection's deadline, nearly always to a later time; then only the time is written, and the
 * wheel finds out when it comes to where the deadline stood before.
 */
final class DeadlineWheel {
  /** Short enough for a connect timeout of 3 s to be within a tenth. */
  static final int TICK_MILLIS = 100;

  /** 102 s per turn: more than the default timeouts, so hardly one is looked at in vain. */
  private static final int SLOTS = 1024;

  private static final long TICK_NANOS = TICK_MILLIS * 1_000_000L;

  private final FailureLog failureLog;
  private final Deadline[] slots = new Deadline[SLOTS];
  private long now;
  private long nowNanos;

  /**
   * A wheel whose time starts now.
   *
   * @param nowNanos by the clock that {@link #advance} goes by
   */
  DeadlineWheel(long nowNanos, FailureLog failureLog) {
    this.failureLog = failureLog;
    this.nowNanos = nowNanos;
    for (int i = 0; i < SLOTS; i++) {
      Deadline list = mark();
      list.previous = list;
      list.next = list;
      slots[i] = list;
    }
  }

  /** Sets when a deadline expires, whether or not it was set before. */
  void arm(Deadline deadline, int millis) {
    long at = ticksAfter(millis);
    deadline.at = at;
    if (deadline.next == null) {
      link(deadline, at);
    } else if (at < deadline.lookAt) {
      unlink(deadline);
      link(deadline, at);
    }
  }

  /** Sets when a deadline expires, unless it does so before anyway. */
  void armAtLatest(Deadline deadline, int millis) {
    if (deadline.at > ticksAfter(millis)) {
      arm(deadline, millis);
    }
  }

  /** When a deadline that is armed now expires, as {@link #nowMillis} will say then. */
  long millisAfter(int millis) {
    return ticksAfter(millis) * TICK_MILLIS;
  }

  /** The wheel's own time, which stands still while the process does. */
  long nowMillis() {
    return now * TICK_MILLIS;
  }

  private long ticksAfter(int millis) {
    // One more, because the current tick has already run in part: never early, up to one late.
    return now + (millis + TICK_MILLIS - 1) / TICK_MILLIS + 1;
  }

  /** Takes a deadline out, so that nothing holds its connection any more. */
  void disarm(Deadline deadline) {
    deadline.at = Deadline.NEVER;
    if (deadline.next != null) {
      unlink(deadline);
    }
  }

  /**
   * Runs what has expired by now. To be called at least every {@value #TICK_MILLIS} ms: each call
   * lets at most one tick pass.
   *
   * <p>So after a pause of the whole process (a frozen container, a long collection) time goes on
   * from where it stood. The peers had no chance to answer meanwhile, and must not all be timed
   * out; nor must what was armed after the pause, before the wheel knew of it.
   */
  void advance(long toNanos) {
    long behindNanos = toNanos - nowNanos;
    if (behindNanos >= TICK_NANOS) {
      nowNanos = behindNanos < 2 * TICK_NANOS ? nowNanos + TICK_NANOS : toNanos;
      now++;
      tick(slots[(int) now & SLOTS - 1]);
    }
  }

  private void tick(Deadline list) {
    // What is looked at again goes behind this mark, so that each is looked at once.
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
   * One that fails must not take the others of its tick with it, nor the loop's timer. Its
   * connection ends, which has no other deadline.
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
    insertBefore(slots[(int) lookAt & SLOTS - 1], deadline);
  }

  private static void insertBefore(Deadline list, Deadline deadline) {
    Deadline last = Objects.requireNonNull(list.previous);
    deadline.previous = last;
    deadline.next = list;
    last.next = deadline;
    list.previous = deadline;
  }

  private static void unlink(Deadline deadline) {
    Deadline previous = Objects.requireNonNull(deadline.previous);
    Deadline next = next(deadline);
    previous.next = next;
    next.previous = previous;
    deadline.previous = null;
    deadline.next = null;
  }
}
