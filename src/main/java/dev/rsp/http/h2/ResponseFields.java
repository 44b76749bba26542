// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import dev.rsp.http.FieldName;
import dev.rsp.http.KeptFields;
import dev.rsp.http.Octets;
import dev.rsp.http.ResponseHead;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Says the fields of a response as HTTP/2 has them: the status as a pseudo-field, names in lower
 * case, and none of the fields of one hop (RFC 9113 §8.2.2).
 *
 * <p>One per event loop, on its thread.
 */
public final class ResponseFields {
  private static final AsciiString STATUS = AsciiString.cached(":status");
  private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
  private static final AsciiString DATE = AsciiString.cached("date");

  private static final byte[] WEBSOCKET_ACCEPT =
      "sec-websocket-accept".getBytes(StandardCharsets.US_ASCII);

  /** RFC 8441 §5: what is 101 in HTTP/1 is 200 in HTTP/2. */
  private static final int SWITCHING = 101;

  private static final int TUNNEL = 200;

  /** RFC 9110 §15: three digits. */
  private static final int STATUSES = 1000;

  /** Of the largest long. */
  private static final int DIGITS = 19;

  private final KnownTexts texts = new KnownTexts();

  /** The digits of a length. */
  private final byte[] digits = new byte[DIGITS];

  private final @Nullable AsciiString[] statuses = new AsciiString[STATUSES];

  /** The value of the last Date, and the octets that it was made of. */
  private AsciiString date = AsciiString.EMPTY_STRING;

  private byte[] dateOctets = {};

  /**
   * Gives each field to a writer, in order. A 101 becomes the 200 of RFC 8441.
   *
   * @param hasLength whether a Content-Length field is kept
   * @param now the value of a Date field, used if the final head has none
   * @param writer takes names and values, which do not change afterwards
   */
  public void each(
      ResponseHead head,
      boolean hasLength,
      byte[] now,
      BiConsumer<AsciiString, AsciiString> writer) {
    boolean tunnel = head.status() == SWITCHING;
    writer.accept(STATUS, status(tunnel ? TUNNEL : head.status()));
    // RFC 9110 §15.3.6: 205 has no content, and the client must see that there is none.
    boolean empty = head.status() == 205;
    int drops = KeptFields.RESPONSE_DROPS | 1 << FieldName.CONTENT_LENGTH;
    byte[] bytes = head.bytes();
    for (int field = 0; field < head.fieldCount(); field++) {
      if (!KeptFields.contains(drops, head, field) && !(tunnel && isAccept(head, field))) {
        writer.accept(
            texts.lowerCase(bytes, head.nameStart(field), head.nameEnd(field)),
            texts.text(bytes, head.valueStart(field), head.valueEnd(field)));
      }
    }
    if (empty || (hasLength && head.contentLength() >= 0)) {
      writer.accept(CONTENT_LENGTH, length(empty ? 0 : head.contentLength()));
    }
    // RFC 9110 §6.6.1: a recipient with a clock adds a missing Date.
    if (!head.hasDate() && (tunnel || head.status() >= 200)) {
      writer.accept(DATE, date(now));
    }
  }

  /** RFC 8441 §5: HTTP/2 has neither the key of a WebSocket nor the answer to it. */
  private static boolean isAccept(ResponseHead head, int field) {
    return Octets.equalsIgnoreCase(
        head.bytes(), head.nameStart(field), head.nameEnd(field), WEBSOCKET_ACCEPT);
  }

  private AsciiString length(long length) {
    int at = digits.length;
    long rest = length;
    do {
      digits[--at] = (byte) ('0' + rest % 10);
      rest /= 10;
    } while (rest > 0);
    return texts.text(digits, at, digits.length);
  }

  private AsciiString status(int code) {
    AsciiString text = statuses[code];
    if (text == null) {
      text = new AsciiString(Integer.toString(code));
      statuses[code] = text;
    }
    return text;
  }

  @SuppressWarnings("ReferenceEquality") // the same array as long as the second lasts
  private AsciiString date(byte[] now) {
    if (now != dateOctets) {
      dateOctets = now;
      date = new AsciiString(now, true);
    }
    return date;
  }
}
