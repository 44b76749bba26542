// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import org.jspecify.annotations.Nullable;

/** The Content-Length field: digits, and nothing else (RFC 9110 §8.6). */
public final class ContentLength {
  private static final Refusal INVALID = new Refusal(400, "invalid Content-Length");
  private static final Refusal SEVERAL = new Refusal(400, "more than one Content-Length field");

  /** 18 digits always fit a long, and no real body is larger. */
  private static final int MAX_DIGITS = 18;

  private ContentLength() {}

  /**
   * Reads a field and records its value in the head.
   *
   * @param equalToo whether the same length may be repeated (RFC 9110 §8.6); it is forwarded once
   * @return why the request is refused, or null
   */
  static @Nullable Refusal read(Head head, int field, boolean equalToo) {
    int before = head.contentLengthField;
    if (before >= 0 && !equalToo) {
      return SEVERAL;
    }
    long length =
        equalToo ? list(head, field) : number(head, head.valueStart(field), head.valueEnd(field));
    if (length < 0) {
      return INVALID;
    }
    if (before >= 0) {
      if (length != head.contentLength) {
        return SEVERAL;
      }
      head.setName(before, FieldName.NOMINATED);
    }
    head.contentLengthField = field;
    head.contentLength = length;
    return null;
  }

  /** The number in a list that may repeat it; -1 if the list is invalid. */
  private static long list(Head head, int field) {
    byte[] bytes = head.bytes;
    int end = head.valueEnd(field);
    int at = head.valueStart(field);
    long length = -1;
    while (true) {
      int start = at;
      while (at < end && bytes[at] != ',' && !Octets.blank(bytes[at])) {
        at++;
      }
      long next = number(head, start, at);
      if (next < 0 || (length >= 0 && next != length)) {
        return -1;
      }
      length = next;
      at = Octets.skipBlanks(bytes, at, end);
      if (at == end) {
        return length;
      }
      if (bytes[at] != ',') {
        return -1;
      }
      at = Octets.skipBlanks(bytes, at + 1, end);
    }
  }

  /** The number in a range, or -1 if it is invalid or too long. */
  private static long number(Head head, int start, int end) {
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

  /**
   * Whether the field is its number and nothing else: not a list, no leading zeros. Only for a head
   * that has the field.
   */
  public static boolean canonical(Head head) {
    int digits = 1;
    for (long rest = head.contentLength; rest > 9; rest /= 10) {
      digits++;
    }
    int field = head.contentLengthField;
    return head.valueEnd(field) - head.valueStart(field) == digits;
  }
}
