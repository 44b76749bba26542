// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 30, unit = TimeUnit.SECONDS)
class TestCaTest {
  private final TestCa ca = TestCa.create();

  @Test
  void signsChainsThatTheJdkVerifies() throws Exception {
    for (TestCa.Leaf leaf :
        List.of(ca.ecdsa("a.test", "*.b.test", "127.0.0.1"), ca.rsa("a.test"))) {
      PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(ca.root(), null)));
      parameters.setRevocationEnabled(false);

      CertPathValidator.getInstance("PKIX")
          .validate(
              CertificateFactory.getInstance("X.509").generateCertPath(leaf.chain()), parameters);

      Signature signature =
          Signature.getInstance(
              leaf.key().getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA");
      signature.initSign(leaf.key());
      signature.update((byte) 1);
      byte[] signed = signature.sign();
      signature.initVerify(leaf.certificate());
      signature.update((byte) 1);
      assertEquals(true, signature.verify(signed), "the key must be that of the certificate");
    }
  }

  @Test
  void writesTheNamesAsAlternativesOfTheirType() throws Exception {
    assertEquals(
        List.of(List.of(2, "a.test"), List.of(2, "*.b.test"), List.of(7, "127.0.0.1")),
        List.copyOf(
            ca.ecdsa("a.test", "*.b.test", "127.0.0.1")
                .certificate()
                .getSubjectAlternativeNames()));
  }

  @Test
  void makesCertificatesThatAreExpired() {
    assertThrows(
        CertificateExpiredException.class,
        () -> ca.expired("a.test").certificate().checkValidity());
  }
}
