// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.http.Head;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;

/**
 * Heads for tests, one character per byte. Each is also parsed cut after every byte: the result
 * must be "more", or the result for the whole head.
 */
public final class Heads {
  public static final HeadParser PARSER = new HeadParser(32 << 10, 100, 8 << 10);

  private Heads() {}

  /** A request with more fields. */
  public static String with(String fields) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n";
  }

  /** The head of a request that must be good. */
  public static RequestHead request(String text) {
    return request(PARSER, text);
  }

  public static RequestHead request(HeadParser parser, String text) {
    return good(parser, text, new RequestHead());
  }

  /** The head of a response that must be good. */
  public static ResponseHead response(String text) {
    return response(PARSER, text);
  }

  public static ResponseHead response(HeadParser parser, String text) {
    return good(parser, text, new ResponseHead());
  }

  private static <H extends Head> H good(HeadParser parser, String text, H head) {
    Parsed parsed = parse(parser, text, head);
    assertEquals(Parsed.DONE, parsed, () -> "refused: " + head.refusal());
    assertSameWhereverItIsCut(parser, text, head);
    return head;
  }

  /** Why a request is refused. */
  public static Refusal refusedRequest(String text) {
    return refused(PARSER, text, new RequestHead());
  }

  public static Refusal refusedRequest(HeadParser parser, String text) {
    return refused(parser, text, new RequestHead());
  }

  /** Why a response is refused. */
  public static Refusal refusedResponse(String text) {
    return refused(PARSER, text, new ResponseHead());
  }

  public static Refusal refusedResponse(HeadParser parser, String text) {
    return refused(parser, text, new ResponseHead());
  }

  private static Refusal refused(HeadParser parser, String text, Head head) {
    assertEquals(Parsed.REFUSED, parse(parser, text, head));
    Refusal refusal = head.refusal();
    boolean decided = false;
    for (int end = 0; end < text.length(); end++) {
      Parsed parsed = parse(parser, text.substring(0, end), head);
      if (decided || parsed != Parsed.MORE) {
        decided = true;
        assertEquals(Parsed.REFUSED, parsed, "cut at " + end);
        assertEquals(refusal, head.refusal(), "cut at " + end);
      }
    }
    return refusal;
  }

  private static void assertSameWhereverItIsCut(HeadParser parser, String text, Head head) {
    int length = head.length();
    for (int end = 0; end < text.length(); end++) {
      Parsed parsed = parse(parser, text.substring(0, end), head);
      assertEquals(end < length ? Parsed.MORE : Parsed.DONE, parsed, "cut at " + end);
    }
    parse(parser, text, head);
    assertEquals(length, head.length());
  }

  public static Parsed parse(HeadParser parser, String text, Head head) {
    ByteBuf in = Unpooled.copiedBuffer("before" + text, StandardCharsets.ISO_8859_1).skipBytes(6);
    try {
      Parsed parsed =
          head instanceof RequestHead request
              ? parser.request(in, request)
              : parser.response(in, (ResponseHead) head);
      assertEquals(6, in.readerIndex());
      return parsed;
    } finally {
      in.release();
    }
  }

  /** What a writer wrote last. */
  public static String text(HeadWriter writer) {
    return new String(writer.bytes(), 0, writer.length(), StandardCharsets.ISO_8859_1);
  }
}
