// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * SipHash-1-3: a keyed hash. Without the key, collisions cannot be constructed.
 *
 * <p>For hash tables whose keys come from clients, as in Rust's and Python's standard libraries
 * (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012; one round per block and three
 * at the end).
 */
public final class SipHash {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final long k0;
  private final long k1;

  /**
   * Creates a hash with a 128-bit key, which should come from a {@link java.security.SecureRandom}.
   */
  public SipHash(long k0, long k1) {
    this.k0 = k0;
    this.k1 = k1;
  }

  /**
   * The hash of {@code length} bytes of {@code key} from {@code offset}.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public long hash(byte[] key, int offset, int length) {
    long v0 = k0 ^ 0x736f6d6570736575L;
    long v1 = k1 ^ 0x646f72616e646f6dL;
    long v2 = k0 ^ 0x6c7967656e657261L;
    long v3 = k1 ^ 0x7465646279746573L;
    int blocksEnd = offset + (length & ~7);
    for (int at = offset; ; at += 8) {
      boolean last = at == blocksEnd;
      long m = last ? tail(key, at, length) : (long) LONG.get(key, at);
      v3 ^= m;
      v0 += v1;
      v2 += v3;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 = Long.rotateLeft(v2, 32);
      v0 ^= m;
      if (last) {
        break;
      }
    }
    v2 ^= 0xff;
    for (int round = 0; round < 3; round++) {
      v0 += v1;
      v2 += v3;
      v1 = Long.rotateLeft(v1, 13) ^ v0;
      v3 = Long.rotateLeft(v3, 16) ^ v2;
      v0 = Long.rotateLeft(v0, 32);
      v2 += v1;
      v0 += v3;
      v1 = Long.rotateLeft(v1, 17) ^ v2;
      v3 = Long.rotateLeft(v3, 21) ^ v0;
      v2 = Long.rotateLeft(v2, 32);
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }

  /** The last block: up to seven bytes, and the length in the highest. */
  private static long tail(byte[] key, int at, int length) {
    long block = (long) length << 56;
    for (int i = 0; i < (length & 7); i++) {
      block |= (key[at + i] & 0xffL) << (8 * i);
    }
    return block;
  }
}
