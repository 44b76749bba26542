// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

/**
 * CPython 2's string hash, for 64-bit and 32-bit machines.
 *
 * <p>The load balancers that rsp replaces use it to assign sites, so the results must be identical:
 * the empty string hashes to 0; else x starts as the first byte shifted left by 7; for each byte x
 * = 1000003·x xor byte, wrapping at 64 bits; then xor the length; and −1, which CPython keeps for
 * errors, becomes −2.
 */
public final class PythonHash {
  /** The multiplier of CPython 2's {@code string_hash}. */
  private static final long MULTIPLIER = 1_000_003L;

  private PythonHash() {}

  /**
   * The hash of {@code length} bytes of {@code key} from {@code offset}.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public static long hash64(byte[] key, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    long x = (key[offset] & 0xffL) << 7;
    for (int i = offset, end = offset + length; i < end; i++) {
      x = (MULTIPLIER * x) ^ (key[i] & 0xff);
    }
    x ^= length;
    return x == -1 ? -2 : x;
  }

  /**
   * The index of a key in a list of {@code n}, from 1: the hash modulo n, floored like {@code %} in
   * Python and Lua.
   *
   * @param n length of the list, at least 1
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code n} is less than 1
   */
  public static int index(byte[] key, int offset, int length, int n) {
    return Buckets.floored(hash64(key, offset, length), n);
  }

  /**
   * The hash of a 32-bit CPython 2: the same steps, wrapping at 32 bits.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public static int hash32(byte[] key, int offset, int length) {
    if (length == 0) {
      return 0;
    }
    int x = (key[offset] & 0xff) << 7;
    for (int i = offset, end = offset + length; i < end; i++) {
      x = ((int) MULTIPLIER * x) ^ (key[i] & 0xff);
    }
    x ^= length;
    return x == -1 ? -2 : x;
  }

  /**
   * The index of a key in a list of {@code n}, from 1, by {@link #hash32}: floored, too.
   *
   * @param n length of the list, at least 1
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code n} is less than 1
   */
  public static int index32(byte[] key, int offset, int length, int n) {
    return Buckets.floored(hash32(key, offset, length), n);
  }
}
