// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Http2Peer.CONTINUATION;
import static dev.rsp.worker.Http2Peer.DATA;
import static dev.rsp.worker.Http2Peer.END_HEADERS;
import static dev.rsp.worker.Http2Peer.END_STREAM;
import static dev.rsp.worker.Http2Peer.HEADERS;
import static dev.rsp.worker.Http2Peer.PADDED;
import static dev.rsp.worker.Http2Peer.PUSH_PROMISE;
import static dev.rsp.worker.Http2Peer.RST_STREAM;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a backend of HTTP/2 may do wrong costs its stream or its connection, and nothing else. */
@Timeout(60)
final class Http2HostileBackendTest extends EmbeddedRigTest {
  private static final String MALFORMED = "malformed HTTP/2 response: ";
  private static final String GONE = "the backend closed the connection without an answer";

  private EmbeddedPeer client;
  private EmbeddedPeer other;
  private Http2Peer backend;

  Http2HostileBackendTest() {
    super(Http2BackendTest.H2C);
  }

  /** Two requests wait for their answers on one connection: the streams 1 and 3. */
  @BeforeEach
  void askTwice() {
    rig.leaveBackendsUnjudged();
    client = rig.client(post("Content-Length: 2") + "hi");
    other = rig.client(GET);
    backend = Http2Peer.backend(rig);
    assertEquals(4, backend.frames().size());
  }

  /** The first request gets 502, and the second is answered over the same connection. */
  private void expectStreamError(String error, String why) {
    client.expectRefusal(502, MALFORMED + why);
    backend.expect("RST_STREAM 1 " + error);
    expectOtherIsServed();
    rig.expectEndings("served=1 backend_malformed=1");
  }

  private void expectOtherIsServed() {
    backend.headers(3, true, ":status", "204", "date", "x");
    other.expect("HTTP/1.1 204 \r\ndate: x\r\n\r\n");
  }

  /** Both requests get 502, because the connection is ended with this error. */
  private void expectConnectionError(String error) {
    List<String> frames = backend.frames();
    assertEquals("GOAWAY 0 " + error, frames.get(frames.size() - 1));
    client.expectRefusal(502, GONE);
    assertTrue(backend.peer().hasEnd());
    other.expectStart("HTTP/1.1 502");
    rig.expectEndings("backend_gone=2");
  }

  private void headers(int flags, byte[] block) {
    backend.frame(HEADERS, flags, 1, block);
  }

  private void answerWithLength(String length) {
    backend.headers(1, false, ":status", "200", "date", "x", "content-length", length);
  }

