// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

/**
 * FNV-1a with 64 bits (Fowler, Noll and Vo). It needs only a few lines in any language, so many
 * self-written load balancers use it.
 */
public final class Fnv1a {
  private static final long OFFSET_BASIS = 0xcbf29ce484222325L;
  private static final long PRIME = 0x100000001b3L;

  private Fnv1a() {}

  /**
   * The hash of {@code length} bytes of {@code key} from {@code offset}.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public static long hash(byte[] key, int offset, int length) {
    long hash = OFFSET_BASIS;
    for (int i = offset, end = offset + length; i < end; i++) {
      hash = (hash ^ (key[i] & 0xff)) * PRIME;
    }
    return hash;
  }

  /**
   * The index of a key in a list of {@code n}, from 1: the hash as an unsigned number, modulo n.
   *
   * @param n length of the list, at least 1
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code n} is less than 1
   */
  public static int index(byte[] key, int offset, int length, int n) {
    return Buckets.unsigned(hash(key, offset, length), n);
  }
}
