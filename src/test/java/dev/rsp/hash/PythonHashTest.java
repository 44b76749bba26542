// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PythonHashTest {
  private static final String[] HOSTS = {
    "a",
    "abc",
    "www.obeythetestinggoat.com",
    "www.pythonanywhere.com",
    "localhost",
    "ironhand.pythonanywhere.com",
    "IronHand.pythonanywhere.com",
    "xn--bcher-kva.example"
  };

  /** Results of CPython 2.7.18 on a 64-bit machine. */
  @ParameterizedTest
  @CsvSource({
    "'', 0",
    "a, 12416037344",
    "abc, 1453079729188098211",
    "www.obeythetestinggoat.com, -7870546753600931735",
    "www.pythonanywhere.com, 9088254044299320651",
    "localhost, 7451599895809345214",
    "ironhand.pythonanywhere.com, -2288647367733454098",
    "IronHand.pythonanywhere.com, 4865609808451672558",
    "joebuty.pythonanywhere.com, 4136200432705462780",
    "JoeButy.pythonanywhere.com, -8461866768012204164",
    "xn--bcher-kva.example, 7810737952754435224",
  })
  void agreesWithCPython2(String key, long hash) {
    assertEquals(hash, hash(key));
  }

  @Test
  void readsBytesAsUnsigned() {
    assertEquals(reference(new byte[] {-1, -128, 127}), hash(new byte[] {-1, -128, 127}));
  }

  @Test
  void minusOneIsKeptForErrorsAndBecomesMinusTwo() {
    // Found by lattice reduction: no obvious key covers this case.
    byte[] key = {97, 98, 127, 27, 117, 55, 56, 22, 10, 29, 1, 27, 12};

    assertEquals(-1, referenceBeforeTheException(key));
    assertEquals(-2, hash(key));
    assertEquals(1 + (7 - 2), PythonHash.index(key, 0, key.length, 7));
  }

  @Test
  void readsOnlyTheRangeItIsGiven() {
    byte[] bytes = "xxlocalhostyy".getBytes(StandardCharsets.UTF_8);

    assertEquals(hash("localhost"), PythonHash.hash64(bytes, 2, 9));
    assertEquals(index("localhost", 7), PythonHash.index(bytes, 2, 9, 7));
  }

  @Test
  void theIndexIsTheFlooredRemainderCountedFromOne() {
    for (String host : HOSTS) {
      for (int n = 1; n <= 64; n++) {
        int floored = BigInteger.valueOf(hash(host)).mod(BigInteger.valueOf(n)).intValueExact();
        assertEquals(1 + floored, index(host, n), host + " among " + n);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // The hash is negative, so truncation instead of flooring would fail.
    "www.obeythetestinggoat.com, 7, 2",
    "ironhand.pythonanywhere.com, 5, 3",
    "JoeButy.pythonanywhere.com, 10, 7",
  })
  void negativeHashesAreFlooredAsInPython(String host, int n, int index) {
    assertEquals(index, index(host, n));
  }

  @Test
  void randomKeysAgreeWithUnboundedArithmetic() {
    var random = new Random(20140707); // an arbitrary fixed seed, so that failures are reproducible
    for (int i = 0; i < 2000; i++) {
      var key = new byte[random.nextInt(64)];
      random.nextBytes(key);
      int n = 1 + random.nextInt(1000);

      long hash = hash(key);
      assertEquals(reference(key), hash);
      assertEquals(1 + Math.floorMod(hash, (long) n), PythonHash.index(key, 0, key.length, n));
    }
  }

  /**
   * Case is bit 5 of a letter, and the low five bits of the hash depend on the low five bits of the
   * letters only: with these list lengths a wrong case has no effect.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 16, 32})
  void caseDoesNotMatterIfTheCountDivides32(int n) {
    for (String host : HOSTS) {
      assertEquals(index(host, n), index(host.toUpperCase(Locale.ROOT), n), host);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 7, 10, 13, 14, 15, 17, 20, 21, 23})
  void caseMattersForTheNamesThatWereReported(int n) {
    assertTrue(index("IronHand.pythonanywhere.com", n) != index("ironhand.pythonanywhere.com", n));
    assertTrue(index("JoeButy.pythonanywhere.com", n) != index("joebuty.pythonanywhere.com", n));
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5, 7, 11, 17})
  void namesAreSpreadEvenly(int n) {
    var perPlace = new int[n + 1];
    int names = 1000 * n;
    for (int i = 0; i < names; i++) {
      perPlace[index("site" + i + ".example.com", n)]++;
    }
    for (int place = 1; place <= n; place++) {
      int count = perPlace[place];
      assertTrue(count > 850 && count < 1150, "place " + place + " has " + count + " of " + names);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void refusesAnEmptyList(int n) {
    assertThrows(IllegalArgumentException.class, () -> index("a", n));
  }

  private static long hash(String key) {
    return hash(key.getBytes(StandardCharsets.UTF_8));
  }

  private static long hash(byte[] key) {
    return PythonHash.hash64(key, 0, key.length);
  }

  private static int index(String key, int n) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    return PythonHash.index(bytes, 0, bytes.length, n);
  }

  /** The same with unbounded integers, reduced to 64 bits at the end. */
  private static long reference(byte[] key) {
    long hash = referenceBeforeTheException(key);
    return hash == -1 ? -2 : hash;
  }

  private static long referenceBeforeTheException(byte[] key) {
    if (key.length == 0) {
      return 0;
    }
    BigInteger x = BigInteger.valueOf((key[0] & 0xff) << 7);
    for (byte b : key) {
      x = x.multiply(BigInteger.valueOf(1_000_003)).xor(BigInteger.valueOf(b & 0xff));
    }
    return x.xor(BigInteger.valueOf(key.length)).longValue();
  }
}
