// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import dev.rsp.http.FieldName;
import dev.rsp.http.Head;
import dev.rsp.http.KeptFields;
import dev.rsp.http.Octets;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;

/** Parses the field lines of a head: where each name and value is (RFC 9112 §5). */
final class FieldLines {
  private static final Refusal NAME = new Refusal(400, "malformed field name");
  private static final Refusal SPACE_BEFORE_COLON =
      new Refusal(400, "white space between field name and colon");
  private static final Refusal LEADING_SPACE =
      new Refusal(400, "white space at the start of a field line");
  private static final Refusal VALUE = new Refusal(400, "invalid octet in a field value");
  private static final Refusal LINE_END = new Refusal(400, "a line must end with CR LF");
  private static final Refusal TOO_MANY = new Refusal(431, "too many fields");
  private static final Refusal RESPONSE_FIELD = new Refusal(502, "malformed field in the response");
  private static final Refusal RESPONSE_TOO_MANY = new Refusal(502, "too many response fields");

  /** What rsp itself goes by in a response: "\x0bchunked" must not become "chunked". */
  private static final int FOR_THIS_HOP =
      KeptFields.RESPONSE_DROPS | 1 << FieldName.CONTENT_LENGTH | 1 << FieldName.ALIAS;

  private FieldLines() {}

  /**
   * Parses the lines from {@link Head#startLineEnd} to the empty line.
   *
   * @param loneLf whether LF alone may end a line
   */
  static Parsed parse(Head head, int end, int maxFields, boolean request, boolean loneLf) {
    byte[] bytes = head.bytes();
    int at = head.startLineEnd();
    while (true) {
      int lineStart = at;
      at = Octets.skipToken(bytes, at, end);
      int nameEnd = at;
      if (!request && at > lineStart) {
        // RFC 9112 §5.1: a proxy removes such white space from a response.
        at = Octets.skipBlanks(bytes, at, end);
      }
      if (at == end) {
        return Parsed.MORE;
      }
      if (nameEnd == lineStart && endsLine(bytes[at], loneLf)) {
        int next = lineEnd(bytes, at, end);
        if (next <= 0) {
          return next == 0 ? Parsed.MORE : head.refuse(request ? LINE_END : RESPONSE_FIELD);
        }
        head.end(lineStart, next);
        return Parsed.DONE;
      }
      if (bytes[at] != ':' || nameEnd == lineStart) {
        return head.refuse(request ? badName(bytes, lineStart, at) : RESPONSE_FIELD);
      }
      int valueStart = Octets.skipBlanks(bytes, at + 1, end);
      at = Octets.skipValue(bytes, valueStart, end);
      if (!request
          && at < end
          && Octets.is(Octets.HARMLESS_CONTROL, bytes[at])
          && (FOR_THIS_HOP >> FieldName.of(bytes, lineStart, nameEnd) & 1) == 0) {
        at = blankControls(bytes, at, end);
        valueStart = Octets.skipBlanks(bytes, valueStart, at);
      }
      int valueEnd = at;
      if (at == end) {
        return Parsed.MORE;
      }
      // RFC 9112 §2.2: neither a bare LF nor a bare CR ends a line here.
      if (!endsLine(bytes[at], loneLf)) {
        return head.refuse(request ? bytes[at] == '\n' ? LINE_END : VALUE : RESPONSE_FIELD);
      }
      at = lineEnd(bytes, at, end);
      if (at <= 0) {
        return at == 0 ? Parsed.MORE : head.refuse(request ? LINE_END : RESPONSE_FIELD);
      }
      while (valueEnd > valueStart && Octets.blank(bytes[valueEnd - 1])) {
        valueEnd--;
      }
      if (head.fieldCount() == maxFields) {
        return head.refuse(request ? TOO_MANY : RESPONSE_TOO_MANY);
      }
      head.addField(lineStart, nameEnd, valueStart, valueEnd);
    }
  }

  /**
   * Writes a blank over each {@link Octets#HARMLESS_CONTROL} in a value or a reason of a response:
   * servers send them, and all readers find the same end of the line (RFC 9110 §5.5 has CR, LF and
   * NUL refused or replaced; the others may be kept, but a client may refuse them).
   *
   * @return where the text ends: before the first octet that is neither of the text nor replaced
   */
  static int blankControls(byte[] bytes, int start, int end) {
    int at = Octets.skipValue(bytes, start, end);
    while (at < end && Octets.is(Octets.HARMLESS_CONTROL, bytes[at])) {
      bytes[at] = ' ';
      at = Octets.skipValue(bytes, at, end);
    }
    return at;
  }

  /** Whether a line may end with this octet, alone or followed by LF. */
  static boolean endsLine(byte octet, boolean loneLf) {
    return octet == '\r' || (loneLf && octet == '\n');
  }

  /**
   * Where the next line starts, after a CR or LF at {@code at}.
   *
   * @return 0 if the LF has not arrived, -1 if another octet follows the CR
   */
  static int lineEnd(byte[] bytes, int at, int end) {
    if (bytes[at] == '\n') {
      return at + 1;
    }
    if (at + 1 == end) {
      return 0;
    }
    return bytes[at + 1] == '\n' ? at + 2 : -1;
  }

  private static Refusal badName(byte[] bytes, int nameStart, int at) {
    if (!Octets.blank(bytes[at])) {
      return NAME;
    }
    // RFC 9112 §2.2 and §5.2: a line that starts with white space is either an attempt to hide a
    // field from one of two parsers, or a folded line, which is obsolete.
    return at == nameStart ? LEADING_SPACE : SPACE_BEFORE_COLON;
  }
}
