// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class XxHash64Test {
  private static final long PRIME32 = 2_654_435_761L;
  private static final long PRIME64 = 0x9E3779B185EBCA8DL;

  /** The sanity check of xxhsum (github.com/Cyan4973/xxHash, cli/xsum_sanity_check.c). */
  @ParameterizedTest
  @CsvSource({
    "  0, 0, EF46DB3751D8E999",
    "  0, 1, AC75FDA2929B17EF",
    "  1, 0, E934A84ADB052768",
    "  1, 1, 5014607643A9B4C3",
    "  4, 0, 9136A0DCA57457EE",
    " 14, 0, 8282DCC4994E35C8",
    " 14, 1, C3BD6BF63DEB6DF0",
    "222, 0, B641AE8CB691C174",
    "222, 1, 20CB8AB7AE10C14A",
  })
  void agreesWithItsAuthorsSanityCheck(int length, int seeded, String hash) {
    var key = new byte[length + 2];
    long generator = PRIME32;
    for (int i = 0; i < length; i++) {
      key[i + 1] = (byte) (generator >>> 56);
      generator *= PRIME64;
    }
    long seed = seeded * PRIME32;
    assertEquals(Long.parseUnsignedLong(hash, 16), XxHash64.hash(key, 1, length, seed));
  }

  /** Values that several implementations publish. */
  @ParameterizedTest
  @CsvSource({
    "a, D24EC4F1A98C6E5B",
    "abc, 44BC2CF5AD770999",
    "Nobody inspects the spammish repetition, FBCEA83C8A378BF1",
  })
  void agreesWithOtherImplementations(String key, String hash) {
    byte[] bytes = Keys.bytes(key);
    assertEquals(Long.parseUnsignedLong(hash, 16), XxHash64.hash(bytes, 0, bytes.length, 0), key);
  }

  @Test
  void aNumberHashesAsItsBytes() {
    for (long number : new long[] {0, 1, -1, PRIME64, Long.MIN_VALUE}) {
      byte[] bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
      assertEquals(XxHash64.hash(bytes, 0, 8, PRIME64), XxHash64.hash(number, PRIME64));
    }
  }

  @Test
  void theIndexIsTheRemainderWithoutASign() {
    for (byte[] host : Keys.HOSTS.subList(0, 1000)) {
      long hash = XxHash64.hash(host, 0, host.length, 0);
      var unsigned = new BigInteger(Long.toUnsignedString(hash));
      assertEquals(
          1 + unsigned.mod(BigInteger.valueOf(7)).intValue(),
          XxHash64.index(host, 0, host.length, 7));
    }
  }

  @Test
  void refusesAnEmptyList() {
    assertThrows(IllegalArgumentException.class, () -> XxHash64.index(new byte[1], 0, 1, 0));
  }
}
