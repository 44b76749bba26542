// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;

/**
 * What is signed with keys of our own: a request for a certificate (RFC 2986), and the certificate
 * that answers a challenge tls-alpn-01 (RFC 8737 §3). All keys are ECDSA P-256.
 */
final class CertificateRequest {
  private static final byte[] ECDSA_WITH_SHA256 =
      DerWriter.sequence(DerWriter.oid(1, 2, 840, 10045, 4, 3, 2));
  private static final byte[] EXTENSION_REQUEST = DerWriter.oid(1, 2, 840, 113549, 1, 9, 14);
  private static final byte[] SUBJECT_ALT_NAME = DerWriter.oid(2, 5, 29, 17);
  private static final byte[] COMMON_NAME = DerWriter.oid(2, 5, 4, 3);

  /** id-pe-acmeIdentifier (RFC 8737 §3). */
  private static final byte[] ACME_IDENTIFIER = DerWriter.oid(1, 3, 6, 1, 5, 5, 7, 1, 31);

  private static final byte[] TRUE = {0x01, 0x01, (byte) 0xff};

  /** Clocks differ; a challenge takes minutes. */
  private static final Duration CHALLENGE_LASTS = Duration.ofDays(1);

  private static final int SERIAL_OCTETS = 16;

  private static final SecureRandom RANDOM = new SecureRandom();

  private CertificateRequest() {}

  /** A new key. */
  static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // each Java has P-256
    }
  }

  /** A request for a certificate of one host, in DER. It has no subject: the name is in the SAN. */
  static byte[] of(String host, KeyPair keys) {
    byte[] extensions = DerWriter.sequence(alternativeName(host));
    byte[] attribute =
        DerWriter.sequence(EXTENSION_REQUEST, DerWriter.value(DerWriter.SET, extensions));
    byte[] info =
        DerWriter.sequence(
            DerWriter.value(DerWriter.INTEGER, new byte[] {0}),
            DerWriter.sequence(),
            keys.getPublic().getEncoded(),
            DerWriter.value(DerWriter.FIELD_0, attribute));
    return signed(info, keys.getPrivate());
  }

  /** The certificate for a challenge. */
  static AlpnCredential answer(String host, String keyAuthorization) {
    KeyPair keys = keys();
    byte[] name =
        DerWriter.sequence(
            DerWriter.value(
                DerWriter.SET,
                DerWriter.sequence(
                    COMMON_NAME, DerWriter.text(DerWriter.UTF8_STRING, "ACME challenge"))));
    byte[] serial = new byte[SERIAL_OCTETS];
    RANDOM.nextBytes(serial);
    serial[0] = (byte) ((serial[0] & 0x3f) | 0x40); // positive, and no octet too many
    Instant now = Instant.now();
    byte[] identifier =
        DerWriter.sequence(
            ACME_IDENTIFIER,
            TRUE,
            DerWriter.value(
                DerWriter.OCTET_STRING,
                DerWriter.value(DerWriter.OCTET_STRING, sha256(keyAuthorization))));
    byte[] content =
        DerWriter.sequence(
            DerWriter.value(DerWriter.FIELD_0, DerWriter.value(DerWriter.INTEGER, new byte[] {2})),
            DerWriter.value(DerWriter.INTEGER, serial),
            ECDSA_WITH_SHA256,
            name,
            DerWriter.sequence(
                DerWriter.utcTime(now.minus(CHALLENGE_LASTS)),
                DerWriter.utcTime(now.plus(CHALLENGE_LASTS))),
            name,
            keys.getPublic().getEncoded(),
            DerWriter.value(
                DerWriter.FIELD_3, DerWriter.sequence(alternativeName(host), identifier)));
    try {
      return new AlpnCredential(
          keys.getPrivate(),
          (X509Certificate)
              CertificateFactory.getInstance("X.509")
                  .generateCertificate(
                      new ByteArrayInputStream(signed(content, keys.getPrivate()))));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // we have just written it
    }
  }

  private static byte[] alternativeName(String host) {
    return DerWriter.sequence(
        SUBJECT_ALT_NAME,
        DerWriter.value(
            DerWriter.OCTET_STRING, DerWriter.sequence(DerWriter.text(DerWriter.DNS_NAME, host))));
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.US_ASCII));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // each Java has SHA-256
    }
  }

  private static byte[] signed(byte[] content, PrivateKey key) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(key);
      signature.update(content);
      return DerWriter.sequence(content, ECDSA_WITH_SHA256, DerWriter.bits(signature.sign()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // it is our own key
    }
  }
}
