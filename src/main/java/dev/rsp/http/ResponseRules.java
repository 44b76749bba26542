// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/** What a response head must say, beyond its grammar, to be forwarded. */
final class ResponseRules {
  private static final Refusal FRAMING = new Refusal(502, "ambiguous framing of the response");
  private static final Refusal CONNECTION =
      new Refusal(502, "malformed Connection field in the response");

  private ResponseRules() {}

  static Parsed check(ResponseHead head, WireOptions options) {
    for (int field = 0; field < head.fieldCount; field++) {
      switch (head.name(field)) {
        case FieldName.CONTENT_LENGTH -> {
          if (ContentLength.read(head, field, options.equalLengths()) != null) {
            return head.refuse(FRAMING);
          }
        }
        case FieldName.TRANSFER_ENCODING -> {
          // RFC 9112 §6.1: not from an HTTP/1.0 server; "chunked", once, is all that rsp decodes.
          if (head.chunked || head.http10 || !TransferCoding.isChunked(head, field)) {
            return head.refuse(FRAMING);
          }
          head.chunked = true;
        }
        case FieldName.CONNECTION -> {
          if (!ConnectionOptions.read(head, field)) {
            return head.refuse(CONNECTION);
          }
        }
        case FieldName.DATE -> {
          // RFC 9110 §5.3 and §6.6.1: one at most; recipients differ in which of two they take.
          if (head.hasDate) {
            head.setName(field, FieldName.NOMINATED);
          }
          head.hasDate = true;
        }
        default -> {}
      }
    }
    // RFC 9112 §6.3 rule 3: a sign of response splitting.
    return head.chunked && head.contentLengthField >= 0 ? head.refuse(FRAMING) : Parsed.DONE;
  }
}
