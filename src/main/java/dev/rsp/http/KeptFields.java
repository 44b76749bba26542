// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/**
 * Which fields of a head go further than one hop, and their copy: as ranges of the bytes that were
 * read, wherever a line is already as rsp writes it.
 *
 * <p>For {@link HeadWriter}, on its event loop. {@link UwsgiWriter} leaves out the same, and more.
 */
final class KeptFields {
  /** Fields of a request that are for this hop alone, or that rsp sets itself. */
  static final int REQUEST_DROPS =
      set(
          FieldName.CONNECTION,
          FieldName.KEEP_ALIVE,
          FieldName.PROXY_CONNECTION,
          FieldName.TE,
          FieldName.TRAILER,
          FieldName.UPGRADE,
          FieldName.HTTP2_SETTINGS,
          FieldName.ALIAS,
          FieldName.NOMINATED,
          FieldName.TRANSFER_ENCODING);

  /** What a client could claim of the hops before it. */
  static final int FORWARDING =
      set(
          FieldName.X_FORWARDED_FOR,
          FieldName.X_FORWARDED_PROTO,
          FieldName.X_FORWARDED_HOST,
          FieldName.FORWARDED);

  /** Fields of a response that are for this hop alone. */
  static final int RESPONSE_DROPS =
      set(
          FieldName.CONNECTION,
          FieldName.KEEP_ALIVE,
          FieldName.PROXY_CONNECTION,
          FieldName.TE,
          FieldName.TRAILER,
          FieldName.UPGRADE,
          FieldName.NOMINATED,
          FieldName.TRANSFER_ENCODING);

  private KeptFields() {}

  private static int set(int... names) {
    int bits = 0;
    for (int name : names) {
      bits |= 1 << name;
    }
    return bits;
  }

  /**
   * Copies the fields that are kept, neighbours in one go.
   *
   * @param drops the names of the others, one bit each
   */
  static void copy(Head head, int drops, HeadBytes out) {
    byte[] bytes = head.bytes;
    int count = head.fieldCount;
    int runStart = -1;
    int lineStart = head.startLineEnd;
    for (int field = 0; field < count; field++) {
      int lineEnd = field + 1 < count ? head.nameStart(field + 1) : head.fieldsEnd;
      boolean dropped = (drops >> head.name(field) & 1) != 0;
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

  /** Whether a line is already as rsp writes it: no white space but one space after the colon. */
  private static boolean plain(Head head, int field, int lineEnd) {
    int colon = head.nameEnd(field);
    int gap = head.valueStart(field) - colon;
    return head.valueEnd(field) + 2 == lineEnd
        && head.bytes[lineEnd - 2] == '\r'
        && (gap == 2 ? head.bytes[colon + 1] == ' ' : gap == 1);
  }
}
