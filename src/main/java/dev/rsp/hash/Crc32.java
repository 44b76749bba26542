// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import java.util.zip.CRC32;

/** The CRC-32 of zlib and of HAProxy's {@code hash-type map-based crc32}. */
public final class Crc32 {
  private static final ThreadLocal<CRC32> SUMS = ThreadLocal.withInitial(CRC32::new);

  private Crc32() {}

  /**
   * The checksum of {@code length} bytes of {@code key} from {@code offset}.
   *
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   */
  public static int hash(byte[] key, int offset, int length) {
    CRC32 sum = SUMS.get();
    sum.reset();
    sum.update(key, offset, length);
    return (int) sum.getValue();
  }

  /**
   * The index of a key in a list of {@code n}, from 1: the checksum as an unsigned number, modulo
   * n.
   *
   * @param n length of the list, at least 1
   * @throws IndexOutOfBoundsException if the range is not inside {@code key}
   * @throws IllegalArgumentException if {@code n} is less than 1
   */
  public static int index(byte[] key, int offset, int length, int n) {
    return Buckets.unsigned(hash(key, offset, length), n);
  }
}
