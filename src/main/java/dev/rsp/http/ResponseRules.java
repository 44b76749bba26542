// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/**
 * The rules for response heads beyond their grammar: framing, connection options, Date.
 *
 * <p>Any number of threads; each has its own heads.
 */
public final class ResponseRules {
  private static final Refusal FRAMING = new Refusal(502, "ambiguous framing of the response");
  private static final Refusal CONNECTION =
      new Refusal(502, "malformed Connection field in the response");

  private final boolean equalLengths;

  /** The rules of an installation. */
  public ResponseRules(WireOptions options) {
    equalLengths = options.equalLengths();
  }

  /**
   * Checks a head whose lines are well formed, and records in it what the fields mean.
   *
   * @return {@link Parsed#DONE}, or {@link Parsed#REFUSED} if the response must not be forwarded
   */
  public Parsed check(ResponseHead head) {
    for (int field = 0; field < head.fieldCount; field++) {
      switch (head.name(field)) {
        case FieldName.CONTENT_LENGTH -> {
          if (ContentLength.read(head, field, equalLengths) != null) {
            return head.refuse(FRAMING);
          }
        }
        case FieldName.TRANSFER_ENCODING -> {
          // Every reader finds the same end of chunks that are named twice, and of those of
          // HTTP/1.0. RFC 9112 §6.1: their framing is faulty, so the connection ends after them.
          if (!TransferCoding.isOnlyChunked(head, field)) {
            return head.refuse(FRAMING);
          }
          if (head.chunked || head.http10 || !TransferCoding.isChunked(head, field)) {
            head.connectionClose = true;
          }
          head.chunked = true;
        }
        case FieldName.CONNECTION -> {
          if (!ConnectionOptions.read(head, field, UntrustedFields.NONE)) {
            return head.refuse(CONNECTION);
          }
        }
        case FieldName.KEEP_ALIVE -> head.keepAliveSeconds = KeepAliveTimeout.seconds(head, field);
        case FieldName.DATE -> {
          // RFC 9110 §5.3 and §6.6.1: one at most; recipients differ in which of two they use.
          if (head.hasDate) {
            head.setName(field, FieldName.NOMINATED);
          }
          head.hasDate = true;
        }
        case FieldName.OTHER -> head.connectionAuth |= ConnectionAuth.isOffered(head, field);
        default -> {}
      }
    }
    // RFC 9112 §6.3 rule 3: a sign of response splitting.
    return head.chunked && head.contentLengthField >= 0 ? head.refuse(FRAMING) : Parsed.DONE;
  }
}
