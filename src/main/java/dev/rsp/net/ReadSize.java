// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

/**
 * The maximal size of a read for one receiver: it grows with what the receiver takes, and shrinks
 * when the receiver stalls.
 *
 * <p>Bytes that were read and not taken stay in memory. So a large read is for a receiver that has
 * taken many times as much without a stall: one that takes nothing fills its socket while reads are
 * still small. One per connection.
 */
public final class ReadSize {
  /** A read may be this part of what the receiver has taken since its last stall. */
  private static final int SHARE = 8;

  /**
   * A receiver that takes nothing for this time has stalled; shorter waits are normal for a
   * receiver that is slower than the sender. The time is the deadline wheel's, which moves in steps
   * of 100 ms: two steps are 100 ms at least.
   */
  private static final int STALL_MILLIS = 2 * DeadlineWheel.TICK_MILLIS;

  private static final long NOT_FULL = -1;

  /** What the receiver had taken when its last stall ended. */
  private long takenBefore;

  /** When its socket became full; {@link #NOT_FULL} if it is not. */
  private long fullSinceMillis = NOT_FULL;

  /** The receiver's socket is full. */
  public void full(long nowMillis) {
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
  public boolean drained(long nowMillis, long taken) {
    boolean stalled = fullSinceMillis != NOT_FULL && nowMillis - fullSinceMillis >= STALL_MILLIS;
    fullSinceMillis = NOT_FULL;
    if (stalled) {
      takenBefore = taken;
    }
    return stalled;
  }

  /**
   * The maximal size of a read for the receiver.
   *
   * @param taken bytes that the receiver has taken since the connection was opened
   */
  public int mostBytes(long taken) {
    long share = (taken - takenBefore) / SHARE;
    return share >= ReadBuffers.LARGEST_BYTES
        ? ReadBuffers.LARGEST_BYTES
        : share >= ReadBuffers.LARGE_BYTES ? ReadBuffers.LARGE_BYTES : ReadBuffers.MIDDLE_BYTES;
  }
}
