// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Complete lines, as bytes, for one write. A loop fills it; then the thread that writes empties it.
 * It grows, so that a line is never cut by it.
 */
final class LineBuffer {
  /** Bytes after which it is handed over: the capacity of a pipe, pipe(7). */
  static final int FULL_BYTES = 65_536;

  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  /** The longest decimal number, with its sign. */
  private static final int NUMBER_BYTES = 20;

  private byte[] bytes = new byte[FULL_BYTES + 8192];
  private int length;
  private int lines;

  /** Whether it is time to hand it over. */
  boolean isFull() {
    return length >= FULL_BYTES;
  }

  boolean isEmpty() {
    return lines == 0;
  }

  /** How many lines it has. */
  int lines() {
    return lines;
  }

  /** The lines. Valid until it is written to again. */
  ByteBuffer content() {
    return ByteBuffer.wrap(bytes, 0, length);
  }

  /** Writes the lines to a stream. */
  void writeTo(OutputStream out) throws IOException {
    out.write(bytes, 0, length);
  }

  void clear() {
    length = 0;
    lines = 0;
    if (bytes.length > 4 * FULL_BYTES) {
      bytes = new byte[FULL_BYTES + 8192]; // a few lines were very long
    }
  }

  void endLine() {
    put((byte) '\n');
    lines++;
  }

  void put(byte octet) {
    room(1);
    bytes[length++] = octet;
  }

  void put(byte[] octets) {
    put(octets, 0, octets.length);
  }

  void put(byte[] octets, int start, int end) {
    int count = end - start;
    room(count);
    System.arraycopy(octets, start, bytes, length, count);
    length += count;
  }

  /** Appends text of the program's own, which is ASCII. */
  @SuppressWarnings("deprecation") // the other getBytes makes an array each time
  void put(String ascii) {
    int count = ascii.length();
    room(count);
    ascii.getBytes(0, count, bytes, length);
    length += count;
  }

  void put(long number) {
    room(NUMBER_BYTES);
    if (number < 0) {
      put(Long.toString(number));
      return;
    }
    int digits = 1;
    for (long rest = number; rest >= 10; rest /= 10) {
      digits++;
    }
    long rest = number;
    for (int at = length + digits - 1; at >= length; at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  /** Appends a time in milliseconds with three decimals. */
  void putMillis(long nanos) {
    long micros = nanos / 1000;
    put(micros / 1000);
    put((byte) '.');
    int rest = (int) (micros % 1000);
    room(3);
    bytes[length++] = (byte) ('0' + rest / 100);
    bytes[length++] = (byte) ('0' + rest / 10 % 10);
    bytes[length++] = (byte) ('0' + rest % 10);
  }

  /**
   * Appends octets of a client as the inside of a JSON string (RFC 8259 §7). What is not UTF-8 is
   * read as ISO 8859-1.
   */
  void putJson(byte[] octets, int start, int end) {
    if (plain(octets, start, end) == end) {
      put(octets, start, end);
      return;
    }
    room(6 * (end - start)); // the longest escape
    boolean utf8 = false;
    boolean checked = false;
    for (int i = start; i < end; i++) {
      byte octet = octets[i];
      if (octet >= ' ' && octet != '"' && octet != '\\' && octet != 0x7f) {
        bytes[length++] = octet;
      } else if (octet == '"' || octet == '\\') {
        bytes[length++] = '\\';
        bytes[length++] = octet;
      } else {
        if (octet < 0 && !checked) {
          utf8 = isUtf8(octets, start, end);
          checked = true;
        }
        if (octet < 0 && utf8) {
          bytes[length++] = octet;
        } else {
          bytes[length++] = '\\';
          bytes[length++] = 'u';
          bytes[length++] = '0';
          bytes[length++] = '0';
          hex(octet);
        }
      }
    }
  }

  /**
   * Appends octets of a client as nginx does in its access log: quotes, backslashes and all that is
   * not visible ASCII as {@code \xHH}, so that no line or quoted value can be forged.
   */
  void putEscaped(byte[] octets, int start, int end) {
    room(4 * (end - start));
    for (int i = start; i < end; i++) {
      byte octet = octets[i];
      if (octet >= ' ' && octet != '"' && octet != '\\' && octet != 0x7f) {
        bytes[length++] = octet;
      } else {
        bytes[length++] = '\\';
        bytes[length++] = 'x';
        hex(octet);
      }
    }
  }

  /** Where the first octet is that JSON may need to escape; the end if there is none. */
  private static int plain(byte[] octets, int start, int end) {
    int at = start;
    while (at < end
        && octets[at] >= ' '
        && octets[at] != '"'
        && octets[at] != '\\'
        && octets[at] != 0x7f) {
      at++;
    }
    return at;
  }

  private static boolean isUtf8(byte[] octets, int start, int end) {
    ByteBuffer in = ByteBuffer.wrap(octets, start, end - start);
    return !StandardCharsets.UTF_8
        .newDecoder()
        .decode(in, CharBuffer.allocate(end - start), true)
        .isError();
  }

  private void hex(byte octet) {
    bytes[length++] = HEX[octet >> 4 & 0xf];
    bytes[length++] = HEX[octet & 0xf];
  }

  private void room(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
    }
  }
}
