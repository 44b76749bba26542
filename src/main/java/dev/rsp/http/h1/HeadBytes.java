// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The bytes of a head that is being written, in an array that is reused for the next one.
 *
 * <p>Belongs to a {@link HeadWriter} and its event loop; {@link FieldCopy} and {@link OwnAnswer}
 * write to it too. The caller reserves room for the whole head when it starts it; the methods that
 * put bytes do not check the room.
 */
final class HeadBytes {
  static final byte[] STATUS_LINE = ascii("HTTP/1.1 ");
  static final byte[] CLOSE = ascii("Connection: close\r\n");
  static final byte[] KEEP_ALIVE = ascii("Connection: keep-alive\r\n");

  private static final HexFormat HEX = HexFormat.of().withUpperCase();
  private static final byte[] CONTENT_LENGTH = ascii("Content-Length: ");
  private static final byte[] DATE = ascii("Date: ");
  private static final byte[] CRLF = ascii("\r\n");

  private byte[] bytes = new byte[8192];
  private int length;

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /** The bytes put since the start, from 0 to {@link #length()}. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  /** Starts a head of at most {@code atMost} bytes. */
  void start(int atMost) {
    length = 0;
    if (bytes.length < atMost) {
      bytes = Arrays.copyOf(bytes, atMost);
    }
  }

  /** Starts something that always fits, such as the size of a chunk. */
  void start() {
    length = 0;
  }

  void put(byte[] text) {
    System.arraycopy(text, 0, bytes, length, text.length);
    length += text.length;
  }

  /** Inserts a line before the last one, which is empty. */
  void insertBeforeEnd(byte[] line) {
    int most = length + line.length;
    if (bytes.length < most) {
      bytes = Arrays.copyOf(bytes, most);
    }
    length -= CRLF.length;
    put(line);
    crlf();
  }

  void put(char octet) {
    bytes[length++] = (byte) octet;
  }

  void copy(byte[] from, int start, int end) {
    System.arraycopy(from, start, bytes, length, end - start);
    length += end - start;
  }

  /** Copies a part of a target, and percent-encodes what is not ASCII: RFC 3986 §2.1. */
  void copyEncoded(byte[] from, int start, int end) {
    for (int at = start; at < end; at++) {
      byte octet = from[at];
      if (octet < 0) {
        put('%');
        put(HEX.toHighHexDigit(octet));
        put(HEX.toLowHexDigit(octet));
      } else {
        put((char) octet);
      }
    }
  }

  void crlf() {
    put(CRLF);
  }

  /** The three digits of a status code. */
  void status(int code) {
    put((char) ('0' + code / 100));
    put((char) ('0' + code / 10 % 10));
    put((char) ('0' + code % 10));
  }

  void contentLength(long value) {
    put(CONTENT_LENGTH);
    put(ascii(Long.toString(value)));
    put(CRLF);
  }

  /** A Date field; its value has 29 bytes. */
  void date(byte[] value) {
    put(DATE);
    put(value);
    put(CRLF);
  }
}
