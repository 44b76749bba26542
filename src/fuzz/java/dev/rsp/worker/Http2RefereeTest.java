// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Http2Peer.DATA;
import static dev.rsp.worker.Http2Peer.END_HEADERS;
import static dev.rsp.worker.Http2Peer.END_STREAM;
import static dev.rsp.worker.Http2Peer.HEADERS;
import static dev.rsp.worker.Http2Peer.RST_STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The referee of {@link Http2Fuzz} sees what it is there for. */
@Timeout(60)
final class Http2RefereeTest {
  private static final byte[] ERROR = new byte[4];

  private final Http2Referee referee = new Http2Referee();

  @BeforeEach
  void askOnce() {
    referee.asked(1, true);
  }

  /** A field block: names and values in turn, as literals without an index (RFC 7541 §6.2.2). */
  private static byte[] block(String... fields) {
    var out = new ByteArrayOutputStream();
    for (int i = 0; i < fields.length; i += 2) {
      out.write(0);
      for (String text : new String[] {fields[i], fields[i + 1]}) {
        out.write(text.length());
        out.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
      }
    }
    return out.toByteArray();
  }

  private void comes(int type, int flags, int stream, byte[] payload) {
    byte[] frame = Http2Peer.bytesOf(type, flags, stream, payload);
    referee.read(new String(frame, StandardCharsets.ISO_8859_1));
  }

  private void head(int flags, String... fields) {
    comes(HEADERS, END_HEADERS | flags, 1, block(fields));
  }

  private void content(int flags, int octets) {
    comes(DATA, flags, 1, new byte[octets]);
  }

  private void assertFound(String what) {
    String found = String.valueOf(referee.violation());
    assertTrue(found.contains(what), found);
  }

  @Test
  void aSoundResponsePasses() {
    head(0, ":status", "103");
    head(0, ":status", "200", "content-length", "3");
    content(0, 1);
    content(0, 2);
    head(END_STREAM, "x-sum", "1");
    comes(RST_STREAM, 0, 1, ERROR);
    assertNull(referee.violation());
  }

  @Test
  void contentOfAnotherLengthIsFound() {
    head(0, ":status", "200", "content-length", "3");
    content(END_STREAM, 2);
    assertFound("2 octets of 3");
  }

  @Test
  void contentBeyondAWindowIsFound() {
    referee.setting(4, 5);
    head(0, ":status", "200");
    content(0, 5);
    assertNull(referee.violation());
    referee.opened(1, 1);
    content(0, 1);
    assertNull(referee.violation());
    content(0, 1);
    assertFound("beyond the window");
  }

  @Test
  void contentBeyondTheWindowOfTheConnectionIsFound() {
    referee.opened(1, 100_000);
    head(0, ":status", "200");
    for (int i = 0; i < 4; i++) {
      content(0, 16_384); // one octet more than the first window in all
    }
    assertFound("beyond the window");
  }

  @Test
  void framesBehindTheEndAreFound() {
    head(END_STREAM, ":status", "200");
    content(0, 1);
    assertFound("DATA for stream 1, which is ENDED");
  }

  @Test
  void contentBeforeTheHeadIsFound() {
    content(0, 1);
    assertFound("DATA for stream 1, which is OPEN");
  }

  @Test
  void aSecondHeadIsFound() {
    head(0, ":status", "200");
    head(0, ":status", "200");
    assertFound("HEADERS for stream 1, which is ANSWERED");
  }

  @Test
  void aResponseThatNobodyAskedForIsFound() {
    comes(HEADERS, END_HEADERS, 3, block(":status", "200"));
    assertFound("for a stream of no request: 3");
  }

  @Test
  void contentForHeadIsFound() {
    referee.asked(3, false);
    comes(HEADERS, END_HEADERS, 3, block(":status", "200", "content-length", "2"));
    comes(DATA, END_STREAM, 3, new byte[2]);
    assertFound("HEAD");
  }

  @Test
  void fieldsOfHttp1AndMalformedOnesAreFound() {
    head(0, ":status", "200", "transfer-encoding", "chunked");
    assertFound("transfer-encoding");
  }

  @Test
  void aValueWithALineEndIsFound() {
    head(0, ":status", "200", "x", "a\r\nb");
    assertFound("the value of x");
  }

  @Test
  void aHeadWithoutAStatusIsFound() {
    head(0, "x", "y");
    assertFound("status");
  }

  @Test
  void aSecondResetIsFound() {
    comes(RST_STREAM, 0, 1, ERROR);
    comes(RST_STREAM, 0, 1, ERROR);
    assertFound("a second RST_STREAM");
  }

  @Test
  void whatFollowsFramesThatNobodyKnowsIsNotJudged() {
    referee.loseSight();
    content(0, 1);
    assertEquals("null", String.valueOf(referee.violation()));
  }
}
