// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

/**
 * Reduces a hash to an index from 1 to {@code n}. Throws {@link IllegalArgumentException} if {@code
 * n} is less than 1.
 */
final class Buckets {
  private Buckets() {}

  /** An unsigned 64-bit hash modulo n. */
  static int unsigned(long hash, int n) {
    return 1 + (int) Long.remainderUnsigned(hash, positive(n));
  }

  /** An unsigned 32-bit hash modulo n. */
  static int unsigned(int hash, int n) {
    return 1 + Integer.remainderUnsigned(hash, positive(n));
  }

  /** A signed hash modulo n, floored like {@code %} in Python and Lua. */
  static int floored(long hash, int n) {
    return 1 + (int) Math.floorMod(hash, (long) positive(n));
  }

  private static int positive(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("n: " + n + " (expected: >= 1)");
    }
    return n;
  }
}
