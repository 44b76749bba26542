// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/** The Content-Length field: digits, and nothing else (RFC 9110 §8.6). */
final class ContentLength {
  /** 18 digits always fit a long; a longer number is nobody's body. */
  private static final int MAX_DIGITS = 18;

  private ContentLength() {}

  /** The number in a field, or -1 if it is none that can be trusted. */
  static long parse(Head head, int field) {
    int start = head.valueStart(field);
    int end = head.valueEnd(field);
    if (start == end || end - start > MAX_DIGITS) {
      return -1;
    }
    long length = 0;
    for (int at = start; at < end; at++) {
      int digit = head.bytes[at] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      length = length * 10 + digit;
    }
    return length;
  }

  /** Whether the field is written as the number is: without leading zeros. */
  static boolean canonical(Head head, int field) {
    int start = head.valueStart(field);
    return head.bytes[start] != '0' || head.valueEnd(field) == start + 1;
  }
}
