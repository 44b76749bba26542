// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;

/**
 * The field names that have a meaning to rsp. All others are {@link #OTHER} and are forwarded
 * unchanged.
 *
 * <p>Numbers, not an enum: a head has one per field line in an array that is reused. They are below
 * 32, so that a set of names fits an int; see {@link KeptFields}.
 */
public final class FieldName {
  public static final int OTHER = 0;
  public static final int HOST = 1;
  public static final int CONNECTION = 2;
  public static final int CONTENT_LENGTH = 3;
  public static final int TRANSFER_ENCODING = 4;
  public static final int KEEP_ALIVE = 5;
  public static final int PROXY_CONNECTION = 6;
  public static final int TE = 7;
  public static final int TRAILER = 8;
  public static final int UPGRADE = 9;
  public static final int EXPECT = 10;
  public static final int VIA = 11;
  public static final int X_FORWARDED_FOR = 12;
  public static final int X_FORWARDED_PROTO = 13;
  public static final int X_FORWARDED_HOST = 14;
  public static final int FORWARDED = 15;
  public static final int DATE = 16;
  public static final int HTTP2_SETTINGS = 17;
  public static final int MAX_FORWARDS = 18;

  /** A name that backends take for that of another field; see {@link #match}. */
  public static final int ALIAS = 19;

  /** A field that is not forwarded: the Connection field names it, or it is a duplicate. */
  public static final int NOMINATED = 20;

  /** A field that only a trusted proxy may send; see {@link UntrustedFields}. */
  public static final int CLAIM = 21;

  /** A field that becomes HTTP_PROXY; see {@link KeptFields#REQUEST_DROPS}. */
  public static final int PROXY = 22;

  /** A field that is as if it were not there; see {@link SingleValue}. */
  public static final int SUPERSEDED = 23;

  private static final byte[][] NAMES = {
    {},
    name("host"),
    name("connection"),
    name("content-length"),
    name("transfer-encoding"),
    name("keep-alive"),
    name("proxy-connection"),
    name("te"),
    name("trailer"),
    name("upgrade"),
    name("expect"),
    name("via"),
    name("x-forwarded-for"),
    name("x-forwarded-proto"),
    name("x-forwarded-host"),
    name("forwarded"),
    name("date"),
    name("http2-settings"),
    name("max-forwards"),
    {}, // ALIAS
    {}, // NOMINATED
    {}, // CLAIM
    name("proxy"),
  };

  private FieldName() {}

  private static byte[] name(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Which of the known names a range contains, or {@link #OTHER}. */
  public static int of(byte[] bytes, int start, int end) {
    return switch (end - start) {
      case 2 -> match(bytes, start, end, TE);
      case 3 -> match(bytes, start, end, VIA);
      case 4 -> either(bytes, start, end, HOST, DATE);
      case 5 -> match(bytes, start, end, PROXY);
      case 6 -> match(bytes, start, end, EXPECT);
      case 7 -> either(bytes, start, end, UPGRADE, TRAILER);
      case 9 -> match(bytes, start, end, FORWARDED);
      case 10 -> either(bytes, start, end, CONNECTION, KEEP_ALIVE);
      case 12 -> match(bytes, start, end, MAX_FORWARDS);
      case 14 -> either(bytes, start, end, CONTENT_LENGTH, HTTP2_SETTINGS);
      case 15 -> match(bytes, start, end, X_FORWARDED_FOR);
      case 16 -> either(bytes, start, end, X_FORWARDED_HOST, PROXY_CONNECTION);
      case 17 -> either(bytes, start, end, TRANSFER_ENCODING, X_FORWARDED_PROTO);
      default -> OTHER;
    };
  }

  private static int either(byte[] bytes, int start, int end, int first, int second) {
    int found = match(bytes, start, end, first);
    return found == OTHER ? match(bytes, start, end, second) : found;
  }

  /**
   * The name, if a range of its length contains it.
   *
   * <p>Backends that turn fields into variables (CGI, WSGI, PHP) write "_" for "-", and some for
   * any other octet, so a client could send X_Forwarded_For beside the field of rsp
   * (CVE-2026-39858), or Content_Length beside the length by which rsp frames the body. Such a
   * spelling is an {@link #ALIAS}.
   */
  private static int match(byte[] bytes, int start, int end, int name) {
    byte[] expected = NAMES[name];
    int found = name;
    for (int at = start; at < end; at++) {
      byte octet = Octets.lower(bytes[at]);
      if (octet != expected[at - start]) {
        if (expected[at - start] != '-' || alphanumeric(octet)) {
          return OTHER;
        }
        found = ALIAS;
      }
    }
    return found;
  }

  /** Whether an octet stays what it is in the name of a variable. */
  static boolean alphanumeric(byte lowerCase) {
    return (lowerCase >= 'a' && lowerCase <= 'z') || (lowerCase >= '0' && lowerCase <= '9');
  }

  /** Which of the known names a text is, in any case, or {@link #OTHER}. */
  static int of(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return of(bytes, 0, bytes.length);
  }
}
