// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** MurmurHash3_x86_32, Appleby's 32-bit hash with the seed 0. */
public final class Murmur3 {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int C1 = 0xcc9e2d51;
  private static final int C2 = 0x1b873593;

  private Murmur3() {}

  /**
   * The hash of {@code length} bytes of {@code key} from {@code offset}.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public static int hash(byte[] key, int offset, int length, int seed) {
    int hash = seed;
    int blocksEnd = offset + (length & ~3);
    for (int at = offset; at < blocksEnd; at += 4) {
      hash = Integer.rotateLeft(hash ^ scramble((int) INT.get(key, at)), 13) * 5 + 0xe6546b64;
    }
    int tail = 0;
    for (int i = 0; i < (length & 3); i++) {
      tail |= (key[blocksEnd + i] & 0xff) << (8 * i);
    }
    hash ^= scramble(tail) ^ length;
    hash = (hash ^ (hash >>> 16)) * 0x85ebca6b;
    hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35;
    return hash ^ (hash >>> 16);
  }

  /**
   * The index of a key in a list of {@code n}, from 1: the hash as an unsigned number, modulo n.
   *
   * @param n length of the list, at least 1
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code n} is less than 1
   */
  public static int index(byte[] key, int offset, int length, int n) {
    return Buckets.unsigned(hash(key, offset, length, 0), n);
  }

  private static int scramble(int block) {
    return Integer.rotateLeft(block * C1, 15) * C2;
  }
}
