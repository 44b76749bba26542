// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.certs.TestCa;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is written in DER, read by the JDK. */
@Timeout(20)
final class CertificateRequestTest {
  @Test
  void aRequestHasTheHostAndTheKeyAndIsSignedWithIt() throws Exception {
    for (String host : List.of("a.example", ("a".repeat(60) + ".").repeat(4) + "example")) {
      KeyPair keys = CertificateRequest.keys();
      byte[] request = CertificateRequest.of(host, keys);
      assertEquals(host, TestAcmeCa.requestedName(request));
      assertEquals(keys.getPublic(), TestAcmeCa.requestedKey(request));
      assertTrue(TestAcmeCa.isSigned(request));
      byte[] changed = request.clone();
      changed[changed.length / 2] ^= 1;
      assertTrue(!Arrays.equals(request, changed));
    }
  }

  @Test
  void theAnswerOfTlsAlpn01IsThatOfRfc8737() throws Exception {
    AlpnCredential answer = CertificateRequest.answer("a.example", "token.thumbprint");
    X509Certificate certificate = answer.certificate();
    certificate.verify(certificate.getPublicKey());
    certificate.checkValidity();
    assertEquals(
        List.of(List.of(2, "a.example")), List.copyOf(certificate.getSubjectAlternativeNames()));
    assertEquals(Set.of("1.3.6.1.5.5.7.1.31"), certificate.getCriticalExtensionOIDs());
    byte[] digest =
        MessageDigest.getInstance("SHA-256")
            .digest("token.thumbprint".getBytes(StandardCharsets.US_ASCII));
    byte[] value = certificate.getExtensionValue("1.3.6.1.5.5.7.1.31");
    assertEquals(36, value.length, "an octet string in an octet string");
    assertArrayEquals(digest, Arrays.copyOfRange(value, 4, 36));
  }

  @Test
  void theNameOfACertificateIsThatOfRfc9773() {
    X509Certificate leaf = TestCa.create().ecdsa("a.example").certificate();
    String id = CertificateId.of(leaf);
    assertNotNull(id);
    String[] parts = id.split("\\.", -1);
    assertEquals(2, parts.length);
    byte[] extension = leaf.getExtensionValue("2.5.29.35");
    assertArrayEquals(
        Arrays.copyOfRange(extension, 6, extension.length),
        Base64.getUrlDecoder().decode(parts[0]));
    assertArrayEquals(
        leaf.getSerialNumber().toByteArray(), Base64.getUrlDecoder().decode(parts[1]));
  }

  @Test
  void aCertificateThatNamesNoKeyHasNoName() {
    assertNull(CertificateId.of(CertificateRequest.answer("a.example", "x").certificate()));
  }

  @Test
  void objectIdentifiersAndLengthsHaveTheirShortestForm() {
    assertArrayEquals(new byte[] {6, 3, 0x55, 0x1d, 0x11}, DerWriter.oid(2, 5, 29, 17));
    assertArrayEquals(
        new byte[] {6, 6, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d},
        DerWriter.oid(1, 2, 840, 113549));
    assertArrayEquals(
        new byte[] {4, (byte) 0x81, (byte) 0x80},
        Arrays.copyOf(DerWriter.value(DerWriter.OCTET_STRING, new byte[128]), 3));
    assertArrayEquals(
        new byte[] {4, (byte) 0x82, 1, 0},
        Arrays.copyOf(DerWriter.value(DerWriter.OCTET_STRING, new byte[256]), 4));
    assertEquals(
        "261128000000Z",
        new String(
            DerWriter.utcTime(Instant.parse("2026-11-28T00:00:00Z")),
            2,
            13,
            StandardCharsets.US_ASCII));
  }
}
