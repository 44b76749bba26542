// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

/**
 * What the peer may send of content on one stream, or on a connection (RFC 9113 §5.2 and §6.9). It
 * is opened again, by WINDOW_UPDATE, for what the receiver has taken. On the loop.
 */
public final class ReceiveWindow {
  /** The whole of it. */
  private int bytes;

  /** What the peer may still send; below zero if it has sent more. */
  private int left;

  /** What was taken, and for which it is not opened again yet. */
  private int owed;

  /** A window of so many octets, of which the peer knows. */
  public ReceiveWindow(int bytes) {
    this.bytes = bytes;
    this.left = bytes;
  }

  /** Whether the peer may send so many octets. */
  public boolean admits(int octets) {
    return octets <= left;
  }

  /**
   * Octets have come, with the padding beside them.
   *
   * @return false if the peer was not allowed to send them
   */
  public boolean receive(int octets) {
    left -= octets;
    return left >= 0;
  }

  /** The receiver needs no more room for so many octets. */
  public void take(int octets) {
    owed += octets;
  }

  /** Whether more than half of it was taken: one frame serves for many of the peer's. */
  public boolean isDue() {
    return owed > bytes / 2;
  }

  /**
   * Opens it again, for what was taken.
   *
   * @param more octets by which the whole of it grows
   * @return by how many octets the peer is told that it is opened
   */
  public int open(int more) {
    int octets = owed + more;
    bytes += more;
    left += octets;
    owed = 0;
    return octets;
  }

  /** The whole of it, in octets. */
  public int bytes() {
    return bytes;
  }
}
