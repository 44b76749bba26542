// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;

/** What a response head must say, beyond its grammar, to be forwarded. */
final class ResponseRules {
  private static final Refusal FRAMING = new Refusal(502, "ambiguous framing of the response");
  private static final Refusal CONNECTION =
      new Refusal(502, "malformed Connection field in the response");

  private static final byte[] CHUNKED = "chunked".getBytes(StandardCharsets.US_ASCII);

  private ResponseRules() {}

  static Parsed check(ResponseHead head) {
    for (int field = 0; field < head.fieldCount; field++) {
      switch (head.name(field)) {
        case FieldName.CONTENT_LENGTH -> {
          if (head.contentLengthField >= 0) {
            return head.refuse(FRAMING);
          }
          head.contentLengthField = field;
          head.contentLength = ContentLength.parse(head, field);
          if (head.contentLength < 0) {
            return head.refuse(FRAMING);
          }
        }
        case FieldName.TRANSFER_ENCODING -> {
          // RFC 9112 §6.1: not from an HTTP/1.0 server; "chunked", once, is all that rsp decodes.
          if (head.chunked
              || head.http10
              || !Octets.equalsIgnoreCase(
                  head.bytes, head.valueStart(field), head.valueEnd(field), CHUNKED)) {
            return head.refuse(FRAMING);
          }
          head.chunked = true;
        }
        case FieldName.CONNECTION -> {
          if (!ConnectionOptions.read(head, field)) {
            return head.refuse(CONNECTION);
          }
        }
        case FieldName.DATE -> head.hasDate = true;
        default -> {}
      }
    }
    // RFC 9112 §6.3 rule 3: a sign of response splitting.
    return head.chunked && head.contentLengthField >= 0 ? head.refuse(FRAMING) : Parsed.DONE;
  }
}
