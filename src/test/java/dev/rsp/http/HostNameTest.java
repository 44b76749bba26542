// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rsp.Rule;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every spelling of a host gives the same bytes, and what is no host is refused: rules 19, 20. */
final class HostNameTest {
  private static final String LABEL = "a".repeat(63);

  /** The longest name: 253 characters in four labels. */
  private static final String LONGEST = String.join(".", LABEL, LABEL, LABEL, "b".repeat(61));

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "a.example, a.example",
    "A.Example, a.example",
    "a.example., a.example",
    "a.example:80, a.example",
    "a.example:, a.example",
    "a.example:0, a.example",
    "a.example:9, a.example",
    "AZ.example, az.example",
    "a.example:65535, a.example",
    "a.example:00080, a.example",
    "A.EXAMPLE.:80, a.example",
    "A.EXAMPLE.:, a.example",
    "a, a",
    "a., a",
    "-, -",
    "a_b.example, a_b.example",
    "_dmarc.Example, _dmarc.example",
    "xn--BCHER-KVA.example, xn--bcher-kva.example",
    "127.0.0.1, 127.0.0.1",
    "127.0.0.1:8080, 127.0.0.1",
    "1, 1",
  })
  @Rule(20)
  void names(String spelled, String canonical) {
    assertEquals(canonical, HostName.canonicalise(spelled));
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "[::], [::]",
    "[::1], [::1]",
    "[::1]:80, [::1]",
    "[::1]:, [::1]",
    "[0:0:0:0:0:0:0:1], [::1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001], [::1]",
    "[0:0:0:0:0:0:0:0], [::]",
    "[1::], [1::]",
    "[1:0:0:0:0:0:0:0], [1::]",
    "[2001:DB8::A], [2001:db8::a]",
    "[2001:0db8:0:0:0:0:0:000a], [2001:db8::a]",
    // RFC 5952 §4.2.2: one group of zeros stays.
    "[2001:db8:0:1:1:1:1:1], [2001:db8:0:1:1:1:1:1]",
    "[2001:db8::1:1:1:1:1], [2001:db8:0:1:1:1:1:1]",
    "[::2:3:4:5:6:7:8], [0:2:3:4:5:6:7:8]",
    "[1:2:3:4:5:6:7::], [1:2:3:4:5:6:7:0]",
    // §4.2.3: the longest run, and of two the first.
    "[2001:0:0:1:0:0:0:1], [2001:0:0:1::1]",
    "[2001:0:0:0:1:0:0:1], [2001::1:0:0:1]",
    "[2001:db8:0:0:1:0:0:1], [2001:db8::1:0:0:1]",
    "[::1:0:0:0:1], [::1:0:0:0:1]",
    "[::ffff:192.0.2.1], [::ffff:c000:201]",
    "[::FFFF:C000:0201], [::ffff:c000:201]",
    "[1:2:3:4:5:6:255.255.255.255], [1:2:3:4:5:6:ffff:ffff]",
    "[64:ff9b::0.0.0.0], [64:ff9b::]",
  })
  @Rule(20)
  void addresses(String spelled, String canonical) {
    assertEquals(canonical, HostName.canonicalise(spelled));
    assertEquals(canonical, HostName.canonicalise(canonical));
  }

  @ParameterizedTest(name = "\"{0}\"")
  @ValueSource(
      strings = {
        "",
        " ",
        ".",
        "..",
        ":",
        ":80",
        ".:80",
        "a b",
        " a",
        "a ",
        "a\t",
        "a,b",
        "a, b",
        "a/b",
        "a/",
        "u@a",
        "u:p@a",
        "a@",
        "a?b",
        "a#b",
        "a%41",
        "a\\b",
        "a;b",
        "a=b",
        "a!b",
        "a*",
        "*",
        "a'b",
        "a\"b",
        "(a)",
        "a[b]",
        "a|b",
        "a~b",
        "a+b",
        "a$b",
        "a&b",
        "a\0",
        "\0",
        "a\u007f",
        "a\r",
        "a\u0001",
        "\u00e4",
        "a\u0130b",
        "b\u00fccher.example",
        "a\u3002b",
        ".a",
        "..a",
        "a..b",
        "a..",
        "a..:80",
        ".a.",
        "a:99999",
        "a:65536",
        "a:100000",
        "a:1:2",
        "a::1",
        "a:b",
        "a:8o",
        "a: 80",
        "a:80 ",
        "a:+80",
        "a:-1",
        "a:0x50",
        "a:80.",
        "a:\u0663",
        "::1",
        "2001:db8::1"
      })
  @Rule(19)
  void noNames(String text) {
    assertNull(HostName.canonicalise(text));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "[",
        "]",
        "[]",
        "[::1",
        "::1]",
        "[::1]x",
        "[::1]:x",
        "[::1]:65536",
        "[::1].",
        "[[::1]]",
        "[:]",
        "[:::]",
        "[:::1]",
        "[1:]",
        "[:1]",
        "[1:2]",
        "[1:2:3:4:5:6:7]",
        "[1:2:3:4:5:6:7:8:9]",
        "[1:2:3:4:5:6:7:8::]",
        "[::1:2:3:4:5:6:7:8]",
        "[1:2:3:4::5:6:7:8]",
        "[1::2::3]",
        "[::1::]",
        "[12345::]",
        "[g::]",
        "[::-1]",
        "[::1 ]",
        "[fe80::1%eth0]",
        "[fe80::1%25eth0]",
        "[v1.a]",
        "[192.0.2.1]",
        "[::192.0.2]",
        "[::192.0.2-1]",
        "[::192.0.2.1.1]",
        "[::192.0.2.256]",
        "[::192.0.2.01]",
        "[::192.0.2.1000]",
        "[::192.0.2.]",
        "[::192.0.2.1:1]",
        "[1:2:3:4:5:6:7:192.0.2.1]",
        "[::a.1.1.1]",
        "[::.1.1.1]",
        "[a.example]"
      })
  @Rule(19)
  void noAddresses(String text) {
    assertNull(HostName.canonicalise(text));
  }

  @Test
  @Rule(19)
  void takesNamesUpToTheLimitsOfDns() {
    assertEquals(253, LONGEST.length());
    for (String spelled : List.of(LONGEST, LONGEST + ".", LONGEST + ":80", LONGEST + ".:80")) {
      assertEquals(LONGEST, HostName.canonicalise(spelled));
    }
    assertEquals(LABEL, HostName.canonicalise(LABEL));
    assertEquals(LABEL, HostName.canonicalise(LABEL + "."));
    assertEquals(LABEL + ".a", HostName.canonicalise(LABEL + ".a"));
  }

  static Stream<String> tooLong() {
    String shorter = LONGEST.substring(1);
    return Stream.of(
        LONGEST + "b",
        LONGEST + "b.",
        LONGEST + "b:80",
        LONGEST + "..",
        LONGEST + ".b",
        shorter + "..",
        shorter + "..:80",
        LABEL + "a",
        LABEL + "a.",
        LABEL + "a:80",
        "b." + LABEL + "a",
        LABEL + "a.b",
        "a".repeat(253),
        "a".repeat(10_000));
  }

  @ParameterizedTest
  @MethodSource
  @Rule(19)
  void tooLong(String text) {
    assertNull(HostName.canonicalise(text));
  }

  /** The host goes to the backend twice, so its length must be bounded with its port. */
  @Test
  @Rule(19)
  void refusesPortsOfMoreThanFiveDigits() {
    assertNull(HostName.canonicalise("a:000080"));
    assertNull(HostName.canonicalise("a:" + "0".repeat(30_000) + "80"));
    assertNull(HostName.canonicalise("[::1]:" + "0".repeat(30_000) + "80"));
  }

  @Test
  @Rule(19)
  void takesOnlyOctetsOfNames() {
    for (int octet = 0; octet < 256; octet++) {
      byte[] host = {'a', (byte) octet, 'b'};
      boolean expected =
          octet < 128 && (Character.isLetterOrDigit(octet) || octet == '-' || octet == '_');
      int length = HostName.canonicalise(host, 0, 3, new byte[HostName.MAX_LENGTH]);
      assertEquals(expected || octet == '.' ? 3 : -1, length, "octet " + octet);
    }
  }

  @Test
  void leavesWhatIsCanonicalAsItIs() {
    IntStream.range(0, 200)
        .mapToObj(i -> "host" + i + ".sub" + i % 7 + ".example")
        .forEach(name -> assertEquals(name, HostName.canonicalise(name)));
  }
}
