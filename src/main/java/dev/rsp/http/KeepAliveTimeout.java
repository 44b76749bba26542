// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;

/** Reads {@code timeout} of a Keep-Alive field (RFC 2068 §19.7.1.1), as Apache and Node.js send. */
final class KeepAliveTimeout {
  private static final byte[] TIMEOUT = "timeout=".getBytes(StandardCharsets.US_ASCII);

  /** A day. More digits do not overflow. */
  private static final int MAX_SECONDS = 86_400;

  private KeepAliveTimeout() {}

  /** The seconds, at most a day; -1 if the field names none. */
  static int seconds(Head head, int field) {
    byte[] bytes = head.bytes;
    int end = head.valueEnd(field);
    int start = head.valueStart(field);
    while (start < end) {
      int to = start;
      while (to < end && bytes[to] != ',') {
        to++;
      }
      while (start < to && (bytes[start] == ' ' || bytes[start] == '\t')) {
        start++;
      }
      int digits = start + TIMEOUT.length;
      if (digits < to && Octets.equalsIgnoreCase(bytes, start, digits, TIMEOUT)) {
        return number(bytes, digits, to);
      }
      start = to + 1;
    }
    return -1;
  }

  private static int number(byte[] bytes, int start, int end) {
    int value = 0;
    for (int at = start; at < end; at++) {
      int digit = bytes[at] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = Math.min(value * 10 + digit, MAX_SECONDS);
    }
    return value;
  }
}
