// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The format of a file of one hour: CSV (RFC 4180, with line feeds) with a header. A host has no
 * character that must be quoted. The time at the backend has six decimals, so that no microsecond
 * is lost over a restart.
 */
final class UsageFile {
  /** A change that an older rsp cannot read needs another header. */
  static final String HEADER = "host,requests,bytes_in,bytes_out,backend_seconds";

  /** More than the longest line: a host of 255 octets and four numbers of 19 digits. */
  static final int MOST_LINE_BYTES = 512;

  private static final int BUFFER_BYTES = 1 << 16;
  private static final int SECOND_DIGITS = 6;
  private static final long MICROS_PER_SECOND = 1_000_000;

  private UsageFile() {}

  /** Takes the rows of a file. */
  @FunctionalInterface
  interface Rows {
    /** The host is in {@code octets}, and good only during the call. */
    void take(
        byte[] octets, int start, int length, long requests, long in, long out, long backendMicros);
  }

  /** It is no file of usage that this version reads. */
  static final class UnknownFormatException extends IOException {
    private static final long serialVersionUID = 1;

    UnknownFormatException() {
      super("it is not a usage file of this version of rsp");
    }
  }

  /**
   * Reads a file. Blocks.
   *
   * @return how many lines were damaged, and are left out
   * @throws UnknownFormatException if its first line is not {@link #HEADER}
   * @throws IOException if it cannot be read
   */
  static int read(Path file, Rows rows) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, rows);
    }
  }

  private static int read(InputStream in, Rows rows) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    int length = 0;
    int damaged = 0;
    boolean titled = false;
    boolean skip = false;
    for (int got = in.read(buffer);
        got >= 0;
        got = in.read(buffer, length, buffer.length - length)) {
      length += got;
      int start = 0;
      for (int at = 0; at < length; at++) {
        if (buffer[at] != '\n') {
          continue;
        }
        if (!titled) {
          requireHeader(buffer, at);
          titled = true;
        } else if (skip || !row(buffer, start, at, rows)) {
          damaged++;
        }
        skip = false;
        start = at + 1;
      }
      if (start == 0 && length > MOST_LINE_BYTES) {
        skip = true;
        start = length;
      }
      System.arraycopy(buffer, start, buffer, 0, length - start);
      length -= start;
    }
    if (!titled) {
      throw new UnknownFormatException();
    }
    return damaged + (length > 0 ? 1 : 0);
  }

  private static void requireHeader(byte[] buffer, int end) throws UnknownFormatException {
    if (!new String(buffer, 0, end, StandardCharsets.ISO_8859_1).strip().equals(HEADER)) {
      throw new UnknownFormatException();
    }
  }

  /** Whether a line is a row; then it was passed on. */
  private static boolean row(byte[] line, int start, int end, Rows rows) {
    int host = comma(line, start, end);
    int requests = comma(line, host + 1, end);
    int in = comma(line, requests + 1, end);
    int out = comma(line, in + 1, end);
    if (host == start || host - start > UsageTable.MOST_HOST_BYTES || out >= end) {
      return false;
    }
    long[] numbers = {
      number(line, host + 1, requests),
      number(line, requests + 1, in),
      number(line, in + 1, out),
      micros(line, out + 1, end)
    };
    for (long number : numbers) {
      if (number < 0) {
        return false;
      }
    }
    rows.take(line, start, host - start, numbers[0], numbers[1], numbers[2], numbers[3]);
    return true;
  }

  private static int comma(byte[] line, int start, int end) {
    int at = start;
    while (at < end && line[at] != ',') {
      at++;
    }
    return at;
  }

  /** A whole number of up to 18 digits; -1 if it is none. */
  private static long number(byte[] line, int start, int end) {
    if (start >= end || end - start > 18) {
      return -1;
    }
    long number = 0;
    for (int at = start; at < end; at++) {
      if (line[at] < '0' || line[at] > '9') {
        return -1;
      }
      number = number * 10 + line[at] - '0';
    }
    return number;
  }

  private static long micros(byte[] line, int start, int end) {
    int point = end - SECOND_DIGITS - 1;
    if (point <= start || line[point] != '.' || point - start > 12) {
      return -1;
    }
    long seconds = number(line, start, point);
    long fraction = number(line, point + 1, end);
    return seconds < 0 || fraction < 0 ? -1 : seconds * MICROS_PER_SECOND + fraction;
  }

  /**
   * Writes the line of a row.
   *
   * @param to has room for {@link #MOST_LINE_BYTES} at {@code at}
   * @return where the line ends
   */
  static int put(UsageTable table, int row, byte[] to, int at) {
    int end = at + table.copyHost(row, to, at);
    return putValues(
        to,
        end,
        table.value(row, UsageTable.REQUESTS),
        table.value(row, UsageTable.BYTES_IN),
        table.value(row, UsageTable.BYTES_OUT),
        table.value(row, UsageTable.BACKEND_MICROS));
  }

  /** The same for the hosts that are summed together. */
  static int putOthers(HostUse others, byte[] to, int at) {
    to[at] = '*';
    return putValues(
        to, at + 1, others.requests(), others.bytesIn(), others.bytesOut(), others.backendMicros());
  }

  private static int putValues(
      byte[] to, int at, long requests, long in, long out, long backendMicros) {
    int end = putNumber(to, at, requests, 1, ',');
    end = putNumber(to, end, in, 1, ',');
    end = putNumber(to, end, out, 1, ',');
    end = putNumber(to, end, backendMicros / MICROS_PER_SECOND, 1, ',');
    end = putNumber(to, end, backendMicros % MICROS_PER_SECOND, SECOND_DIGITS, '.');
    to[end] = '\n';
    return end + 1;
  }

  /** Writes a separator and a number with leading zeros; returns where it ends. */
  private static int putNumber(byte[] to, int at, long number, int leastDigits, char separator) {
    to[at] = (byte) separator;
    int digits = 1;
    for (long rest = number / 10; rest > 0 || digits < leastDigits; rest /= 10) {
      digits++;
    }
    long rest = number;
    for (int i = at + digits; i > at; i--) {
      to[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return at + 1 + digits;
  }
}
