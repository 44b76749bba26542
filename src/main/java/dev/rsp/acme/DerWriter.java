// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The values of ASN.1 that requests for certificates consist of, in DER (X.690). */
final class DerWriter {
  static final int INTEGER = 0x02;
  static final int BIT_STRING = 0x03;
  static final int OCTET_STRING = 0x04;
  static final int OBJECT_ID = 0x06;
  static final int UTF8_STRING = 0x0c;
  static final int UTC_TIME = 0x17;
  static final int SEQUENCE = 0x30;
  static final int SET = 0x31;

  /** The fields of a structure: {@code [0]}, {@code [3]}. */
  static final int FIELD_0 = 0xa0;

  static final int FIELD_3 = 0xa3;

  /** A dNSName in a subjectAltName (RFC 5280 §4.2.1.6). */
  static final int DNS_NAME = 0x82;

  private static final DateTimeFormatter UTC =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private DerWriter() {}

  static byte[] value(int tag, byte[]... parts) {
    var content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    int length = content.size();
    var out = new ByteArrayOutputStream(length + 5);
    out.write(tag);
    // The shortest form (X.690 §10.1): one octet up to 127, else the number of octets before them.
    if (length >= 0x80) {
      int octets = length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
      out.write(0x80 | octets);
      for (int shift = 8 * (octets - 1); shift > 0; shift -= 8) {
        out.write(length >> shift);
      }
    }
    out.write(length);
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }

  static byte[] sequence(byte[]... parts) {
    return value(SEQUENCE, parts);
  }

  static byte[] text(int tag, String text) {
    return value(tag, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A bit string of whole octets. */
  static byte[] bits(byte[] octets) {
    return value(BIT_STRING, new byte[] {0}, octets);
  }

  /** A time before 2050 (RFC 5280 §4.1.2.5). */
  static byte[] utcTime(Instant time) {
    return text(UTC_TIME, UTC.format(time));
  }

  static byte[] oid(int... arcs) {
    var out = new ByteArrayOutputStream();
    out.write(40 * arcs[0] + arcs[1]);
    for (int i = 2; i < arcs.length; i++) {
      int shift = 28;
      while (shift > 0 && arcs[i] >> shift == 0) {
        shift -= 7;
      }
      for (; shift > 0; shift -= 7) {
        out.write(0x80 | ((arcs[i] >> shift) & 0x7f));
      }
      out.write(arcs[i] & 0x7f);
    }
    return value(OBJECT_ID, out.toByteArray());
  }
}
