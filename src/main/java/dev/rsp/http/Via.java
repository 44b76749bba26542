// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/** The Via field (RFC 9110 §7.6.3): the proxies that a message has passed. */
final class Via {
  private Via() {}

  /**
   * How often a field lists a proxy. A comma in a comment counts as the end of an entry: a client
   * that abuses this only makes rsp refuse its own request.
   *
   * @param name in lower case
   */
  static int count(Head head, int field, byte[] name) {
    byte[] bytes = head.bytes;
    int end = head.valueEnd(field);
    int count = 0;
    int at = head.valueStart(field);
    while (at < end) {
      // received-protocol RWS received-by [ RWS comment ]
      int by = Octets.skipBlanks(bytes, at, end);
      while (by < end && bytes[by] != ',' && !Octets.blank(bytes[by])) {
        by++;
      }
      by = Octets.skipBlanks(bytes, by, end);
      int byEnd = Octets.skipToken(bytes, by, end);
      if (Octets.equalsIgnoreCase(bytes, by, byEnd, name)) {
        count++;
      }
      at = byEnd;
      while (at < end && bytes[at] != ',') {
        at++;
      }
      at++;
    }
    return count;
  }
}
