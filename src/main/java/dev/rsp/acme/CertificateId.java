// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Names a certificate for the CA that has issued it (RFC 9773 §4.1). */
final class CertificateId {
  private static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";

  /** The keyIdentifier in an AuthorityKeyIdentifier (RFC 5280 §4.2.1.1). */
  private static final int KEY_IDENTIFIER = 0x80;

  private CertificateId() {}

  /** The name; null if the certificate does not say which key has signed it. */
  static @Nullable String of(X509Certificate certificate) {
    byte[] extension = certificate.getExtensionValue(AUTHORITY_KEY_IDENTIFIER);
    byte[] key = extension == null ? null : keyIdentifier(extension);
    if (key == null) {
      return null;
    }
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    return base64.encodeToString(key)
        + "."
        + base64.encodeToString(certificate.getSerialNumber().toByteArray());
  }

  /** OCTET STRING { SEQUENCE { [0] keyIdentifier, ... } }, each shorter than 128 octets. */
  private static byte @Nullable [] keyIdentifier(byte[] extension) {
    boolean isShort =
        extension.length > 6
            && extension[1] >= 0
            && extension[3] >= 0
            && (extension[4] & 0xff) == KEY_IDENTIFIER
            && extension[5] > 0
            && extension.length >= 6 + extension[5];
    return isShort ? Arrays.copyOfRange(extension, 6, 6 + extension[5]) : null;
  }
}
