// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

/** How many bytes of bodies one loop holds until they are whole. The loop's thread only. */
final class HeldBytes {
  private long bytes;

  /** Counts more of them, if no more than so many are held then. */
  boolean add(int more, int most) {
    if (bytes + more > most) {
      return false;
    }
    bytes += more;
    return true;
  }

  /** Counts so many less. */
  void remove(int fewer) {
    bytes -= fewer;
  }

  long get() {
    return bytes;
  }
}
