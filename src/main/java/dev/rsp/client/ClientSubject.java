// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** The subject of a client's certificate, as text for fields and scripts. */
final class ClientSubject {
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private ClientSubject() {}

  /** Of the certificate of a session that was verified; empty if the client has sent none. */
  static String of(SSLSession session) {
    try {
      Certificate[] chain = session.getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate leaf
          ? text(leaf.getSubjectX500Principal().getName())
          : "";
    } catch (SSLPeerUnverifiedException e) {
      return "";
    }
  }

  /** RFC 4514 §2.4: what is not visible ASCII as a backslash and two digits for each octet. */
  static String text(String name) {
    var ascii = new StringBuilder(name.length());
    for (byte octet : name.getBytes(StandardCharsets.UTF_8)) {
      if (octet >= ' ' && octet < 0x7f) {
        ascii.append((char) octet);
      } else {
        ascii.append('\\').append(HEX.toHexDigits(octet));
      }
    }
    return ascii.toString();
  }
}
