// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Which octets are allowed where in a head, as one table of flags. */
public final class Octets {
  /** RFC 9110 §5.6.2: the octets of tokens, such as field names and methods. */
  public static final int TOKEN = 1;

  /**
   * RFC 9110 §5.5: the octets of field values: visible characters, space, tab and obs-text. All
   * others (CR, LF, NUL, other controls, DEL) are refused.
   */
  public static final int VALUE = 2;

  /**
   * The octets of request targets: visible US-ASCII except "#", which RFC 9112 §3.2 does not allow.
   * More than RFC 3986 allows: browsers send "|", "{" and "^" unencoded.
   */
  public static final int TARGET = 4;

  /** RFC 9112 §7.1: the octets of chunk sizes. */
  public static final int HEX = 8;

  /** The octets of DNS names in practice: letters, digits, hyphen, underscore, dot. */
  public static final int HOST = 16;

  /**
   * Controls and DEL that no reader takes for the end of a line or of a string: all but tab, which
   * is {@link #VALUE}, and CR, LF and NUL (RFC 9110 §5.5).
   */
  public static final int HARMLESS_CONTROL = 32;

  private static final byte[] FLAGS = new byte[256];

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** A one in each of eight octets. */
  private static final long EACH = 0x0101_0101_0101_0101L;

  /** The highest bit of each of eight octets. */
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

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
      if ((c < ' ' && c != 0 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f) {
        flags |= HARMLESS_CONTROL;
      }
      FLAGS[c] = (byte) flags;
    }
  }

  private Octets() {}

  /** Whether an octet has one of the flags. */
  public static boolean is(int flag, byte octet) {
    return (FLAGS[octet & 0xff] & flag) != 0;
  }

  /** Whether an octet is optional white space (RFC 9110 §5.6.3): space or tab. */
  public static boolean blank(byte octet) {
    return octet == ' ' || octet == '\t';
  }

  /** Where the white space at {@code start} ends; {@code start} if there is none. */
  public static int skipBlanks(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && blank(bytes[at])) {
      at++;
    }
    return at;
  }

  /** Where the token at {@code start} ends; {@code start} if there is none. */
  public static int skipToken(byte[] bytes, int start, int end) {
    int at = start;
    while (at < end && is(TOKEN, bytes[at])) {
      at++;
    }
    return at;
  }

  /**
   * Where the field value at {@code start} ends: before the first octet that is not {@link #VALUE}.
   * Most of a head is values, so eight octets are looked at in one step.
   */
  public static int skipValue(byte[] bytes, int start, int end) {
    int at = start;
    while (at + Long.BYTES <= end && isPlain((long) LONGS.get(bytes, at))) {
      at += Long.BYTES;
    }
    while (at < end && is(VALUE, bytes[at])) {
      at++;
    }
    return at;
  }

  /**
   * Whether none of eight octets is a control: below 0x20, or DEL. These are the tests "hasless"
   * and "haszero" of S. E. Anderson's Bit Twiddling Hacks, which find each such octet and no other.
   */
  private static boolean isPlain(long octets) {
    long controls = (octets - EACH * 0x20) & ~octets;
    long dels = octets ^ EACH * 0x7f;
    dels = (dels - EACH) & ~dels;
    return ((controls | dels) & HIGH_BITS) == 0;
  }

  /** The octet in lower case, if it is a US-ASCII letter; else unchanged. */
  public static byte lower(byte octet) {
    return octet >= 'A' && octet <= 'Z' ? (byte) (octet | 0x20) : octet;
  }

  /** The value of a hex digit; only for octets that are {@link #HEX}. */
  public static int hexValue(byte octet) {
    return octet <= '9' ? octet - '0' : (octet | 0x20) - 'a' + 10;
  }

  /** Whether a range equals a text that is in lower case; the case of the range is ignored. */
  public static boolean equalsIgnoreCase(byte[] bytes, int start, int end, byte[] lowerCase) {
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
