// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The smaller functions match published values. XXH64 and Python's 64-bit hash have own tests. */
final class PublishedVectorsTest {
  /**
   * A model of CPython 2 at 32 bits; the one-byte keys were checked with quoted values of 32-bit
   * builds.
   */
  @ParameterizedTest
  @CsvSource({
    "'', 0",
    "a, -468864544",
    "abc, -1600925533",
    "www.obeythetestinggoat.com, 1937979497",
    "www.pythonanywhere.com, -755507893",
    "localhost, -32651586",
    "ironhand.pythonanywhere.com, 1176328942",
    "IronHand.pythonanywhere.com, 2020284910",
    "joebuty.pythonanywhere.com, 121233916",
    "JoeButy.pythonanywhere.com, -470603908",
    "xn--bcher-kva.example, -208206696",
  })
  void python32(String key, int hash) {
    byte[] bytes = Keys.bytes(key);
    assertEquals(hash, PythonHash.hash32(bytes, 0, bytes.length));
    assertEquals(1 + Math.floorMod(hash, 7), PythonHash.index32(bytes, 0, bytes.length, 7));
  }

  /** The lower bits do not depend on the upper ones, except for the value that means an error. */
  @Test
  void python32IsTheLowerHalfOfPython64() {
    for (byte[] host : Keys.HOSTS) {
      assertEquals(
          (int) PythonHash.hash64(host, 0, host.length), PythonHash.hash32(host, 0, host.length));
    }
  }

  /** The check value in the CRC catalogue (reveng.sourceforge.io); RFC 3720 and zlib agree. */
  @ParameterizedTest
  @CsvSource({"123456789, cbf43926", "'', 00000000", "a, e8b7be43", "abc, 352441c2"})
  void crc32(String key, String hash) {
    byte[] bytes = Keys.bytes(key);
    int expected = Integer.parseUnsignedInt(hash, 16);
    assertEquals(expected, Crc32.hash(bytes, 0, bytes.length));
    assertEquals(
        1 + Integer.remainderUnsigned(expected, 7), Crc32.index(bytes, 0, bytes.length, 7));
  }

  /** Noll's test suite (test_fnv.c) and the draft that became an RFC have these. */
  @ParameterizedTest
  @CsvSource({
    "'', cbf29ce484222325",
    "a, af63dc4c8601ec8c",
    "foob, dd120e790c2512af",
    "foobar, 85944171f73967e8",
  })
  void fnv1a(String key, String hash) {
    byte[] bytes = Keys.bytes(key);
    long expected = Long.parseUnsignedLong(hash, 16);
    assertEquals(expected, Fnv1a.hash(bytes, 0, bytes.length));
    assertEquals(1 + Long.remainderUnsigned(expected, 7), Fnv1a.index(bytes, 0, bytes.length, 7));
  }

  /** Boyd's vectors, which many implementations use as tests. */
  @ParameterizedTest
  @CsvSource({
    "'', 0, 00000000",
    "'', 1, 514e28b7",
    "'', ffffffff, 81f16f39",
    "ffffffff, 0, 76293b50",
    "21436587, 0, f55b516b",
    "21436587, 5082edee, 2362f9de",
    "214365, 0, 7e4a8634",
    "2143, 0, a0f7b07a",
    "21, 0, 72661cf4",
    "00000000, 0, 2362f9de",
    "000000, 0, 85f0b427",
    "0000, 0, 30f4c306",
    "00, 0, 514e28b7",
  })
  void murmur3(String key, String seed, String hash) {
    byte[] bytes = HexFormat.of().parseHex(key);
    assertEquals(
        Integer.parseUnsignedInt(hash, 16),
        Murmur3.hash(bytes, 0, bytes.length, Integer.parseUnsignedInt(seed, 16)));
  }

  /** SMHasher's verification: the hash of the hashes of 256 keys (github.com/aappleby/smhasher). */
  @Test
  void murmur3PassesSmhashersVerification() {
    ByteBuffer hashes = ByteBuffer.allocate(4 * 256).order(ByteOrder.LITTLE_ENDIAN);
    var key = new byte[256];
    for (int i = 0; i < 256; i++) {
      key[i] = (byte) i;
      hashes.putInt(Murmur3.hash(key, 0, i, 256 - i));
    }
    assertEquals(0xB0F57EE3, Murmur3.hash(hashes.array(), 0, 1024, 0));
  }

  /**
   * Results of the paper's code, compiled from C; other implementations test some of these, too.
   */
  @ParameterizedTest
  @CsvSource({
    "0, 60, 0",
    "1, 60, 55",
    "2, 60, 46",
    "42, 57, 43",
    "256, 1024, 520",
    "3735883980, 666, 361",
    "16045690984833335023, 255, 237",
    "1, 1, 0",
    "18446744073709551615, 2147483647, 699554662",
    "10863919174838991, 11, 6",
    "10863919174838991, 100, 21",
  })
  void jump(String key, int n, int bucket) {
    assertEquals(bucket, JumpHash.bucket(Long.parseUnsignedLong(key), n));
  }

  /** The same code with 100,000 keys and lists of up to 1,000 entries. */
  @Test
  void jumpAgreesWithThePaperEverywhere() {
    long sum = 0;
    for (long i = 0; i < 100_000; i++) {
      sum = sum * 31 + JumpHash.bucket(i * 0x9E3779B97F4A7C15L, 1 + (int) ((i * 7919) % 1000));
    }
    assertEquals(Long.parseUnsignedLong("16551969378288178732"), sum);
  }

  @Test
  void everyIndexIsInRangeAndHasKeys() {
    for (Algorithm algorithm : Algorithm.overCounts()) {
      for (int n : new int[] {1, 2, 3, 7, 64}) {
        boolean[] seen = new boolean[n];
        for (byte[] host : Keys.HOSTS.subList(0, 4000)) {
          int index = algorithm.over(Keys.live(n)).applyAsInt(host);
          assertTrue(index >= 1 && index <= n, algorithm.name() + " " + index);
          seen[index - 1] = true;
        }
        for (boolean one : seen) {
          assertTrue(one, algorithm.name() + " of " + n);
        }
      }
    }
  }

  @Test
  void allReadOnlyTheRangeTheyAreGiven() {
    byte[] host = Keys.bytes("www.example.com");
    byte[] inside = Keys.bytes("xxwww.example.comyy");
    int length = host.length;
    assertEquals(PythonHash.hash32(host, 0, length), PythonHash.hash32(inside, 2, length));
    assertEquals(Crc32.hash(host, 0, length), Crc32.hash(inside, 2, length));
    assertEquals(Fnv1a.hash(host, 0, length), Fnv1a.hash(inside, 2, length));
    assertEquals(Murmur3.hash(host, 0, length, 0), Murmur3.hash(inside, 2, length, 0));
    assertEquals(JumpHash.index(host, 0, length, 99), JumpHash.index(inside, 2, length, 99));
  }

  @Test
  void refuseAnEmptyList() {
    var key = new byte[1];
    assertThrows(IllegalArgumentException.class, () -> PythonHash.index32(key, 0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> Crc32.index(key, 0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> Fnv1a.index(key, 0, 1, -1));
    assertThrows(IllegalArgumentException.class, () -> Murmur3.index(key, 0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> JumpHash.index(key, 0, 1, 0));
  }
}
