// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

/** Allows a number of events per second and counts the others. Confined to one thread. */
public final class RateLimit {
  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private final int perSecond;
  private long beganNanos = System.nanoTime() - INTERVAL_NANOS;
  private int allowed;
  private long suppressed;

  /** Allows one event per second. */
  public RateLimit() {
    this(1);
  }

  /**
   * Allows a number of events per second.
   *
   * @param perSecond number of events, at least 1
   */
  public RateLimit(int perSecond) {
    this.perSecond = perSecond;
  }

  /** Whether this event may be logged. */
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

  /** Number of events that were not allowed since the last call. */
  public long takeSuppressed() {
    long taken = suppressed;
    suppressed = 0;
    return taken;
  }
}
