// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SipHash-1-3 against known values, and against an implementation that follows the paper. */
final class SipHashTest {
  /** Of the bytes 0, 1, 2 and so on, under the key that the paper's appendix A uses. */
  @ParameterizedTest(name = "of {0} bytes")
  @CsvSource({
    "0, abac0158050fc4dc",
    "1, c9f49bf37d57ca93",
    "2, 82cb9b024dc7d44d",
    "3, 8bf80ab8e7ddf7fb",
    "4, cf75576088d38328",
    "5, def9d52f49533b67",
    "6, c50d2b50c59f22a7",
    "7, d3927d989bb11140",
    "8, 369095118d299a8e",
    "9, 25a48eb36c063de4",
    "15, d320d86d2a519956",
    "16, cc4fdd1a7d908b66",
    "17, 9cf2689063dbd80c",
    "31, 2370dd1f8c21d1bc",
    "63, 9d199062b7bbb3a8",
  })
  void knownNumbers(int length, String expected) {
    var hash = new SipHash(0x0706050403020100L, 0x0f0e0d0c0b0a0908L);
    byte[] input = new byte[length];
    for (int i = 0; i < length; i++) {
      input[i] = (byte) i;
    }
    assertEquals(expected, Long.toHexString(hash.hash(input, 0, length)));
  }

  @Test
  void agreesWithTheAlgorithmWrittenPlainly() {
    var random = new Random(20261121);
    for (int round = 0; round < 2000; round++) {
      long k0 = random.nextLong();
      long k1 = random.nextLong();
      byte[] input = new byte[random.nextInt(300)];
      random.nextBytes(input);
      int offset = random.nextInt(input.length + 1);
      int length = random.nextInt(input.length - offset + 1);
      assertEquals(
          plain(k0, k1, input, offset, length), new SipHash(k0, k1).hash(input, offset, length));
    }
  }

  @Test
  void changesWithEveryBitAndEveryLength() {
    var hash = new SipHash(1, 2);
    Set<Long> seen = new HashSet<>();
    byte[] input = new byte[40];
    for (int length = 0; length <= input.length; length++) {
      seen.add(hash.hash(input, 0, length));
    }
    for (int bit = 0; bit < 8 * input.length; bit++) {
      byte[] changed = input.clone();
      changed[bit / 8] ^= (byte) (1 << bit % 8);
      seen.add(hash.hash(changed, 0, changed.length));
    }
    assertEquals(input.length + 1 + 8 * input.length, seen.size());
  }

  @Test
  void refusesARangeOutside() {
    var hash = new SipHash(1, 2);
    assertThrows(IndexOutOfBoundsException.class, () -> hash.hash(new byte[8], 1, 8));
    assertThrows(IndexOutOfBoundsException.class, () -> hash.hash(new byte[8], -1, 8));
  }

  /** One state word after the other, as in figure 2.1 of the paper. */
  private static long plain(long k0, long k1, byte[] input, int offset, int length) {
    long[] v = {
      k0 ^ 0x736f6d6570736575L,
      k1 ^ 0x646f72616e646f6dL,
      k0 ^ 0x6c7967656e657261L,
      k1 ^ 0x7465646279746573L
    };
    for (int block = 0; block <= length / 8; block++) {
      long word = 0;
      for (int i = 0; i < 8; i++) {
        int at = 8 * block + i;
        long octet = at < length ? input[offset + at] & 0xff : i == 7 ? length & 0xff : 0;
        word |= octet << (8 * i);
      }
      v[3] ^= word;
      round(v);
      v[0] ^= word;
    }
    v[2] ^= 0xff;
    round(v);
    round(v);
    round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
  }

  private static void round(long[] v) {
    v[0] += v[1];
    v[1] = Long.rotateLeft(v[1], 13);
    v[1] ^= v[0];
    v[0] = Long.rotateLeft(v[0], 32);
    v[2] += v[3];
    v[3] = Long.rotateLeft(v[3], 16);
    v[3] ^= v[2];
    v[0] += v[3];
    v[3] = Long.rotateLeft(v[3], 21);
    v[3] ^= v[0];
    v[2] += v[1];
    v[1] = Long.rotateLeft(v[1], 17);
    v[1] ^= v[2];
    v[2] = Long.rotateLeft(v[2], 32);
  }
}
