// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

/**
 * Turns a hash into a place in a list of {@code n}, from 1. A list of less than one is an {@link
 * IllegalArgumentException}.
 */
final class Places {
  private Places() {}

  /** A 64-bit hash without a sign, modulo n. */
  static int unsigned(long hash, int n) {
    return 1 + (int) Long.remainderUnsigned(hash, positive(n));
  }

  /** A 32-bit hash without a sign, modulo n. */
  static int unsigned(int hash, int n) {
    return 1 + Integer.remainderUnsigned(hash, positive(n));
  }

  /** A hash with a sign, modulo n, floored as Python's and Lua's {@code %} are. */
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
