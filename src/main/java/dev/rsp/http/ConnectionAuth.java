// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;

/**
 * Finds the authentication schemes that authenticate a connection and not a request: NTLM, and
 * Negotiate (RFC 4559 §6: the connection must not be shared) with its other names: Nego2, and the
 * Kerberos of some application servers. All other schemes follow RFC 9110 §11, which has no state
 * of connections.
 */
final class ConnectionAuth {
  private static final byte[] AUTHORIZATION = ascii("authorization");
  private static final byte[] PROXY_AUTHORIZATION = ascii("proxy-authorization");
  private static final byte[] WWW_AUTHENTICATE = ascii("www-authenticate");
  private static final byte[] PROXY_AUTHENTICATE = ascii("proxy-authenticate");

  private static final byte[][] SCHEMES = {
    ascii("ntlm"), ascii("negotiate"), ascii("nego2"), ascii("kerberos"),
  };

  private ConnectionAuth() {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Whether a field of a request has credentials of such a scheme. */
  static boolean isUsed(RequestHead head, int field) {
    return isEither(head, field, AUTHORIZATION, PROXY_AUTHORIZATION) && namesScheme(head, field);
  }

  /** Whether a field of a response has a challenge of such a scheme, perhaps among others. */
  static boolean isOffered(ResponseHead head, int field) {
    return isEither(head, field, WWW_AUTHENTICATE, PROXY_AUTHENTICATE) && namesScheme(head, field);
  }

  private static boolean isEither(Head head, int field, byte[] first, byte[] second) {
    int start = head.nameStart(field);
    int end = head.nameEnd(field);
    return Octets.equalsIgnoreCase(head.bytes, start, end, first)
        || Octets.equalsIgnoreCase(head.bytes, start, end, second);
  }

  /**
   * Whether an element of the list begins with such a scheme. A comma in a quoted string is taken
   * for the end of an element: at worst a connection is not shared that could be.
   */
  private static boolean namesScheme(Head head, int field) {
    int start = head.valueStart(field);
    int end = head.valueEnd(field);
    for (int at = start; at < end; at++) {
      if (head.bytes[at] == ',') {
        if (isScheme(head.bytes, start, at)) {
          return true;
        }
        start = at + 1;
      }
    }
    return isScheme(head.bytes, start, end);
  }

  private static boolean isScheme(byte[] bytes, int start, int end) {
    int from = start;
    while (from < end && isBlank(bytes[from])) {
      from++;
    }
    int to = from;
    while (to < end && !isBlank(bytes[to])) {
      to++;
    }
    for (byte[] scheme : SCHEMES) {
      if (Octets.equalsIgnoreCase(bytes, from, to, scheme)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBlank(byte octet) {
    return octet == ' ' || octet == '\t';
  }
}
