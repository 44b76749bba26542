// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import dev.rsp.http.Octets;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;

/** What names and values of fields may contain in HTTP/2, in both directions. */
final class FieldOctets {
  /** RFC 9113 §6.5.2: each field counts as its octets and so many more. */
  static final int OVERHEAD = 32;

  static final byte[] COLON = ascii(": ");
  static final byte[] CRLF = ascii("\r\n");

  /** RFC 9113 §8.2.2. */
  private static final AsciiString[] OF_CONNECTIONS = {
    AsciiString.cached("connection"),
    AsciiString.cached("proxy-connection"),
    AsciiString.cached("keep-alive"),
    AsciiString.cached("transfer-encoding"),
    AsciiString.cached("upgrade"),
  };

  private FieldOctets() {}

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  static boolean isPseudo(AsciiString name) {
    return !name.isEmpty() && name.byteAt(0) == ':';
  }

  /** RFC 9113 §8.2.1: a token without upper case; no colon, so none that hides another field. */
  static boolean isName(AsciiString name) {
    byte[] bytes = name.array();
    int end = name.arrayOffset() + name.length();
    for (int at = name.arrayOffset(); at < end; at++) {
      if (!Octets.is(Octets.TOKEN, bytes[at]) || bytes[at] != Octets.lower(bytes[at])) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** RFC 9113 §8.2.1, and no other control either; no white space around it. */
  static boolean isValue(AsciiString value) {
    byte[] bytes = value.array();
    int start = value.arrayOffset();
    int end = start + value.length();
    return start == end
        || (Octets.skipValue(bytes, start, end) == end
            && !Octets.blank(bytes[start])
            && !Octets.blank(bytes[end - 1]));
  }

  static boolean isOfConnection(AsciiString name) {
    for (AsciiString ofConnections : OF_CONNECTIONS) {
      if (name.contentEquals(ofConnections)) {
        return true;
      }
    }
    return false;
  }
}
