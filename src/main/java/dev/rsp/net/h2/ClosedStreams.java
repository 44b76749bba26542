// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import java.util.Arrays;

/**
 * The streams of one connection that were closed last, and whether rsp has reset them: what the
 * peer has sent before it knew of that is no error (RFC 9113 §5.1, "closed").
 */
public final class ClosedStreams {
  /** More than a peer has open: what it sent for older ones came long ago. */
  static final int REMEMBERED = 256;

  /** A connection that has served few streams, and is idle, holds no more. */
  private static final int FIRST = 8;

  private static final int GROWTH = 8;

  /** Numbers of streams, negative if rsp has reset it. */
  private int[] closed = {};

  /** Where the next one goes, if there is room. */
  private int next;

  /** A stream is closed. */
  public void add(int stream, boolean reset) {
    if (next == closed.length) {
      if (next < REMEMBERED) {
        closed = Arrays.copyOf(closed, Math.min(Math.max(FIRST, next * GROWTH), REMEMBERED));
      } else {
        next = 0; // the oldest is forgotten
      }
    }
    closed[next++] = reset ? -stream : stream;
  }

  /** Whether rsp has reset this stream, as far as is remembered. */
  public boolean wasReset(int stream) {
    return has(-stream);
  }

  /** Whether this stream was open once, and has ended without a reset by rsp. */
  public boolean hasEnded(int stream) {
    return has(stream);
  }

  private boolean has(int entry) {
    for (int each : closed) {
      if (each == entry) {
        return true;
      }
    }
    return false;
  }
}
