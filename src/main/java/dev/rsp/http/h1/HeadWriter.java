// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import dev.rsp.http.ContentLength;
import dev.rsp.http.FieldName;
import dev.rsp.http.HostName;
import dev.rsp.http.KeptFields;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Rewrites heads: copies the fields that are forwarded as ranges, omits the fields of one hop, and
 * adds what a proxy must add.
 *
 * <p>One per event loop. What it wrote is in {@link #bytes()} until the next call.
 */
public final class HeadWriter {
  private static final int UPGRADE_REQUIRED = 426;

  private static final byte[] VERSION = HeadBytes.ascii(" HTTP/1.1\r\n");
  private static final byte[] HOST = HeadBytes.ascii("Host: ");
  private static final byte[] MAX_FORWARDS = HeadBytes.ascii("Max-Forwards: ");
  private static final byte[] CHUNKED = HeadBytes.ascii("Transfer-Encoding: chunked\r\n");
  private static final byte[] UPGRADE = HeadBytes.ascii("Connection: upgrade\r\n");
  private static final byte[] OFFER = HeadBytes.ascii("Upgrade: ");

  private final HeadBytes out = new HeadBytes();

  /** The bytes last written, from 0 to {@link #length()}. Valid until the next call. */
  public byte[] bytes() {
    return out.bytes();
  }

  /** How many bytes were last written. */
  public int length() {
    return out.length();
  }

  /**
   * Puts what was last written in front of a body, and takes over the body's buffer. The bytes of
   * that buffer before its reader index are overwritten if there is room for the head.
   *
   * @param body released if it is not returned
   * @param allocator of the buffer that holds both if there is no room; direct
   * @return the head and what was readable of {@code body}; the caller releases it
   */
  public ByteBuf before(ByteBuf body, ByteBufAllocator allocator) {
    int start = body.readerIndex() - length();
    if (start >= 0) {
      body.readerIndex(start);
      body.setBytes(start, bytes(), 0, length());
      return body;
    }
    try {
      return allocator
          .directBuffer(length() + body.readableBytes())
          .writeBytes(bytes(), 0, length())
          .writeBytes(body);
    } finally {
      body.release();
    }
  }

  /**
   * Writes a request for a backend.
   *
   * @param forwarding field lines that describe this hop to the backend, up to where the value of
   *     X-Forwarded-Host follows; or only complete lines, if a trusted client has said that host
   * @param trustClient whether the forwarding fields of the client are forwarded, before those of
   *     rsp; see {@link KeptFields#FORWARDING}
   */
  public void request(RequestHead head, byte[] forwarding, boolean trustClient) {
    byte[] bytes = head.bytes();
    out.start(
        head.length()
            + (RequestHead.ENCODED_BYTES - 1) * head.rawOctets()
            + forwarding.length
            + 2 * HostName.MAX_LENGTH
            + 256);
    int drops =
        trustClient ? KeptFields.REQUEST_DROPS : KeptFields.REQUEST_DROPS | KeptFields.FORWARDING;
    if (head.absoluteForm()) {
      out.copy(bytes, head.methodStart(), head.methodEnd() + 1);
      if (head.pathStart() == head.targetEnd() || bytes[head.pathStart()] == '?') {
        out.put(head.emptyPath().charAt(0));
      }
      target(head, head.pathStart());
      out.put(VERSION);
      drops |= 1 << FieldName.HOST;
      host(head);
    } else {
      out.copy(bytes, head.methodStart(), head.targetStart());
      target(head, head.targetStart());
      out.put(VERSION);
      if (!head.namesHost()) {
        host(head);
      }
    }
    if (!head.expectContinue() || !head.hasBody()) {
      drops |= 1 << FieldName.EXPECT;
    }
    boolean rewriteLength = head.contentLength() >= 0 && !ContentLength.canonical(head);
    if (rewriteLength) {
      drops |= 1 << FieldName.CONTENT_LENGTH;
    }
    if (head.maxForwards() > 0) {
      drops |= 1 << FieldName.MAX_FORWARDS;
      out.put(MAX_FORWARDS);
      out.put(HeadBytes.ascii(Integer.toString(head.maxForwards() - 1)));
      out.crlf();
    }
    String offer = head.offer();
    if (offer != null) {
      out.put(UPGRADE);
      out.put(OFFER);
      out.put(HeadBytes.ascii(offer));
      out.crlf();
    }
    FieldCopy.copy(head, drops, out);
    if (rewriteLength) {
      out.contentLength(head.contentLength());
    }
    if (head.chunked()) {
      out.put(CHUNKED);
    }
    out.put(forwarding);
    if (forwarding.length > 0 && forwarding[forwarding.length - 1] != '\n') {
      hostValue(head);
      out.crlf();
    }
    out.crlf();
  }

  /** The target from a position on. */
  private void target(RequestHead head, int start) {
    if (head.rawOctets() > 0) {
      out.copyEncoded(head.bytes(), start, head.targetEnd());
    } else {
      out.copy(head.bytes(), start, head.targetEnd());
    }
  }

  private void host(RequestHead head) {
    out.put(HOST);
    hostValue(head);
    out.crlf();
  }

  /** RFC 9110 §7.7: the host as the client wrote it, not its canonical form. */
  private void hostValue(RequestHead head) {
    if (head.namesHost()) {
      out.copy(head.bytes(), head.hostStart(), head.hostEnd());
    } else {
      out.copy(head.hostBytes(), 0, head.hostLength());
    }
  }

  /** What happens to the connection of a client after a response, and how the response says it. */
  public enum Persistence {
    /** The connection persists, as HTTP/1.1 does by default: no Connection field. */
    KEEP,
    /** The connection persists, and a Connection field says so to an HTTP/1.0 client. */
    KEEP_SAID,
    /** The connection ends after the response. */
    CLOSE,
    /** The connection is upgraded to the protocol of the response's Upgrade field. */
    UPGRADE
  }

  /**
   * Writes a response for a client.
   *
   * @param hasLength whether a Content-Length field of the head is kept
   * @param chunked whether the body is sent in chunks
   * @param date the value of a Date field, used if the head has none; 29 bytes
   */
  public void response(
      ResponseHead head, Persistence persistence, boolean hasLength, boolean chunked, byte[] date) {
    // A line may grow by two octets: the space after the colon and the CR, if both were missing.
    out.start(head.length() + 2 * head.fieldCount() + 256);
    out.put(HeadBytes.STATUS_LINE);
    out.status(head.status());
    out.put(' ');
    out.copy(head.bytes(), head.reasonStart(), head.reasonEnd());
    out.crlf();
    int drops = KeptFields.RESPONSE_DROPS;
    // RFC 9110 §15.3.6: 205 has no content, and the client must see that there is none.
    boolean empty = head.status() == 205;
    boolean rewriteLength =
        empty || (hasLength && head.contentLength() >= 0 && !ContentLength.canonical(head));
    if (!hasLength || rewriteLength) {
      drops |= 1 << FieldName.CONTENT_LENGTH;
    }
    // RFC 9110 §15.5.22: 426 says to which protocols. Other responses only advertise them.
    boolean required = head.status() == UPGRADE_REQUIRED && head.field("upgrade") != null;
    if (persistence == Persistence.UPGRADE || required) {
      drops &= ~(1 << FieldName.UPGRADE);
    }
    FieldCopy.copy(head, drops, out);
    if (required) {
      out.put(UPGRADE); // RFC 9110 §7.8: a sender of Upgrade says so in Connection
    }
    if (rewriteLength) {
      out.contentLength(empty ? 0 : head.contentLength());
    }
    if (chunked) {
      out.put(CHUNKED);
    }
    // RFC 9110 §6.6.1: a recipient with a clock adds a missing Date.
    if (!head.hasDate() && head.status() >= 200) {
      out.date(date);
    }
    if (persistence == Persistence.CLOSE) {
      out.put(HeadBytes.CLOSE);
    } else if (persistence == Persistence.KEEP_SAID) {
      out.put(HeadBytes.KEEP_ALIVE);
    } else if (persistence == Persistence.UPGRADE) {
      out.put(UPGRADE);
    }
    out.crlf();
  }

  /**
   * Adds a field to the response that was just written, unless its head has that field.
   *
   * @param name of the field
   * @param line all of it, with its end
   */
  public void addField(ResponseHead head, String name, byte[] line) {
    if (head.field(name) == null) {
      out.insertBeforeEnd(line);
    }
  }

  /**
   * Writes a complete response that rsp makes itself.
   *
   * @param close whether the connection ends after it
   * @param withBody whether the text is sent, or only its length (a HEAD request)
   * @param sayKeepAlive whether to say that the connection persists, as HTTP/1.0 needs it
   * @param requestId is said to the client, so that it can be found in logs; null for none
   */
  public void refusal(
      Refusal refusal,
      boolean close,
      boolean withBody,
      boolean sayKeepAlive,
      byte[] date,
      @Nullable String requestId) {
    OwnAnswer.write(out, refusal, close, withBody, sayKeepAlive, date, requestId);
  }

  /** Appends the line before the first chunk to what was last written. */
  public void appendChunkSize(int bytes, boolean afterChunk) {
    if (afterChunk) {
      out.crlf();
    }
    out.put(HeadBytes.ascii(Integer.toHexString(bytes)));
    out.crlf();
  }

  /**
   * Writes the line before a chunk.
   *
   * @param afterChunk whether it follows another chunk, whose end is written first
   */
  public void startChunk(int bytes, boolean afterChunk) {
    out.start();
    appendChunkSize(bytes, afterChunk);
  }

  /** Writes the end of the last chunk, if there was one, and of the body (RFC 9112 §7.1). */
  public void lastChunk(boolean afterChunk) {
    out.start();
    appendChunkSize(0, afterChunk);
    out.crlf();
  }
}
