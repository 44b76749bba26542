// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;

/** The Connection field: options of this hop, and names of fields that are not forwarded. */
final class ConnectionOptions {
  private static final byte[] CLOSE = ascii("close");
  private static final byte[] KEEP_ALIVE = ascii("keep-alive");
  private static final byte[] UPGRADE = ascii("upgrade");

  /** Fields that a peer must not remove: without them the request has another meaning. */
  private static final byte[][] PROTECTED = {ascii("authorization"), ascii("cookie")};

  /** Limits the work of comparing each option with each field. Real peers send up to three. */
  private static final int MAX_OPTIONS = 32;

  private ConnectionOptions() {}

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Records the options of one field and marks the fields that it names (RFC 9110 §7.6.1).
   *
   * @param untrusted fields that are not marked either, so that a client cannot remove what a
   *     trusted proxy says of it
   * @return false if it is not a list of tokens, or has too many
   */
  static boolean read(Head head, int field, UntrustedFields untrusted) {
    byte[] bytes = head.bytes;
    int at = head.valueStart(field);
    int end = head.valueEnd(field);
    int options = 0;
    while (at < end) {
      int start = at;
      at = Octets.skipToken(bytes, start, end);
      if (at > start) {
        if (++options > MAX_OPTIONS) {
          return false;
        }
        option(head, start, at, untrusted);
      }
      at = Octets.skipBlanks(bytes, at, end);
      if (at < end && bytes[at] != ',') {
        return false;
      }
      at = Octets.skipBlanks(bytes, at + 1, end);
    }
    return true;
  }

  private static void option(Head head, int start, int end, UntrustedFields untrusted) {
    byte[] bytes = head.bytes;
    if (Octets.equalsIgnoreCase(bytes, start, end, KEEP_ALIVE)) {
      head.connectionKeepAlive = true;
    } else if (Octets.equalsIgnoreCase(bytes, start, end, CLOSE)) {
      head.connectionClose = true;
    } else if (Octets.equalsIgnoreCase(bytes, start, end, UPGRADE)) {
      head.connectionUpgrade = true;
    } else {
      if (!untrusted.contains(bytes, start, end)) {
        nominate(head, start, end);
      }
    }
  }

  private static void nominate(Head head, int start, int end) {
    byte[] bytes = head.bytes;
    for (byte[] name : PROTECTED) {
      if (Octets.equalsIgnoreCase(bytes, start, end, name)) {
        return;
      }
    }
    for (int field = 0; field < head.fieldCount; field++) {
      int nameStart = head.nameStart(field);
      // Only fields without a meaning to rsp: a client must not be able to remove Host, the
      // framing, or a field that rsp adds (CVE-2024-45410).
      if (head.name(field) == FieldName.OTHER
          && head.nameEnd(field) - nameStart == end - start
          && sameName(bytes, nameStart, start, end - start)) {
        head.setName(field, FieldName.NOMINATED);
      }
    }
  }

  private static boolean sameName(byte[] bytes, int first, int second, int length) {
    for (int i = 0; i < length; i++) {
      if (Octets.lower(bytes[first + i]) != Octets.lower(bytes[second + i])) {
        return false;
      }
    }
    return true;
  }
}
