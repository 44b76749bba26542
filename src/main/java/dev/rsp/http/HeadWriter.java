// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes heads anew: kept fields are copied as ranges, fields of one hop are left out, and what a
 * proxy must add is added.
 *
 * <p>One per event loop. What it wrote stands in {@link #bytes()} until the next call.
 */
public final class HeadWriter {
  private static final byte[] VERSION = ascii(" HTTP/1.1\r\n");
  private static final byte[] STATUS_LINE = ascii("HTTP/1.1 ");
  private static final byte[] HOST = ascii("Host: ");
  private static final byte[] CONTENT_LENGTH = ascii("Content-Length: ");
  private static final byte[] MAX_FORWARDS = ascii("Max-Forwards: ");
  private static final byte[] CHUNKED = ascii("Transfer-Encoding: chunked\r\n");
  private static final byte[] CLOSE = ascii("Connection: close\r\n");
  private static final byte[] KEEP_ALIVE = ascii("Connection: keep-alive\r\n");
  private static final byte[] UPGRADE = ascii("Connection: upgrade\r\n");
  private static final byte[] DATE = ascii("Date: ");
  private static final byte[] CRLF = ascii("\r\n");

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

  private static final int RESPONSE_DROPS =
      set(
          FieldName.CONNECTION,
          FieldName.KEEP_ALIVE,
          FieldName.PROXY_CONNECTION,
          FieldName.TE,
          FieldName.TRAILER,
          FieldName.UPGRADE,
          FieldName.NOMINATED,
          FieldName.TRANSFER_ENCODING);

  /** As often as Retry-After says. */
  private static final String PAGE_FIELDS =
      "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nRefresh: 2\r\n";

  private byte[] out = new byte[8192];
  private int length;

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static int set(int... names) {
    int bits = 0;
    for (int name : names) {
      bits |= 1 << name;
    }
    return bits;
  }

  /** The bytes last written, from 0 to {@link #length()}. Not to be kept. */
  public byte[] bytes() {
    return out;
  }

  /** How many bytes were last written. */
  public int length() {
    return length;
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
    start(head.length + forwarding.length + 2 * HostName.MAX_LENGTH + 256);
    int drops = trustClient ? REQUEST_DROPS : REQUEST_DROPS | FORWARDING;
    if (head.absoluteForm) {
      copy(bytes, head.methodStart, head.methodEnd + 1);
      if (head.pathStart == head.targetEnd || bytes[head.pathStart] == '?') {
        out[length++] = (byte) head.emptyPath().charAt(0);
      }
      copy(bytes, head.pathStart, head.targetEnd);
      put(VERSION);
      drops |= 1 << FieldName.HOST;
      host(head);
    } else {
      copy(bytes, head.methodStart, head.targetEnd);
      put(VERSION);
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
      put(MAX_FORWARDS);
      put(ascii(Integer.toString(head.maxForwards - 1)));
      put(CRLF);
    }
    if (head.upgrade) {
      drops &= ~(1 << FieldName.UPGRADE);
      put(UPGRADE);
    }
    fields(head, drops);
    if (rewriteLength) {
      contentLength(head.contentLength);
    }
    if (head.chunked) {
      put(CHUNKED);
    }
    put(forwarding);
    hostValue(head);
    put(CRLF);
    put(CRLF);
  }

  private void host(RequestHead head) {
    put(HOST);
    hostValue(head);
    put(CRLF);
  }

  /** RFC 9110 §7.7: the name as the client wrote it, not as it is routed by. */
  private void hostValue(RequestHead head) {
    if (head.hostStart < head.hostEnd) {
      copy(head.bytes, head.hostStart, head.hostEnd);
    } else {
      copy(head.host, 0, head.hostLength);
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
    start(head.length + 2 * head.fieldCount + 256);
    put(STATUS_LINE);
    copy(bytes, 9, 12);
    out[length++] = ' ';
    copy(bytes, head.reasonStart, head.reasonEnd);
    put(CRLF);
    int drops = RESPONSE_DROPS;
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
    fields(head, drops);
    if (rewriteLength) {
      contentLength(empty ? 0 : head.contentLength);
    }
    if (chunked) {
      put(CHUNKED);
    }
    // RFC 9110 §6.6.1: a recipient with a clock adds the Date that is missing.
    if (!head.hasDate && head.status >= 200) {
      put(DATE);
      put(date);
      put(CRLF);
    }
    if (persistence == Persistence.CLOSE) {
      put(CLOSE);
    } else if (persistence == Persistence.KEEP_SAID) {
      put(KEEP_ALIVE);
    } else if (persistence == Persistence.UPGRADE) {
      put(UPGRADE);
    }
    put(CRLF);
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
    byte[] body =
        refusal.page() ? page(refusal) : ascii(refusal.status() + " " + refusal.why() + "\n");
    start(512 + body.length);
    put(STATUS_LINE);
    put(ascii(refusal.status() + " " + Reasons.of(refusal.status()) + "\r\n"));
    put(ascii(refusal.page() ? PAGE_FIELDS : "Content-Type: text/plain\r\n"));
    contentLength(body.length);
    put(DATE);
    put(date);
    put(CRLF);
    if (refusal.status() == 503) {
      // RFC 9110 §15.6.4: when to try again; overload and restarts pass within seconds.
      put(ascii("Retry-After: 2\r\n"));
    }
    if (refusal.status() == 405 || refusal.status() == 200) {
      // RFC 9110 §15.5.6: MUST be there. What the backends allow is not known here.
      put(ascii("Allow: GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH\r\n"));
    }
    if (close) {
      put(CLOSE);
    } else if (sayKeepAlive) {
      put(KEEP_ALIVE);
    }
    put(CRLF);
    if (withBody) {
      put(body);
    }
  }

  /** Writes, behind what was just written, the line before the first chunk. */
  public void appendChunkSize(int bytes, boolean afterChunk) {
    if (afterChunk) {
      put(CRLF);
    }
    put(ascii(Integer.toHexString(bytes)));
    put(CRLF);
  }

  /**
   * Writes the line before a chunk.
   *
   * @param afterChunk whether another chunk, which is yet to be ended, came before
   */
  public void startChunk(int bytes, boolean afterChunk) {
    length = 0;
    appendChunkSize(bytes, afterChunk);
  }

  /** Writes the end of the last chunk, if there was one, and of the body (RFC 9112 §7.1). */
  public void lastChunk(boolean afterChunk) {
    length = 0;
    appendChunkSize(0, afterChunk);
    put(CRLF);
  }

  /** Copies the kept fields, neighbours in one go. */
  private void fields(Head head, int drops) {
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
          copy(bytes, runStart, lineStart);
          runStart = -1;
        }
        if (!dropped) {
          copy(bytes, head.nameStart(field), head.nameEnd(field));
          out[length++] = ':';
          out[length++] = ' ';
          copy(bytes, head.valueStart(field), head.valueEnd(field));
          put(CRLF);
        }
      }
      lineStart = lineEnd;
    }
    if (runStart >= 0) {
      copy(bytes, runStart, lineStart);
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

  private void contentLength(long value) {
    put(CONTENT_LENGTH);
    put(ascii(Long.toString(value)));
    put(CRLF);
  }

  private void start(int atMost) {
    length = 0;
    if (out.length < atMost) {
      out = Arrays.copyOf(out, atMost);
    }
  }

  private void copy(byte[] from, int start, int end) {
    System.arraycopy(from, start, out, length, end - start);
    length += end - start;
  }

  private void put(byte[] text) {
    System.arraycopy(text, 0, out, length, text.length);
    length += text.length;
  }

  /** A page without anything from elsewhere, which asks again by itself. */
  private static byte[] page(Refusal refusal) {
    return ascii(
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="robots" content="noindex">
        <meta name="viewport" content="width=device-width">
        <meta http-equiv="refresh" content="2">
        <title>One moment</title>
        </head>
        <body>
        <p>One moment: %s. This page asks again by itself.</p>
        </body>
        </html>
        """
            .formatted(refusal.why()));
  }
}
