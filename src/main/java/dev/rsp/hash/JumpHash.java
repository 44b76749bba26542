// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

/**
 * Jump consistent hashing over {@link XxHash64}: needs no table, and moves the minimum of keys when
 * the list grows or shrinks at its end.
 *
 * <p>It depends only on the length of the list. Removing an entry from the middle renumbers the
 * entries after it, so that most of their keys move.
 */
public final class JumpHash {
  /** The multiplier of the paper's generator (Knuth's MMIX uses another). */
  private static final long MULTIPLIER = 2_862_933_555_777_941_757L;

  private JumpHash() {}

  /**
   * The index of a key in a list of {@code n}, from 1.
   *
   * @param n length of the list, at least 1
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code n} is less than 1
   */
  public static int index(byte[] key, int offset, int length, int n) {
    if (n < 1) {
      throw new IllegalArgumentException("n: " + n + " (expected: >= 1)");
    }
    return 1 + bucket(XxHash64.hash(key, offset, length, 0), n);
  }

  /** Lamping and Veach, "A fast, minimal memory, consistent hash algorithm", 2014, figure 1. */
  static int bucket(long hash, int n) {
    long key = hash;
    long bucket = -1;
    double jump = 0;
    while (jump < n) {
      bucket = (long) jump;
      key = key * MULTIPLIER + 1;
      jump = Math.floor((bucket + 1) * (0x1p31 / ((key >>> 33) + 1)));
    }
    return (int) bucket;
  }
}
