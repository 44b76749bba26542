// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

/**
 * Counts the bytes of bodies that one loop holds until they can be sent. The loop's thread only.
 */
public final class HeldBytes {
  private long bytes;

  HeldBytes() {}

  /** Reserves bytes; false if that would be over the limit. */
  boolean reserve(int more, int limit) {
    if (bytes + more > limit) {
      return false;
    }
    bytes += more;
    return true;
  }

  /** Frees reserved bytes. */
  void free(int fewer) {
    bytes -= fewer;
  }

  /** How many are reserved. */
  public long get() {
    return bytes;
  }
}
