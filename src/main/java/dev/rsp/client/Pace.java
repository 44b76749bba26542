// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

/**
 * Measures whether a client sends, or takes, bytes at the minimal rate, over spans of time; one
 * counts only if only the client delayed things during all of it.
 */
final class Pace {
  private long start;
  private long bytesAtStart;
  private boolean counts;

  /** Begins a span. */
  void begin(long nowMillis, long bytes) {
    start = nowMillis;
    bytesAtStart = bytes;
    counts = true;
  }

  /** Something else caused a delay: the span does not count. */
  void spoil() {
    counts = false;
  }

  /**
   * Ends the span if it was long enough, and begins the next.
   *
   * @param bytes that have passed so far
   * @param rate bytes per second; 0 is no limit
   * @param clientHoldsUp whether rsp waits for the client at this moment
   * @return whether it was too slow
   */
  boolean tooSlow(long nowMillis, long bytes, long rate, int spanMillis, boolean clientHoldsUp) {
    long passed = nowMillis - start;
    if (rate == 0 || passed < spanMillis) {
      return false;
    }
    boolean slow = counts && clientHoldsUp && (bytes - bytesAtStart) * 1000 < rate * passed;
    begin(nowMillis, bytes);
    counts = clientHoldsUp;
    return slow;
  }
}
