// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * XXH64: the 64-bit hash that all tables of this package use.
 *
 * <p>Envoy, Caddy and Skipper use it, too. It is fast for host names, separates keys that differ in
 * one character, has a seed, and its specification is short (Collet, "xxHash fast digest
 * algorithm", version 0.2), so that other programs can compute the same index.
 */
public final class XxHash64 {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  // The specification's primes.
  private static final long P1 = 0x9E3779B185EBCA87L;
  private static final long P2 = 0xC2B2AE3D27D4EB4FL;
  private static final long P3 = 0x165667B19E3779F9L;
  private static final long P4 = 0x85EBCA77C2B2AE63L;
  private static final long P5 = 0x27D4EB2F165667C5L;

  private static final int STRIPE_BYTES = 32;

  private XxHash64() {}

  /**
   * The hash of {@code length} bytes of {@code key} from {@code offset}.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public static long hash(byte[] key, int offset, int length, long seed) {
    int at = offset;
    int end = offset + length;
    long hash;
    if (length >= STRIPE_BYTES) {
      hash = stripes(key, offset, length, seed);
      at += length & -STRIPE_BYTES;
    } else {
      hash = seed + P5;
    }
    hash += length;
    for (; end - at >= Long.BYTES; at += Long.BYTES) {
      hash = add8(hash, (long) LONG.get(key, at));
    }
    if (end - at >= Integer.BYTES) {
      hash ^= ((int) INT.get(key, at) & 0xffffffffL) * P1;
      hash = Long.rotateLeft(hash, 23) * P2 + P3;
      at += Integer.BYTES;
    }
    for (; at < end; at++) {
      hash ^= (key[at] & 0xffL) * P5;
      hash = Long.rotateLeft(hash, 11) * P1;
    }
    return avalanche(hash);
  }

  /** The hash of a number's eight bytes, the lowest first. */
  public static long hash(long number, long seed) {
    return avalanche(add8(seed + P5 + Long.BYTES, number));
  }

  /**
   * The index of a key in a list of {@code n}, from 1: the hash with seed 0, as an unsigned number,
   * modulo n.
   *
   * @param n length of the list, at least 1
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code n} is less than 1
   */
  public static int index(byte[] key, int offset, int length, int n) {
    return Buckets.unsigned(hash(key, offset, length, 0), n);
  }

  private static long stripes(byte[] key, int offset, int length, long seed) {
    long a = seed + P1 + P2;
    long b = seed + P2;
    long c = seed;
    long d = seed - P1;
    for (int at = offset, end = offset + (length & -STRIPE_BYTES); at < end; at += STRIPE_BYTES) {
      a = round(a, (long) LONG.get(key, at));
      b = round(b, (long) LONG.get(key, at + 8));
      c = round(c, (long) LONG.get(key, at + 16));
      d = round(d, (long) LONG.get(key, at + 24));
    }
    long hash =
        Long.rotateLeft(a, 1)
            + Long.rotateLeft(b, 7)
            + Long.rotateLeft(c, 12)
            + Long.rotateLeft(d, 18);
    hash = merge(hash, a);
    hash = merge(hash, b);
    hash = merge(hash, c);
    return merge(hash, d);
  }

  private static long round(long lane, long input) {
    return Long.rotateLeft(lane + input * P2, 31) * P1;
  }

  private static long merge(long hash, long lane) {
    return (hash ^ round(0, lane)) * P1 + P4;
  }

  private static long add8(long hash, long input) {
    return Long.rotateLeft(hash ^ round(0, input), 27) * P1 + P4;
  }

  private static long avalanche(long x) {
    long hash = (x ^ x >>> 33) * P2;
    hash = (hash ^ hash >>> 29) * P3;
    return hash ^ hash >>> 32;
  }
}
