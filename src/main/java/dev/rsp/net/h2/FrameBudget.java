// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

/**
 * Bounds what one connection may make rsp do beside serving requests: so many at once, and in the
 * long run so many a second, and so many for what it does in earnest. One per kind of frames and
 * connection, on the loop.
 */
public final class FrameBudget {
  private final int most;
  private final int perSecond;
  private long thousandths;
  private long filledMillis;

  /**
   * A full budget.
   *
   * @param most at once
   * @param perSecond in the long run
   */
  public FrameBudget(int most, int perSecond, long nowMillis) {
    this.most = most;
    this.perSecond = perSecond;
    this.thousandths = most * 1000L;
    this.filledMillis = nowMillis;
  }

  /** Puts some in, for something in earnest that the peer may have to answer. */
  public void add(int more) {
    thousandths = Math.min(most * 1000L, thousandths + more * 1000L);
  }

  /** Takes one out; false if none is left. */
  public boolean take(long nowMillis) {
    thousandths = Math.min(most * 1000L, thousandths + (nowMillis - filledMillis) * perSecond);
    filledMillis = nowMillis;
    if (thousandths < 1000) {
      return false;
    }
    thousandths -= 1000;
    return true;
  }
}
