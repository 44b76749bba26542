// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How many orders may be made: a number in a sliding window, as the CA counts them. First orders
 * and renewals have a share each that the other cannot use up. Not thread-safe.
 */
final class Budget {
  /**
   * What renewals may use at most, and first orders too while renewals wait. Renewals have weeks,
   * so that they may wait for the rest; visitors do not.
   */
  static final double SHARE = 0.75;

  private final int most;
  private final long windowMillis;

  /** When orders were made, the oldest first. */
  private final Deque<Long> first = new ArrayDeque<>();

  private final Deque<Long> renewals = new ArrayDeque<>();

  Budget(int most, long windowMillis) {
    this.most = most;
    this.windowMillis = windowMillis;
  }

  /** Counts an order. Times must not decrease. */
  void add(boolean renewal, long millis) {
    (renewal ? renewals : first).addLast(millis);
  }

  /** An order that was counted at this time was not made. */
  void giveBack(boolean renewal, long millis) {
    (renewal ? renewals : first).removeLastOccurrence(millis);
  }

  /** Hears of each order in the window that ends now. */
  void forEach(long nowMillis, Reader reader) {
    used(nowMillis);
    first.forEach(millis -> reader.order(false, millis));
    renewals.forEach(millis -> reader.order(true, millis));
  }

  /** Hears of orders. */
  interface Reader {
    void order(boolean renewal, long millis);
  }

  /** Orders in the window that ends now. */
  int used(long nowMillis) {
    forget(first, nowMillis);
    forget(renewals, nowMillis);
    return first.size() + renewals.size();
  }

  /**
   * Whether an order may be made now.
   *
   * @param othersWait whether orders of the other kind wait
   */
  boolean allows(boolean renewal, boolean othersWait, long nowMillis) {
    if (used(nowMillis) >= most) {
      return false;
    }
    int own = renewal ? renewals.size() : first.size();
    return own < (renewal || othersWait ? share() : most);
  }

  /** Which of the two kinds is next, if both wait: that with fewer orders in the window. */
  boolean prefersRenewals(long nowMillis) {
    used(nowMillis);
    return renewals.size() < first.size();
  }

  /** When the next order may be made, or now. */
  long nextMillis(boolean renewal, boolean othersWait, long nowMillis) {
    if (allows(renewal, othersWait, nowMillis)) {
      return nowMillis;
    }
    Long own = (renewal ? renewals : first).peekFirst();
    Long other = (renewal ? first : renewals).peekFirst();
    boolean isFull = first.size() + renewals.size() >= most;
    // The share is full: one of the same kind must leave the window. Else any.
    long oldest =
        own == null || (isFull && other != null && other < own)
            ? (other == null ? nowMillis : other)
            : own;
    return Math.max(nowMillis + 1, oldest + windowMillis);
  }

  private int share() {
    return Math.max(1, (int) (most * SHARE));
  }

  private void forget(Deque<Long> times, long nowMillis) {
    // A time in the future was written before the clock was set back: it does not count for long.
    while (!times.isEmpty()
        && (times.peekFirst() <= nowMillis - windowMillis
            || times.peekFirst() > nowMillis + windowMillis)) {
      times.removeFirst();
    }
  }
}
