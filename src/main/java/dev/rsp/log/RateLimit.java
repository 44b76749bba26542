// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

/** Lets through one event a second and counts the others. One thread's. */
public final class RateLimit {
  private static final long INTERVAL_NANOS = 1_000_000_000L;

  private long lastNanos = System.nanoTime() - INTERVAL_NANOS;
  private long suppressed;

  /** Whether this event may be reported. */
  public boolean allows() {
    long now = System.nanoTime();
    if (now - lastNanos < INTERVAL_NANOS) {
      suppressed++;
      return false;
    }
    lastNanos = now;
    return true;
  }

  /** How many events were kept back since the last call. */
  public long takeSuppressed() {
    long taken = suppressed;
    suppressed = 0;
    return taken;
  }
}
