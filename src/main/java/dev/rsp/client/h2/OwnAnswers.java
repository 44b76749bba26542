// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client.h2;

import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h1.DateField;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.http.h1.HeadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/**
 * Makes rsp's own answers for clients that speak HTTP/2: they are written as for HTTP/1 and read
 * again, so that their fields and texts are the same. One per loop, for one answer at a time.
 */
final class OwnAnswers {
  private final HeadWriter writer = new HeadWriter();
  private final ResponseHead head = new ResponseHead();
  private final DateField date;

  OwnAnswers(DateField date) {
    this.date = date;
  }

  /**
   * Makes an answer.
   *
   * @param withBody false for the answer to a HEAD request
   * @param requestId of the request; null if it has none
   * @return its content, for the caller; its head is {@link #head}
   */
  ByteBuf write(
      Refusal refusal,
      boolean withBody,
      @Nullable String requestId,
      HeadParser parser,
      ByteBufAllocator allocator) {
    writer.refusal(refusal, false, withBody, false, date.now(), requestId);
    ByteBuf answer = writer.before(Unpooled.EMPTY_BUFFER, allocator);
    boolean read = false;
    try {
      read = parser.response(answer, head) == Parsed.DONE;
    } finally {
      if (!read) {
        answer.release();
      }
    }
    if (!read) {
      throw new IllegalStateException("rsp's own answer cannot be read: " + refusal);
    }
    return answer.skipBytes(head.length());
  }

  /** The head of the last answer. */
  ResponseHead head() {
    return head;
  }
}
