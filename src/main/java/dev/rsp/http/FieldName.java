// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;

/**
 * The field names that rsp gives a meaning to. All others are {@link #OTHER} and pass untouched.
 *
 * <p>Numbers, not an enum: a head keeps one per field line in an array that is used again.
 */
final class FieldName {
  static final int OTHER = 0;
  static final int HOST = 1;
  static final int CONNECTION = 2;
  static final int CONTENT_LENGTH = 3;
  static final int TRANSFER_ENCODING = 4;
  static final int KEEP_ALIVE = 5;
  static final int PROXY_CONNECTION = 6;
  static final int TE = 7;
  static final int TRAILER = 8;
  static final int UPGRADE = 9;
  static final int EXPECT = 10;
  static final int VIA = 11;
  static final int X_FORWARDED_FOR = 12;
  static final int X_FORWARDED_PROTO = 13;
  static final int X_FORWARDED_HOST = 14;
  static final int FORWARDED = 15;
  static final int DATE = 16;
  static final int HTTP2_SETTINGS = 17;

  static final int MAX_FORWARDS = 18;

  /** A spelling with "_" of a field that rsp sets itself; see {@link #match}. */
  static final int ALIAS = 19;

  /** A field that goes no further, because the Connection field names it or it says nothing new. */
  static final int NOMINATED = 20;

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
  };

  private FieldName() {}

  private static byte[] name(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** Which of the known names stands in a range, or {@link #OTHER}. */
  static int of(byte[] bytes, int start, int end) {
    return switch (end - start) {
      case 2 -> match(bytes, start, end, TE);
      case 3 -> match(bytes, start, end, VIA);
      case 4 -> either(bytes, start, end, HOST, DATE);
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
   * The name, if it stands in a range of its length.
   *
   * <p>Backends that turn fields into variables read "_" and "-" alike, so a client could pass
   * X_Forwarded_For beside ours (CVE-2026-39858). Such a spelling of a field that we set ourselves
   * is an {@link #ALIAS}.
   */
  private static int match(byte[] bytes, int start, int end, int name) {
    byte[] expected = NAMES[name];
    boolean ours = name >= X_FORWARDED_FOR && name <= X_FORWARDED_HOST;
    int found = name;
    for (int at = start; at < end; at++) {
      byte octet = Octets.lower(bytes[at]);
      if (octet != expected[at - start]) {
        if (!ours || octet != '_' || expected[at - start] != '-') {
          return OTHER;
        }
        found = ALIAS;
      }
    }
    return found;
  }
}
