// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

/**
 * Writes heads anew: kept fields are copied as ranges, fields of one hop are left out, and what a
 * proxy must add is added.
 *
 * <p>One per event loop. What it wrote stands in {@link #bytes()} until the next call.
 */
public final class HeadWriter {
  private static final byte[] VERSION = HeadBytes.ascii(" HTTP/1.1\r\n");
  private static final byte[] HOST = HeadBytes.ascii("Host: ");
  private static final byte[] MAX_FORWARDS = HeadBytes.ascii("Max-Forwards: ");
  private static final byte[] CHUNKED = HeadBytes.ascii("Transfer-Encoding: chunked\r\n");
  private static final byte[] UPGRADE = HeadBytes.ascii("Connection: upgrade\r\n");
  private static final byte[] OFFER = HeadBytes.ascii("Upgrade: ");

  private final HeadBytes out = new HeadBytes();

  /** The bytes last written, from 0 to {@link #length()}. Not to be kept. */
  public byte[] bytes() {
    return out.bytes();
  }

  /** How many bytes were last written. */
  public int length() {
    return out.length();
  }

  /**
   * Writes a request for a backend.
   *
   * @param forwarding whole field lines that tell the backend of this hop, ending where the value
   *     of X-Forwarded-Host is to follow
   * @param trustClient whether the client's own X-Forwarded and Forwarded fields are passed before
   *     ours
   */
  public void request(RequestHead head, byte[] forwarding, boolean trustClient) {
    byte[] bytes = head.bytes;
    out.start(head.length + forwarding.length + 2 * HostName.MAX_LENGTH + 256);
    int drops =
        trustClient ? KeptFields.REQUEST_DROPS : KeptFields.REQUEST_DROPS | KeptFields.FORWARDING;
    if (head.absoluteForm) {
      out.copy(bytes, head.methodStart, head.methodEnd + 1);
      if (head.pathStart == head.targetEnd || bytes[head.pathStart] == '?') {
        out.put(head.emptyPath().charAt(0));
      }
      out.copy(bytes, head.pathStart, head.targetEnd);
      out.put(VERSION);
      drops |= 1 << FieldName.HOST;
      host(head);
    } else {
      out.copy(bytes, head.methodStart, head.targetEnd);
      out.put(VERSION);
      if (head.hostStart == head.hostEnd) {
        host(head);
      }
    }
    if (!head.expectContinue || !head.hasBody()) {
      drops |= 1 << FieldName.EXPECT;
    }
    boolean rewriteLength = head.contentLengthField >= 0 && !ContentLength.canonical(head);
    if (rewriteLength) {
      drops |= 1 << FieldName.CONTENT_LENGTH;
    }
    if (head.maxForwards > 0) {
      drops |= 1 << FieldName.MAX_FORWARDS;
      out.put(MAX_FORWARDS);
      out.put(HeadBytes.ascii(Integer.toString(head.maxForwards - 1)));
      out.crlf();
    }
    String offer = head.offer;
    if (offer != null) {
      out.put(UPGRADE);
      out.put(OFFER);
      out.put(HeadBytes.ascii(offer));
      out.crlf();
    }
    KeptFields.copy(head, drops, out);
    if (rewriteLength) {
      out.contentLength(head.contentLength);
    }
    if (head.chunked) {
      out.put(CHUNKED);
    }
    out.put(forwarding);
    hostValue(head);
    out.crlf();
    out.crlf();
  }

  private void host(RequestHead head) {
    out.put(HOST);
    hostValue(head);
    out.crlf();
  }

  /** RFC 9110 §7.7: the name as the client wrote it, not as it is routed by. */
  private void hostValue(RequestHead head) {
    if (head.hostStart < head.hostEnd) {
      out.copy(head.bytes, head.hostStart, head.hostEnd);
    } else {
      out.copy(head.host, 0, head.hostLength);
    }
  }

  /** How a response to a client is framed and what becomes of its connection. */
  public enum Persistence {
    /** HTTP/1.1, and the connection stays. Says nothing. */
    KEEP,
    /** The connection stays, and an HTTP/1.0 client is told so. */
    KEEP_SAID,
    /** The connection ends after the response. */
    CLOSE,
    /** The connection changes to the protocol of the response's Upgrade field. */
    UPGRADE
  }

  /**
   * Writes a response for a client.
   *
   * @param hasLength whether a Content-Length field of the head is kept
   * @param chunked whether the body goes out in chunks
   * @param date the value of a Date field, used if the head has none; 29 bytes
   */
  public void response(
      ResponseHead head, Persistence persistence, boolean hasLength, boolean chunked, byte[] date) {
    byte[] bytes = head.bytes;
    // A line may grow by two octets: the space after the colon and the CR, if both are missing.
    out.start(head.length + 2 * head.fieldCount + 256);
    out.put(HeadBytes.STATUS_LINE);
    out.copy(bytes, 9, 12);
    out.put(' ');
    out.copy(bytes, head.reasonStart, head.reasonEnd);
    out.crlf();
    int drops = KeptFields.RESPONSE_DROPS;
    // RFC 9110 §15.3.6: 205 has no content, and the client must see that there is none.
    boolean empty = head.status == 205;
    boolean rewriteLength =
        empty || (hasLength && head.contentLengthField >= 0 && !ContentLength.canonical(head));
    if (!hasLength || rewriteLength) {
      drops |= 1 << FieldName.CONTENT_LENGTH;
    }
    if (persistence == Persistence.UPGRADE) {
      drops &= ~(1 << FieldName.UPGRADE);
    }
    KeptFields.copy(head, drops, out);
    if (rewriteLength) {
      out.contentLength(empty ? 0 : head.contentLength);
    }
    if (chunked) {
      out.put(CHUNKED);
    }
    // RFC 9110 §6.6.1: a recipient with a clock adds the Date that is missing.
    if (!head.hasDate && head.status >= 200) {
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
   * Writes a whole response of rsp's own.
   *
   * @param close whether the connection ends after it
   * @param withBody whether the text is sent, or only its length (a HEAD request)
   * @param sayKeepAlive whether an HTTP/1.0 client must be told that the connection stays
   */
  public void refusal(
      Refusal refusal, boolean close, boolean withBody, boolean sayKeepAlive, byte[] date) {
    OwnAnswer.write(out, refusal, close, withBody, sayKeepAlive, date);
  }

  /** Writes, behind what was just written, the line before the first chunk. */
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
   * @param afterChunk whether another chunk, which is yet to be ended, came before
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
