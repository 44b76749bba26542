// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import dev.rsp.http.Head;
import dev.rsp.http.KeptFields;

/**
 * Copies the field lines of a head that are forwarded: as ranges of its bytes, wherever a line has
 * the form that rsp writes.
 *
 * <p>For {@link HeadWriter}, on its event loop.
 */
final class FieldCopy {
  private FieldCopy() {}

  /**
   * Copies the fields that are kept; neighbours in one copy.
   *
   * @param drops the names of the others; see {@link KeptFields}
   */
  static void copy(Head head, int drops, HeadBytes out) {
    byte[] bytes = head.bytes();
    int count = head.fieldCount();
    int runStart = -1;
    int lineStart = head.startLineEnd();
    for (int field = 0; field < count; field++) {
      int lineEnd = field + 1 < count ? head.nameStart(field + 1) : head.fieldsEnd();
      boolean dropped = KeptFields.contains(drops, head, field);
      if (!dropped && plain(head, field, lineEnd)) {
        if (runStart < 0) {
          runStart = lineStart;
        }
      } else {
        if (runStart >= 0) {
          out.copy(bytes, runStart, lineStart);
          runStart = -1;
        }
        if (!dropped) {
          out.copy(bytes, head.nameStart(field), head.nameEnd(field));
          out.put(':');
          out.put(' ');
          out.copy(bytes, head.valueStart(field), head.valueEnd(field));
          out.crlf();
        }
      }
      lineStart = lineEnd;
    }
    if (runStart >= 0) {
      out.copy(bytes, runStart, lineStart);
    }
  }

  /** Whether a line has the form that rsp writes: no white space but one space after the colon. */
  private static boolean plain(Head head, int field, int lineEnd) {
    byte[] bytes = head.bytes();
    int colon = head.nameEnd(field);
    int gap = head.valueStart(field) - colon;
    return head.valueEnd(field) + 2 == lineEnd
        && bytes[lineEnd - 2] == '\r'
        && (gap == 2 ? bytes[colon + 1] == ' ' : gap == 1);
  }
}
