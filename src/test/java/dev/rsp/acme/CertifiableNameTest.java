// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which names are ordered. No other ever becomes the name of a folder. */
@Timeout(10)
final class CertifiableNameTest {
  private static final String LABEL = "a".repeat(63);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a.example",
        "a-b.c.example",
        "1.example",
        "xn--bcher-kva.example",
        "a.b2",
        "1.2a"
      })
  void namesOfHostsAreCertified(String name) {
    assertTrue(CertifiableName.isOne(name));
    assertTrue(CertifiableName.isOne(LABEL + ".example"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "../a.example",
        "a/b.example",
        "a\0.example",
        "a..example",
        ".a.example",
        "a.example.",
        "localhost",
        "A.example",
        "a_b.example",
        "*.example",
        "-a.example",
        "a-.example",
        "127.0.0.1",
        "1.2",
        "[::1]",
        "::1",
        "a.example:443",
        "a b.example",
        "a\n.example",
        "bücher.example",
        "a.example\\..",
        "a.e%2fexample"
      })
  void othersAreNot(String name) {
    assertFalse(CertifiableName.isOne(name));
    assertThrows(
        IllegalArgumentException.class,
        () -> new CertificateStore(Path.of("/nowhere")).chain(name));
  }

  @ParameterizedTest
  @ValueSource(ints = {253, 254, 1_000_000})
  void theLengthIsBounded(int length) {
    String name = (LABEL + ".").repeat(length / 64 + 1).substring(0, length - 2) + ".b";
    // Each test name has labels of 63 octets; the last but one may end with a dot.
    assertEquals(length <= 253, CertifiableName.isOne(name.replace("..", ".")));
    assertFalse(CertifiableName.isOne(LABEL + "a.example"));
  }
}
