// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

/**
 * How large a read of bytes for one receiver may be: it grows with what the receiver takes, and
 * shrinks when the receiver stalls.
 *
 * <p>What was read and is not taken stays in memory. So a large read is for a receiver that has
 * taken many times as much without a stall: one that takes nothing is found out by its full socket
 * while reads are still small. One connection's.
 */
final class ReadSize {
  /** A read may have this part of what the receiver has taken since its last stall. */
  private static final int SHARE = 8;

  /**
   * A receiver that takes nothing for so long has stalled; shorter waits belong to every transfer
   * that is faster than its receiver. The time is the deadline wheel's, which moves in steps of 100
   * ms: two steps are 100 ms at least.
   */
  private static final int STALL_MILLIS = 2 * DeadlineWheel.TICK_MILLIS;

  private static final long NOT_FULL = -1;

  /** What the receiver had taken when its last stall ended. */
  private long takenBefore;

  /** Since when its socket is full; {@link #NOT_FULL} if it is not. */
  private long fullSinceMillis = NOT_FULL;

  /** The receiver's socket takes no more. */
  void full(long nowMillis) {
    if (fullSinceMillis == NOT_FULL) {
      fullSinceMillis = nowMillis;
    }
  }

  /**
   * The receiver's socket has taken all.
   *
   * @param taken bytes that the receiver has taken since the connection was opened
   * @return whether the receiver had stalled
   */
  boolean drained(long nowMillis, long taken) {
    boolean stalled = fullSinceMillis != NOT_FULL && nowMillis - fullSinceMillis >= STALL_MILLIS;
    fullSinceMillis = NOT_FULL;
    if (stalled) {
      takenBefore = taken;
    }
    return stalled;
  }

  /**
   * The size of the largest read that may be made for the receiver.
   *
   * @param taken bytes that the receiver has taken since the connection was opened
   */
  int mostBytes(long taken) {
    long share = (taken - takenBefore) / SHARE;
    return share >= ReadBuffers.LARGEST_BYTES
        ? ReadBuffers.LARGEST_BYTES
        : share >= ReadBuffers.LARGE_BYTES ? ReadBuffers.LARGE_BYTES : ReadBuffers.MIDDLE_BYTES;
  }
}
