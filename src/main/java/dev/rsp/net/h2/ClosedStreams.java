// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

/**
 * The streams of one connection that were closed last, and whether rsp has reset them: what the
 * peer has sent before it knew of that is no error (RFC 9113 §5.1, "closed").
 */
public final class ClosedStreams {
  /** More than a peer has open: what it sent for older ones came long ago. */
  private static final int REMEMBERED = 256;

  /** Numbers of streams, negative if rsp has reset it; made with the first. */
  private int[] closed = {};

  private int next;

  /** A stream is closed. */
  public void add(int stream, boolean reset) {
    if (closed.length == 0) {
      closed = new int[REMEMBERED];
    }
    closed[next] = reset ? -stream : stream;
    next = (next + 1) % REMEMBERED;
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
