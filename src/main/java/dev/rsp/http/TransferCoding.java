// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;

/** The Transfer-Encoding field (RFC 9112 §6.1 and §7): a list that must end with "chunked". */
final class TransferCoding {
  private static final Refusal INVALID = new Refusal(400, "invalid Transfer-Encoding");
  private static final Refusal UNKNOWN = new Refusal(501, "unknown transfer coding");

  private static final byte[] CHUNKED = "chunked".getBytes(StandardCharsets.US_ASCII);

  private TransferCoding() {}

  /** Whether a field is "chunked" and nothing else. */
  static boolean isChunked(Head head, int field) {
    return Octets.equalsIgnoreCase(
        head.bytes, head.valueStart(field), head.valueEnd(field), CHUNKED);
  }

  /** Whether a field is "chunked", or a list of nothing else. */
  static boolean isOnlyChunked(Head head, int field) {
    byte[] bytes = head.bytes;
    int end = head.valueEnd(field);
    int at = head.valueStart(field);
    while (true) {
      int name = at;
      at = Octets.skipToken(bytes, name, end);
      if (!Octets.equalsIgnoreCase(bytes, name, at, CHUNKED)) {
        return false;
      }
      at = Octets.skipBlanks(bytes, at, end);
      if (at == end) {
        return true;
      }
      if (bytes[at] != ',') {
        return false;
      }
      at = Octets.skipBlanks(bytes, at + 1, end);
    }
  }

  /**
   * Why a field that is not "chunked" alone is refused: 501 for a coding that rsp does not know, in
   * a well-formed list with "chunked" once and last; 400 for everything else, since two readers may
   * disagree about where its body ends.
   */
  static Refusal refusal(Head head, int field) {
    byte[] bytes = head.bytes;
    int end = head.valueEnd(field);
    int at = head.valueStart(field);
    while (true) {
      int name = at;
      at = Octets.skipToken(bytes, name, end);
      boolean chunked = Octets.equalsIgnoreCase(bytes, name, at, CHUNKED);
      if (at == name || (chunked && at < end)) {
        return INVALID; // no name, or something after "chunked": a parameter or another coding
      }
      if (chunked) {
        return UNKNOWN;
      }
      at = parameters(bytes, at, end);
      if (at < 0 || at == end || bytes[at] != ',') {
        return INVALID;
      }
      at = Octets.skipBlanks(bytes, at + 1, end);
    }
  }

  /** Where the parameters of a coding and the white space after them end; -1 if malformed. */
  private static int parameters(byte[] bytes, int start, int end) {
    int at = Octets.skipBlanks(bytes, start, end);
    while (at < end && bytes[at] == ';') {
      int name = Octets.skipBlanks(bytes, at + 1, end);
      int equals = Octets.skipToken(bytes, name, end);
      if (equals == name || equals == end || bytes[equals] != '=') {
        return -1;
      }
      at = Octets.skipToken(bytes, equals + 1, end);
      if (at == equals + 1) {
        return -1;
      }
      at = Octets.skipBlanks(bytes, at, end);
    }
    return at;
  }
}
