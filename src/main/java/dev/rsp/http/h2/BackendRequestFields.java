// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import dev.rsp.http.FieldName;
import dev.rsp.http.Head;
import dev.rsp.http.Hop;
import dev.rsp.http.KeptFields;
import dev.rsp.http.Octets;
import dev.rsp.http.RequestHead;
import io.netty.util.AsciiString;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Says the fields of a request for a backend as HTTP/2 has them: pseudo-fields first, names in
 * lower case, none of the fields of one hop (RFC 9113 §8), and what this proxy adds.
 *
 * <p>One per event loop, on its thread.
 */
public final class BackendRequestFields {
  private static final AsciiString METHOD = AsciiString.cached(":method");
  private static final AsciiString SCHEME = AsciiString.cached(":scheme");
  private static final AsciiString AUTHORITY = AsciiString.cached(":authority");
  private static final AsciiString PATH = AsciiString.cached(":path");
  private static final AsciiString PROTOCOL = AsciiString.cached(":protocol");
  private static final AsciiString CONNECT = AsciiString.cached("CONNECT");
  private static final AsciiString WEBSOCKET = AsciiString.cached("websocket");
  private static final AsciiString HTTP = AsciiString.cached("http");
  private static final AsciiString HTTPS = AsciiString.cached("https");
  private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
  private static final AsciiString MAX_FORWARDS = AsciiString.cached("max-forwards");
  private static final AsciiString TE = AsciiString.cached("te");
  private static final AsciiString TRAILERS = AsciiString.cached("trailers");

  private static final byte[] WEBSOCKET_KEY = FieldOctets.ascii("sec-websocket-key");

  /** Fields that are written from what they mean. */
  private static final int REWRITTEN =
      KeptFields.REQUEST_DROPS
          | 1 << FieldName.HOST
          | 1 << FieldName.CONTENT_LENGTH
          | 1 << FieldName.MAX_FORWARDS;

  private final KnownTexts texts = new KnownTexts();

  /** The lines of the hop that were read last, and their names and values in turn. */
  private byte[] hopLines = {};

  private AsciiString[] hopFields = {};

  /**
   * Whether a request asks for a WebSocket, which HTTP/2 does by an extended CONNECT (RFC 8441 §4).
   */
  public static boolean isWebSocket(RequestHead head) {
    String offer = head.offer();
    return offer != null && WEBSOCKET.contentEqualsIgnoreCase(offer);
  }

  /**
   * Gives each field to a writer, in order.
   *
   * @param hop what this proxy adds
   * @param viaName as of {@link Hop#fieldLines}
   * @param secure whether the connection to the backend has TLS
   * @param tunnel whether it is sent as an extended CONNECT for a WebSocket
   * @param writer takes names and values, which do not change afterwards
   */
  public void each(
      RequestHead head,
      Hop hop,
      @Nullable String viaName,
      boolean secure,
      boolean tunnel,
      BiConsumer<AsciiString, AsciiString> writer) {
    byte[] bytes = head.bytes();
    writer.accept(METHOD, tunnel ? CONNECT : method(head));
    if (tunnel) {
      writer.accept(PROTOCOL, WEBSOCKET);
    }
    writer.accept(SCHEME, secure ? HTTPS : HTTP);
    AsciiString authority =
        head.namesHost()
            ? texts.text(bytes, head.hostStart(), head.hostEnd())
            : texts.text(head.hostBytes(), 0, head.hostLength());
    writer.accept(AUTHORITY, authority);
    writer.accept(PATH, path(head));
    int drops = hop.trusted() ? REWRITTEN : REWRITTEN | KeptFields.FORWARDING;
    if (!head.expectContinue() || !head.hasBody()) {
      drops |= 1 << FieldName.EXPECT;
    }
    for (int field = 0; field < head.fieldCount(); field++) {
      if (!KeptFields.contains(drops, head, field) && !(tunnel && isKey(head, field))) {
        writer.accept(
            texts.lowerCase(bytes, head.nameStart(field), head.nameEnd(field)),
            texts.text(bytes, head.valueStart(field), head.valueEnd(field)));
      }
    }
    if (head.contentLength() >= 0) {
      writer.accept(CONTENT_LENGTH, new AsciiString(Long.toString(head.contentLength())));
    }
    if (head.maxForwards() > 0) {
      writer.accept(MAX_FORWARDS, new AsciiString(Integer.toString(head.maxForwards() - 1)));
    }
    // Trailers reach clients of HTTP/2 alone. Those have no other value of TE (RFC 9113 §8.2.2).
    if (hop.http2() && head.has(FieldName.TE)) {
      writer.accept(TE, TRAILERS);
    }
    hopFields(hop.fieldLines(head, viaName), authority, writer);
  }

  private AsciiString method(RequestHead head) {
    return texts.text(head.bytes(), head.methodStart(), head.methodEnd());
  }

  private AsciiString path(RequestHead head) {
    return head.rawOctets() == 0 && !head.absoluteForm()
        ? texts.text(head.bytes(), head.targetStart(), head.targetEnd())
        : new AsciiString(head.pathAndQuery());
  }

  /** RFC 8441 §5: HTTP/2 has no key of a WebSocket. */
  private static boolean isKey(Head head, int field) {
    return Octets.equalsIgnoreCase(
        head.bytes(), head.nameStart(field), head.nameEnd(field), WEBSOCKET_KEY);
  }

  /** The lines of HTTP/1 that describe this hop; the host may be the value of the last one. */
  @SuppressWarnings("ReferenceEquality") // the same array as long as they are the same
  private void hopFields(
      byte[] lines, AsciiString authority, BiConsumer<AsciiString, AsciiString> writer) {
    if (lines != hopLines) {
      hopFields = fieldsIn(lines);
      hopLines = lines;
    }
    AsciiString[] fields = hopFields;
    for (int at = 0; at + 1 < fields.length; at += 2) {
      writer.accept(fields[at], fields[at + 1]);
    }
    if (fields.length % 2 == 1) {
      writer.accept(fields[fields.length - 1], authority);
    }
  }

  /** Names and values in turn; a line without an end is a name without its value. */
  private AsciiString[] fieldsIn(byte[] lines) {
    AsciiString[] fields = new AsciiString[lines.length];
    int count = 0;
    int at = 0;
    while (at < lines.length) {
      int colon = indexOf(lines, ':', at);
      int end = indexOf(lines, '\r', colon);
      fields[count++] = texts.lowerCase(lines, at, colon);
      if (end < lines.length) {
        fields[count++] = texts.text(lines, colon + 2, end);
      }
      at = end + 2;
    }
    return Arrays.copyOf(fields, count);
  }

  /** Where an octet is; the length if nowhere. */
  private static int indexOf(byte[] bytes, char octet, int from) {
    int at = from;
    while (at < bytes.length && bytes[at] != octet) {
      at++;
    }
    return at;
  }
}
