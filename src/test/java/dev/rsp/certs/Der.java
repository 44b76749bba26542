// SPDX-License-Identifier: Apache-2.0
package dev.rsp.certs;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/** Writes the few values of DER (X.690) that a certificate is made of. */
final class Der {
  private static final DateTimeFormatter UTC_TIME =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter GENERALIZED_TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  /** RFC 5280, section 4.1.2.5: years from 2050 on are written as GeneralizedTime. */
  private static final Instant YEAR_2050 = Instant.parse("2050-01-01T00:00:00Z");

  private Der() {}

  static byte[] value(int tag, byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int length = 0;
    for (byte[] part : parts) {
      length += part.length;
    }
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else if (length < 0x100) {
      out.write(0x81);
      out.write(length);
    } else if (length < 0x10000) {
      out.write(0x82);
      out.write(length >> 8);
      out.write(length);
    } else {
      out.write(0x83);
      out.write(length >> 16);
      out.write(length >> 8);
      out.write(length);
    }
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  static byte[] sequence(byte[]... parts) {
    return value(0x30, parts);
  }

  static byte[] set(byte[]... parts) {
    return value(0x31, parts);
  }

  static byte[] integer(long number) {
    return value(0x02, BigInteger.valueOf(number).toByteArray());
  }

  static byte[] octets(byte[]... parts) {
    return value(0x04, parts);
  }

  /** A BIT STRING whose last octet has this many unused bits. */
  static byte[] bits(int unusedBits, byte[] octets) {
    return value(0x03, new byte[] {(byte) unusedBits}, octets);
  }

  static byte[] utf8(String text) {
    return value(0x0c, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] ascii(int tag, String text) {
    return value(tag, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  static byte[] yes() {
    return value(0x01, new byte[] {(byte) 0xff});
  }

  static byte[] nothing() {
    return value(0x05);
  }

  static byte[] time(Instant instant) {
    return instant.isBefore(YEAR_2050)
        ? ascii(0x17, UTC_TIME.format(instant))
        : ascii(0x18, GENERALIZED_TIME.format(instant));
  }

  /** An OBJECT IDENTIFIER in dotted form. */
  static byte[] oid(String dotted) {
    String[] arcs = dotted.split("\\.", -1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(Integer.parseInt(arcs[0]) * 40 + Integer.parseInt(arcs[1]));
    for (int i = 2; i < arcs.length; i++) {
      int arc = Integer.parseInt(arcs[i]);
      for (int shift = 28; shift > 0; shift -= 7) {
        if (arc >>> shift != 0) {
          out.write(((arc >>> shift) & 0x7f) | 0x80);
        }
      }
      out.write(arc & 0x7f);
    }
    return value(0x06, out.toByteArray());
  }

  /** The whole value (tag, length, content) that begins at {@code from}. */
  static byte[] at(byte[] der, int from) {
    int content = content(der, from);
    int length = der[from + 1] & 0xff;
    if (length >= 0x80) {
      int octets = length & 0x7f;
      length = 0;
      for (int i = 0; i < octets; i++) {
        length = (length << 8) | (der[from + 2 + i] & 0xff);
      }
    }
    return Arrays.copyOfRange(der, from, content + length);
  }

  /** Where the content of the value that begins at {@code from} begins. */
  static int content(byte[] der, int from) {
    int length = der[from + 1] & 0xff;
    return from + 2 + (length >= 0x80 ? length & 0x7f : 0);
  }
}
