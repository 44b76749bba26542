// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

/** Lets through some events a second and counts the others. One thread's. */
public final class RateLimit {
  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private final int perSecond;
  private long beganNanos = System.nanoTime() - INTERVAL_NANOS;
  private int allowed;
  private long suppressed;

  /** Lets through one event a second. */
  public RateLimit() {
    this(1);
  }

  /**
   * Lets through some events a second.
   *
   * @param perSecond how many, at least 1
   */
  public RateLimit(int perSecond) {
    this.perSecond = perSecond;
  }

  /** Whether this event may be reported. */
  public boolean allows() {
    long now = System.nanoTime();
    if (now - beganNanos >= INTERVAL_NANOS) {
      beganNanos = now;
      allowed = 0;
    }
    if (allowed >= perSecond) {
      suppressed++;
      return false;
    }
    allowed++;
    return true;
  }

  /** How many events were kept back since the last call. */
  public long takeSuppressed() {
    long taken = suppressed;
    suppressed = 0;
    return taken;
  }
}
