// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/** Which octets may stand where in a head, as one table of flags. */
final class Octets {
  /** RFC 9110 §5.6.2: what names and methods are made of. */
  static final int TOKEN = 1;

  /**
   * RFC 9110 §5.5: visible characters, space, tab and obs-text. Everything else that a value might
   * hold (CR, LF, NUL, other controls, DEL) is refused.
   */
  static final int VALUE = 2;

  /**
   * What a request target is made of: visible US-ASCII but "#", which RFC 9112 §3.2 has no place
   * for. Wider than RFC 3986: browsers send "|", "{" and "^" as they are.
   */
  static final int TARGET = 4;

  /** RFC 9112 §7.1: what a chunk size is made of. */
  static final int HEX = 8;

  /** What a DNS name is made of in practice: letters, digits, hyphen, underscore (and dots). */
  static final int HOST = 16;

  private static final byte[] FLAGS = new byte[256];

  static {
    for (int c = 0; c < 256; c++) {
      boolean alphanumeric =
          (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
      boolean visible = c > ' ' && c < 0x7f;
      int flags = 0;
      if (alphanumeric || (visible && "!#$%&'*+-.^_`|~".indexOf(c) >= 0)) {
        flags |= TOKEN;
      }
      if (visible || c == ' ' || c == '\t' || c >= 0x80) {
        flags |= VALUE;
      }
      if (visible && c != '#') {
        flags |= TARGET;
      }
      if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f')) {
        flags |= HEX;
      }
      if (alphanumeric || c == '-' || c == '_' || c == '.') {
        flags |= HOST;
      }
      FLAGS[c] = (byte) flags;
    }
  }

  private Octets() {}

  static boolean is(int flag, byte octet) {
    return (FLAGS[octet & 0xff] & flag) != 0;
  }

  /** Optional white space (RFC 9110 §5.6.3). */
  static boolean blank(byte octet) {
    return octet == ' ' || octet == '\t';
  }

  /** Where the white space that may stand at {@code start} ends. */
  static int skipBlanks(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && blank(bytes[at])) {
      at++;
    }
    return at;
  }

  /** Where the token that may stand at {@code start} ends. */
  static int skipToken(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && is(TOKEN, bytes[at])) {
      at++;
    }
    return at;
  }

  /** The octet in lower case, for US-ASCII letters alone. */
  static byte lower(byte octet) {
    return octet >= 'A' && octet <= 'Z' ? (byte) (octet | 0x20) : octet;
  }

  /** The value of a hex digit; only for octets that are {@link #HEX}. */
  static int hexValue(byte octet) {
    return octet <= '9' ? octet - '0' : (octet | 0x20) - 'a' + 10;
  }

  /** Whether a range equals a text that is in lower case, compared without case. */
  static boolean equalsIgnoreCase(byte[] bytes, int start, int end, byte[] lowerCase) {
    if (end - start != lowerCase.length) {
      return false;
    }
    for (int i = 0; i < lowerCase.length; i++) {
      if (lower(bytes[start + i]) != lowerCase[i]) {
        return false;
      }
    }
    return true;
  }
}
