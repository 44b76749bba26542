// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

/**
 * CPython 2's string hash, on a 64-bit machine and on a 32-bit one.
 *
 * <p>It is what the load balancers that rsp replaces used to place their sites, so the numbers must
 * agree to the last bit: empty hashes to 0; else x starts as the first byte shifted left by 7; for
 * each byte x = 1000003·x xor byte, wrapping at 64 bits; then xor the length; and −1, which CPython
 * keeps for errors, becomes −2.
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
   * The place of a key in a list of {@code n}, from 1: the hash modulo n, floored as Python's and
   * Lua's {@code %} are.
   *
   * @param n how many places there are, at least 1
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code n} is less than 1
   */
  public static int index(byte[] key, int offset, int length, int n) {
    return Places.floored(hash64(key, offset, length), n);
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
   * The place of a key in a list of {@code n}, from 1, by {@link #hash32}: floored as well.
   *
   * @param n how many places there are, at least 1
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code n} is less than 1
   */
  public static int index32(byte[] key, int offset, int length, int n) {
    return Places.floored(hash32(key, offset, length), n);
  }
}