  // Heads ----------------------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({
    "x-name, 'a\r\nSet-Cookie: b', a field value with an octet that is not allowed",
    "x-name, 'a\nb', a field value with an octet that is not allowed",
    "x-name, 'a\0b', a field value with an octet that is not allowed",
    "'x-name: a\r\nset-cookie', b, a malformed field name",
    "'x:y', b, a malformed field name",
    "X-Name, b, a malformed field name",
    "'', b, a malformed field name",
    ":path, /, an unknown pseudo-field",
    ":status, 200, :status twice",
    "connection, close, a field of the connection",
    "transfer-encoding, chunked, a field of the connection",
  })
  void aFieldThatCouldBecomeStructureOfHttp1Is502(String name, String value, String why) {
    backend.headers(1, true, ":status", "200", name, value);
    expectStreamError("PROTOCOL_ERROR", why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "20", "0200", "2 0", "abc", "200 OK"})
  void aStatusThatIsNoneIs502(String status) {
    backend.headers(1, true, ":status", status);
    expectStreamError("PROTOCOL_ERROR", "no valid :status");
  }

  @Test
  void aChangeOfTheProtocolIs502() {
    backend.headers(1, false, ":status", "101");
    expectStreamError("PROTOCOL_ERROR", "101, which HTTP/2 does not have");
  }

  @Test
  void twoLengthsAre502() {
    backend.headers(1, false, ":status", "200", "content-length", "1", "content-length", "2");
    client.expectStart("HTTP/1.1 502");
    backend.expect("RST_STREAM 1 PROTOCOL_ERROR");
    expectOtherIsServed();
    rig.expectEndings("served=1 backend_malformed=1");
  }

  @Test
  void aHeadAboveTheLimitIs502() {
    byte[] block = backend.block(":status", "200", "x", "y".repeat(40_000));
    headers(END_STREAM, Arrays.copyOf(block, 16_384));
    byte[] rest = Arrays.copyOfRange(block, 16_384, block.length);
    backend.frame(CONTINUATION, 0, 1, Arrays.copyOf(rest, 10_000));
    backend.frame(CONTINUATION, END_HEADERS, 1, Arrays.copyOfRange(rest, 10_000, rest.length));
    expectStreamError("PROTOCOL_ERROR", "response head too large");
  }

  @Test
  void aBombOfReferencesCostsItsConnection() {
    String large = "y".repeat(3_000);
    byte[] first = backend.block(":status", "200", "x", large);
    headers(END_HEADERS | END_STREAM, first);
    client.expectStart("HTTP/1.1 200");
    backend.frames();
    byte[] bomb = new byte[16_000];
    bomb[0] = (byte) 0x88; // :status 200
    for (int i = 1; i < bomb.length; i++) {
      bomb[i] = (byte) 0xbe; // the last entry of the table
    }
    backend.frame(HEADERS, END_HEADERS | END_STREAM, 3, bomb);
    assertFalse(backend.frames().isEmpty());
    other.expectStart("HTTP/1.1 502");
    rig.expectEndings("served=1 backend_malformed=1");
  }

  @Test
  void continuationsAreBounded() {
    headers(0, backend.block(":status", "200"));
    byte[] more = backend.block("x", "");
    for (int i = 0; i < 1_000 && backend.peer().isOpen(); i++) {
      backend.frame(CONTINUATION, 0, 1, more);
    }
    client.expectRefusal(502, GONE);
    assertTrue(backend.peer().hasEnd());
    other.expectStart("HTTP/1.1 502");
    rig.expectEndings("backend_gone=2");
  }

  @Test
  void anInterimResponseDoesNotEndAStream() {
    backend.headers(1, true, ":status", "103");
    expectStreamError("PROTOCOL_ERROR", "an interim response that ends the stream");
  }

  @Test
  void interimResponsesAreBounded() {
    for (int i = 0; i < 102; i++) {
      backend.headers(1, false, ":status", "102");
    }
    String got = client.take();
    assertTrue(got.contains("HTTP/1.1 502 "), got);
    backend.expect("RST_STREAM 1 CANCEL");
    expectOtherIsServed();
    rig.expectEndings("served=1 backend_malformed=1");
  }

  // Content --------------------------------------------------------------------------------------

  @Test
  void contentBeforeTheHeadIs502() {
    backend.data(1, "early", true);
    expectStreamError("PROTOCOL_ERROR", "content before the head");
  }

  /** The client sees that the response is not complete. */
  private void expectCut() {
    client.expectStart("HTTP/1.1 200 \r\n");
    assertTrue(client.hasEnd());
    backend.expect("RST_STREAM 1 PROTOCOL_ERROR");
    expectOtherIsServed();
    rig.expectEndings("served=1 backend_malformed_body=1");
  }

  @Test
  void moreContentThanAnnouncedIsCut() {
    answerWithLength("3");
    backend.data(1, "four", true);
    expectCut();
  }

  @Test
  void lessContentThanAnnouncedIsCut() {
    answerWithLength("10");
    backend.data(1, "four", true);
    expectCut();
  }

  @Test
  void trailersBehindLessContentThanAnnouncedAreCut() {
    answerWithLength("10");
    backend.headers(1, true, "grpc-status", "0");
    expectCut();
  }

  @Test
  void malformedTrailersAreCut() {
    backend.headers(1, false, ":status", "200", "date", "x");
    backend.headers(1, true, ":status", "200");
    expectCut();
  }

  @Test
  void headersInTheContentAreCut() {
    backend.headers(1, false, ":status", "200", "date", "x");
    backend.headers(1, false, "grpc-status", "0");
    expectCut();
  }

  @Test
  void aLengthWithoutContentIs502() {
    backend.headers(1, true, ":status", "200", "content-length", "5");
    expectStreamError("PROTOCOL_ERROR", "less content than announced");
  }

  @ParameterizedTest
  @ValueSource(strings = {"204", "205", "304"})
  void contentWhereThereIsNoneIsCut(String status) {
    backend.headers(1, false, ":status", status, "date", "x");
    backend.data(1, "content", true);
    client.expectStart("HTTP/1.1 " + status);
    assertTrue(client.hasEnd());
    backend.expect("RST_STREAM 1 PROTOCOL_ERROR");
    expectOtherIsServed();
    rig.expectEndings("served=1 backend_malformed_body=1");
  }

  @Test
  void contentOfAnAnswerToHeadIsCut() {
    EmbeddedPeer head = rig.client("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    backend.frames();
    backend.headers(5, false, ":status", "200", "date", "x", "content-length", "7");
    backend.data(5, "content", true);
    head.expectStart("HTTP/1.1 200 \r\n");
    assertTrue(head.hasEnd());
    backend.expect("RST_STREAM 5 PROTOCOL_ERROR");
    EmbeddedPeer second = rig.client("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    backend.headers(7, true, ":status", "200", "date", "x", "content-length", "7");
    second.expect("HTTP/1.1 200 \r\ndate: x\r\ncontent-length: 7\r\n\r\n");
    backend.headers(1, true, ":status", "204", "date", "x");
    expectOtherIsServed();
    rig.expectEndings("served=3 backend_malformed_body=1");
  }

  @Test
  void paddingCountsForTheWindow() {
    backend.headers(1, false, ":status", "200", "date", "x", "content-length", "3");
    backend.frame(DATA, PADDED | END_STREAM, 1, padded("abc", 200));
    String got = client.take();
    assertTrue(got.endsWith("abc"), got);
    int frames = 262_144 / 256 / 2;
    backend.headers(3, false, ":status", "200", "date", "x");
    for (int i = 0; i < frames; i++) {
      backend.frame(DATA, PADDED, 3, padded("x".repeat(56), 200));
    }
    List<String> updates =
        backend.frames().stream().filter(f -> f.startsWith("WINDOW_UPDATE 3")).toList();
    assertEquals(1, updates.size(), updates::toString);
    backend.data(3, "", true);
    rig.rest();
    rig.expectEndings("served=2");
  }

  private static byte[] padded(String content, int padding) {
    byte[] bytes = new byte[1 + content.length() + padding];
    bytes[0] = (byte) padding;
    System.arraycopy(content.getBytes(StandardCharsets.ISO_8859_1), 0, bytes, 1, content.length());
    return bytes;
  }

  // Frames ---------------------------------------------------------------------------------------

  @Test
  void pingsWithoutEndEndTheConnection() {
    for (int i = 0; i < 11_000; i++) {
      backend.ping(i, false);
    }
    expectConnectionError("ENHANCE_YOUR_CALM");
  }

  /** As gRPC does, to measure the round trip. */
  private void openWindowsAndPing(int stream) {
    backend.windowUpdate(0, 5);
    backend.windowUpdate(stream, 5);
    backend.ping(1, false);
  }

  @Test
  void aBackendThatAnswersEachPieceOfAnUploadWithSmallFramesIsNotCut() {
    Http2Peer upload = Http2Peer.of(rig);
    upload.post(1, "a");
    for (int i = 0; i < 6_000; i++) {
      upload.data(1, "hello", false);
      rig.rest();
      openWindowsAndPing(5);
    }
    backend.frames();
    backend.headers(1, true, ":status", "204", "date", "x");
    backend.headers(5, true, ":status", "204");
    expectOtherIsServed();
    rig.expectEndings("served=3");
  }

  @Test
  void aBackendThatAnswersEachRequestWithSmallFramesIsNotCut() {
    Http2Peer busy = Http2Peer.of(rig);
    for (int i = 0; i < 6_000; i++) {
      busy.get(2 * i + 1, "a", "/");
      rig.rest();
      openWindowsAndPing(2 * i + 5);
      backend.headers(2 * i + 5, true, ":status", "204");
    }
    assertFalse(backend.peer().hasEnd());
    backend.headers(1, true, ":status", "204", "date", "x");
    expectOtherIsServed();
    rig.expectEndings("served=6002");
  }

  @Test
  void windowsOfOneOctetEarnNothing() {
    Http2Peer upload = Http2Peer.of(rig);
    backend.settings(4, 0);
    rig.rest();
    upload.post(1, "a");
    upload.data(1, "x".repeat(16_000), false);
    rig.rest();
    for (int i = 0; i < 11_000 && backend.peer().isOpen(); i++) {
      backend.windowUpdate(5, 1);
      rig.rest();
    }
    List<String> frames = backend.frames();
    assertEquals("GOAWAY 0 ENHANCE_YOUR_CALM", frames.get(frames.size() - 1));
    rig.expectEndings("backend_gone=3");
  }

  @Test
  void settingsWithoutEndEndTheConnection() {
    for (int i = 0; i < 11_000; i++) {
      backend.settings();
    }
    expectConnectionError("ENHANCE_YOUR_CALM");
  }

  @Test
  void emptyFramesWithoutEndEndTheConnection() {
    backend.headers(1, false, ":status", "200", "date", "x");
    for (int i = 0; i < 11_000; i++) {
      backend.data(1, "", false);
    }
    List<String> frames = backend.frames();
    assertEquals("GOAWAY 0 ENHANCE_YOUR_CALM", frames.get(frames.size() - 1));
    rig.expectEndings("backend_gone=1 backend_truncated=1");
  }

  @Test
  void aBackendThatDoesNotTakeAnswersToItsPingsIsNotReadMeanwhile() {
    backend.peer().takes(0);
    for (int i = 0; i < 9_000; i++) {
      backend.ping(i, false);
      if (i % 1_000 == 0) {
        rig.rest();
      }
    }
    assertFalse(backend.peer().isRead());
    backend.peer().takesAll();
    assertTrue(backend.peer().isRead());
    backend.frames();
    backend.headers(1, true, ":status", "204", "date", "x");
    expectOtherIsServed();
    rig.expectEndings("served=2");
  }

  @Test
  void aWindowAboveTheMaximumResetsItsStream() {
    backend.windowUpdate(1, Integer.MAX_VALUE);
    expectStreamError("FLOW_CONTROL_ERROR", "a stream's window above 2^31-1");
  }

  @Test
  void aWindowOfTheConnectionAboveTheMaximumEndsIt() {
    backend.windowUpdate(0, Integer.MAX_VALUE);
    expectConnectionError("FLOW_CONTROL_ERROR");
  }

  @Test
  void anInitialWindowThatMakesAStreamsTooLargeEndsTheConnection() {
    backend.windowUpdate(1, Integer.MAX_VALUE - 70_000);
    backend.settings(4, 200_000);
    expectConnectionError("FLOW_CONTROL_ERROR");
  }

  @Test
  void aFrameAboveTheSizeEndsTheConnection() {
    backend.headers(1, false, ":status", "200", "date", "x");
    backend.data(1, "x".repeat(16_385), false);
    List<String> frames = backend.frames();
    assertEquals("GOAWAY 0 FRAME_SIZE_ERROR", frames.get(frames.size() - 1));
    rig.expectEndings("backend_gone=1 backend_truncated=1");
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 5, 1001})
  void framesForStreamsThatWereNeverOpenedEndTheConnection(int stream) {
    backend.data(stream, "x", false);
    expectConnectionError("PROTOCOL_ERROR");
  }

  @Test
  void headersForAStreamThatWasNeverOpenedEndTheConnection() {
    backend.headers(5, true, ":status", "200");
    expectConnectionError("PROTOCOL_ERROR");
  }

  @Test
  void aResetOfAStreamThatWasNeverOpenedEndsTheConnection() {
    backend.reset(5);
    expectConnectionError("PROTOCOL_ERROR");
  }

  @Test
  void aWindowOfAStreamThatWasNeverOpenedEndsTheConnection() {
    backend.windowUpdate(5, 1_000);
    expectConnectionError("PROTOCOL_ERROR");
  }

  @Test
  void aPushEndsTheConnection() {
    backend.frame(PUSH_PROMISE, END_HEADERS, 1, new byte[] {0, 0, 0, 2, (byte) 0x88});
    expectConnectionError("PROTOCOL_ERROR");
  }

  @Test
  void contentBehindTheEndOfAStreamEndsTheConnection() {
    backend.headers(1, true, ":status", "204", "date", "x");
    client.expect("HTTP/1.1 204 \r\ndate: x\r\n\r\n");
    backend.data(1, "more", true);
    List<String> frames = backend.frames();
    assertEquals("GOAWAY 0 STREAM_CLOSED", frames.get(frames.size() - 1));
    other.expectStart("HTTP/1.1 502");
    rig.expectEndings("served=1 backend_gone=1");
  }

  @Test
  void whatWasSentBeforeAResetWasKnownIsIgnored() {
    client.reset();
    backend.expect("RST_STREAM 1 CANCEL");
    backend.headers(1, false, ":status", "200");
    backend.data(1, "late", false);
    backend.windowUpdate(1, 1_000);
    backend.reset(1);
    backend.expect();
    expectOtherIsServed();
    rig.expectEndings("served=1 client_gone_waiting=1");
  }

  @Test
  void aBackendThatDemandsHttp1Is502() {
    backend.frame(RST_STREAM, 0, 1, 13);
    client.expectRefusal(502, "the backend demands HTTP/1.1 for this request");
    expectOtherIsServed();
    rig.expectEndings("served=1 backend_http2=1");
  }

  private void expectOneStreamFailed() {
    List<String> errors = rig.takeErrors();
    assertEquals(1, errors.size(), errors::toString);
    assertTrue(
        errors.get(0).startsWith("stream failed backend=h2c://127.0.0.1:1 "), errors::toString);
  }

  @Test
  void anErrorInAStreamCostsNoOtherStream() {
    backend.headers(1, false, ":status", "200", "date", "x");
    rig.rest();
    rig.allocator().failAfter(1); // the copy of the content
    backend.data(1, "part", false);
    rig.rest();
    assertTrue(rig.allocator().stopFailing());
    expectOneStreamFailed();
    client.expectClosed();
    backend.expect("RST_STREAM 1 INTERNAL_ERROR");
    expectOtherIsServed();
    rig.expectEndings("served=1 failed=1");
  }

  @Test
  void anErrorWhenAStreamIsSentAgainCostsNoOtherStream() {
    rig.failOpening(new LinkageError("injected"));
    // The second request was not processed, so it is sent over another connection.
    backend.frame(Http2Peer.GOAWAY, 0, 0, new byte[] {0, 0, 0, 1, 0, 0, 0, 0});
    rig.rest();
    expectOneStreamFailed();
    other.expectClosed();
    backend.headers(1, true, ":status", "204", "date", "x");
    client.expect("HTTP/1.1 204 \r\ndate: x\r\n\r\n");
    rig.expectEndings("served=1 failed=1");
  }

  @Test
  void anErrorInOneStreamOfALostConnectionCostsNoOther() {
    backend.headers(1, true, ":status", "204", "date", "x");
    client.expect("HTTP/1.1 204 \r\ndate: x\r\n\r\n");
    EmbeddedPeer third = rig.client(GET);
    rig.failOpening(new LinkageError("injected"));
    backend.peer().end();
    expectOneStreamFailed();
    third.expectClosed(); // it was to be sent again
    other.expectRefusal(502, GONE);
    rig.expectEndings("served=1 backend_gone=1 failed=1");
  }

  @Test
  void framesAreReadAcrossAnySplit() {
    byte[] head =
        Http2Peer.bytesOf(
            HEADERS,
            END_HEADERS,
            1,
            backend.block(":status", "200", "date", "x", "content-length", "2"));
    byte[] content = Http2Peer.bytesOf(DATA, END_STREAM, 1, new byte[] {'o', 'k'});
    String all =
        new String(head, StandardCharsets.ISO_8859_1)
            + new String(content, StandardCharsets.ISO_8859_1);
    backend.peer().sendEachAlone(all);
    client.expect("HTTP/1.1 200 \r\ndate: x\r\ncontent-length: 2\r\n\r\nok");
    expectOtherIsServed();
    rig.expectEndings("served=2");
  }

  @Test
  void aGoawayWithAnErrorIsSaidInTheLogOfItsStreams() {
    backend.frame(Http2Peer.GOAWAY, 0, 0, new byte[] {0, 0, 0, 3, 0, 0, 0, 11});
    backend.headers(1, true, ":status", "204", "date", "x");
    client.expect("HTTP/1.1 204 \r\ndate: x\r\n\r\n");
    backend.peer().end();
    other.expectStart("HTTP/1.1 502");
    rig.expectEndings("served=1 backend_gone=1");
  }
}
