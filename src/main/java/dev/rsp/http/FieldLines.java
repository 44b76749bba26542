// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/** The field lines of a head: where each name and value stands (RFC 9112 §5). */
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

  private FieldLines() {}

  /** Reads lines from {@link Head#startLineEnd} to the empty line. */
  static Parsed parse(Head head, int end, int maxFields, boolean request) {
    byte[] bytes = head.bytes;
    int at = head.startLineEnd;
    while (true) {
      if (at == end) {
        return Parsed.MORE;
      }
      if (bytes[at] == '\r') {
        if (at + 1 == end) {
          return Parsed.MORE;
        }
        if (bytes[at + 1] != '\n') {
          return head.refuse(request ? LINE_END : RESPONSE_FIELD);
        }
        head.length = at + 2;
        return Parsed.DONE;
      }
      int nameStart = at;
      while (at < end && Octets.is(Octets.TOKEN, bytes[at])) {
        at++;
      }
      int nameEnd = at;
      if (!request) {
        // RFC 9112 §5.1: a proxy removes such white space from a response.
        while (at < end && at > nameStart && blank(bytes[at])) {
          at++;
        }
      }
      if (at == end) {
        return Parsed.MORE;
      }
      if (bytes[at] != ':' || nameEnd == nameStart) {
        return head.refuse(request ? badName(bytes, nameStart, at) : RESPONSE_FIELD);
      }
      at++;
      while (at < end && blank(bytes[at])) {
        at++;
      }
      int valueStart = at;
      while (at < end && Octets.is(Octets.VALUE, bytes[at])) {
        at++;
      }
      int valueEnd = at;
      if (at == end) {
        return Parsed.MORE;
      }
      // RFC 9112 §2.2: neither a bare LF nor a bare CR ends a line here.
      if (bytes[at] != '\r') {
        return head.refuse(request ? bytes[at] == '\n' ? LINE_END : VALUE : RESPONSE_FIELD);
      }
      if (at + 1 == end) {
        return Parsed.MORE;
      }
      if (bytes[at + 1] != '\n') {
        return head.refuse(request ? LINE_END : RESPONSE_FIELD);
      }
      at += 2;
      while (valueEnd > valueStart && blank(bytes[valueEnd - 1])) {
        valueEnd--;
      }
      if (head.fieldCount == maxFields) {
        return head.refuse(request ? TOO_MANY : RESPONSE_TOO_MANY);
      }
      head.addField(
          nameStart, nameEnd, valueStart, valueEnd, FieldName.of(bytes, nameStart, nameEnd));
    }
  }

  private static boolean blank(byte octet) {
    return octet == ' ' || octet == '\t';
  }

  private static Refusal badName(byte[] bytes, int nameStart, int at) {
    if (!blank(bytes[at])) {
      return NAME;
    }
    // RFC 9112 §2.2 and §5.2: a line that starts with white space is either an attempt to hide a
    // field from one of two readers, or a folded line, which is obsolete.
    return at == nameStart ? LEADING_SPACE : SPACE_BEFORE_COLON;
  }
}
