// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Http2Peer.CONTINUATION;
import static dev.rsp.worker.Http2Peer.END_HEADERS;
import static dev.rsp.worker.Http2Peer.END_STREAM;
import static dev.rsp.worker.Http2Peer.GREETING;
import static dev.rsp.worker.Http2Peer.HEADERS;
import static dev.rsp.worker.Http2Peer.HTTP2;
import static dev.rsp.worker.Http2Peer.PREFACE;
import static dev.rsp.worker.Http2Peer.request;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.ListenOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests of clients that speak HTTP/2 with prior knowledge, and their responses. */
@Timeout(60)
final class Http2Test extends EmbeddedRigTest {
  private static final String FIELDS =
      lines(
          "Via: 2.0 rsp",
          "X-Forwarded-For: 127.0.0.1",
          "X-Forwarded-Proto: http",
          "X-Forwarded-Host: a");

  private static final String CHUNKS =
      "POST / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\n" + FIELDS;

  private static final String SMALL = "HEADERS %d :status=200 content-length=2";

  private static String[] with(String[] fields, String... more) {
    List<String> all = new ArrayList<>(List.of(fields));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  /** The first octets of frames of content. */
  private static List<String> starts(List<String> frames) {
    return frames.stream().map(frame -> frame.substring(0, "DATA 3 1".length())).toList();
  }

  private static String small(int stream) {
    return SMALL.formatted(stream);
  }

  // How a connection begins ----------------------------------------------------------------------

  @Test
  void aRequestBecomesOneOfHttp1AndItsResponseFrames() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/path?query");
    EmbeddedPeer backend = rig.backend();
    backend.expect("GET /path?query HTTP/1.1\r\nhost: a\r\n" + FIELDS);
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Name: Value\r\n\r\nhi");
    client.expect("HEADERS 1 :status=200 x-name=Value content-length=2", "DATA 1 hi END");
    client.get(3, "a", "/");
    assertEquals("GET / HTTP/1.1\r\nhost: a\r\n" + FIELDS, backend.take());
    backend.send("HTTP/1.1 204 No Content\r\n\r\n");
    client.expect("HEADERS 3 :status=204 END");
    rig.expectEndings("served=2");
  }

  @Test
  void theFirstOctetsDecideWhereverTheyAreSplit() {
    for (int split = 1; split < PREFACE.length(); split++) {
      Http2Peer client = Http2Peer.silent(rig);
      client.peer().sendSplit(PREFACE, split);
      client.settings();
      assertEquals(GREETING, client.frames(), "split at " + split);
    }
    rig.expectEndings("");
  }

  @Test
  void aClientOfHttp1IsServedOnTheSameAddress() {
    EmbeddedPeer client = rig.client(HTTP2);
    client.send(GET);
    EmbeddedPeer backend = asked();
    backend.send(ok("first"));
    client.expect(ok("first"));
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    backend.take();
    backend.send(ok("second"));
    client.expect(ok("second"));
    rig.expectEndings("served=2");
  }

  @Test
  void whatIsNeitherIsRefusedAsInHttp1() {
    EmbeddedPeer client = rig.client(HTTP2);
    client.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
    assertTrue(client.take().startsWith("HTTP/1.1 505 "));
    rig.expectEndings("refused=1");
  }

  @Test
  void aClientThatEndsWithinThePrefaceIsClosed() {
    Http2Peer client = Http2Peer.silent(rig);
    client.send("PRI * HT");
    client.peer().end();
    client.peer().expectClosed();
    rig.expectEndings("");
  }

  @Test
  void theFirstFrameMustBeSettings() {
    Http2Peer client = Http2Peer.silent(rig);
    client.send(PREFACE);
    client.ping(1, false);
    assertEquals(
        List.of(GREETING.get(0), GREETING.get(1), "GOAWAY 0 PROTOCOL_ERROR"), client.frames());
    client.peer().expectEnd();
    rig.expectEndings("");
  }

  @Test
  void eachSplitOfTheBytesOfARequestGivesTheSame() {
    Http2Peer sample = Http2Peer.of(rig);
    EmbeddedPeer backend = null;
    for (int stream = 1; stream < 120; stream += 2) {
      byte[] head =
          Http2Peer.bytesOf(HEADERS, END_HEADERS, stream, sample.block(request("PUT", "a", "/")));
      byte[] data = Http2Peer.bytesOf(Http2Peer.DATA, END_STREAM, stream, (byte) 'x');
      byte[] all = new byte[head.length + data.length];
      System.arraycopy(head, 0, all, 0, head.length);
      System.arraycopy(data, 0, all, head.length, data.length);
      int split = stream / 2 % (all.length - 1) + 1;
      sample.peer().send(Arrays.copyOfRange(all, 0, split));
      rig.rest();
      sample.peer().send(Arrays.copyOfRange(all, split, all.length));
      EmbeddedPeer at = backend == null ? rig.backend() : backend;
      String taken = at.take();
      assertTrue(
          taken.startsWith("PUT / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked"), taken);
      assertTrue(taken.endsWith("\r\n\r\n1\r\nx\r\n0\r\n\r\n"), taken);
      at.send(ok("ok"));
      sample.expect(
          stream == 1 ? "HEADERS 1 :status=200 content-length=2" : small(stream),
          "DATA " + stream + " ok END");
      backend = at;
    }
    rig.expectEndings("served=60");
  }

  // Requests -------------------------------------------------------------------------------------

  @Test
  void contentOfUnknownLengthIsChunkedAndItsEndIsPassedOn() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    EmbeddedPeer backend = rig.backend();
    backend.expect(CHUNKS);
    client.data(1, "abc", false);
    backend.expect("3\r\nabc");
    client.data(1, "", true);
    backend.expect("\r\n0\r\n\r\n");
    backend.send(ok("ok"));
    client.expect(small(1), "DATA 1 ok END");
    rig.expectEndings("served=1");
  }

  @Test
  void contentOfKnownLengthIsPassedWithItsLength() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a", "content-length", "6");
    EmbeddedPeer backend = rig.backend();
    backend.expect("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 6\r\n" + FIELDS);
    client.data(1, "abc", false);
    client.data(1, "def", true);
    backend.expect("abcdef");
    backend.send(ok("ok"));
    client.expect(small(1), "DATA 1 ok END");
    rig.expectEndings("served=1");
  }

  @Test
  void contentThatIsNotAsLongAsAnnouncedResetsItsStream() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a", "content-length", "6");
    EmbeddedPeer backend = asked();
    client.data(1, "abcdefg", false);
    client.expect("RST_STREAM 1 PROTOCOL_ERROR");
    backend.expectClosed();
    client.post(3, "a", "content-length", "6");
    EmbeddedPeer second = asked();
    client.data(3, "abcde", true);
    client.expect("RST_STREAM 3 PROTOCOL_ERROR");
    second.expectClosed();
    client.headers(5, true, with(request("POST", "a", "/"), "content-length", "6"));
    client.expect("RST_STREAM 5 PROTOCOL_ERROR");
    rig.expectNoConnect();
    rig.expectEndings("refused=3");
  }

  @Test
  void trailersEndARequestAndAreNotPassedOn() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    EmbeddedPeer backend = asked();
    client.data(1, "abc", false);
    client.headers(1, true, "x-checksum", "1");
    backend.expect("3\r\nabc\r\n0\r\n\r\n");
    backend.send(ok("ok"));
    client.expect(small(1), "DATA 1 ok END");
    rig.expectEndings("served=1");
  }

  @Test
  void malformedTrailersResetTheStream() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    asked();
    client.headers(1, true, ":path", "/");
    client.expect("RST_STREAM 1 PROTOCOL_ERROR");
    client.post(3, "a");
    asked();
    client.headers(3, false, "x", "y");
    client.expect("RST_STREAM 3 PROTOCOL_ERROR");
    rig.expectEndings("refused=2");
  }

  @Test
  void crumbsOfCookiesAreJoined() {
    Http2Peer client = Http2Peer.of(rig);
    client.headers(
        1, true, with(request("GET", "a", "/"), "cookie", "a=1", "x", "y", "cookie", "b=2"));
    EmbeddedPeer backend = rig.backend();
    backend.expect("GET / HTTP/1.1\r\nhost: a\r\nx: y\r\ncookie: a=1; b=2\r\n" + FIELDS);
    backend.send(ok("ok"));
    client.expect(small(1), "DATA 1 ok END");
    rig.expectEndings("served=1");
  }

  @Test
  void aMalformedRequestResetsItsStreamAndReachesNoBackend() {
    Http2Peer client = Http2Peer.of(rig);
    int stream = 1;
    for (String[] more :
        List.of(
            new String[] {"X-Upper", "1"},
            new String[] {"connection", "close"},
            new String[] {"transfer-encoding", "chunked"},
            new String[] {"te", "gzip"},
            new String[] {"x", "a\r\nhost: b"},
            new String[] {"x: y\r\nz", "1"},
            new String[] {"x", "\0"},
            new String[] {"host", "b"})) {
      client.headers(stream, true, with(request("GET", "a", "/"), more));
      client.expect("RST_STREAM " + stream + " PROTOCOL_ERROR");
      stream += 2;
    }
    rig.expectNoConnect();
    client.get(stream, "a", "/");
    asked().send(ok("ok"));
    client.expect(small(stream), "DATA " + stream + " ok END");
    rig.expectEndings("served=1 refused=8");
  }

  @Test
  void whatTheRulesOfHttp1RefuseGetsTheSameAnswer() {
    Http2Peer client = Http2Peer.of(rig);
    client.headers(1, true, ":method", "CONNECT", ":authority", "a:443");
    client.expect(
        "HEADERS 1 :status=501 content-type=text/plain content-length=35",
        "DATA 1 501 CONNECT is not for this server\n END");
    client.get(3, "a..b", "/");
    client.expect(
        "HEADERS 3 :status=400 content-type=text/plain content-length=17",
        "DATA 3 400 invalid host\n END");
    client.headers(5, true, request("HEAD", "a..b", "/"));
    client.expect("HEADERS 5 :status=400 content-type=text/plain content-length=17 END");
    client.get(7, "a", "/" + "x".repeat(9000));
    client.expect(
        "HEADERS 7 :status=414 content-type=text/plain content-length=28",
        "DATA 7 414 request target too long\n END");
    client.headers(9, true, ":method", "GET", ":scheme", "http", ":path", "/");
    client.expect(
        "HEADERS 9 :status=400 content-type=text/plain content-length=18",
        "DATA 9 400 no Host field\n END");
    rig.expectEndings("refused=4 limit_target=1");
  }

  @Test
  void anAnswerBeforeTheEndOfTheRequestAsksTheClientToStop() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a..b");
    client.expect(
        "HEADERS 1 :status=400 content-type=text/plain content-length=17",
        "DATA 1 400 invalid host\n END",
        "RST_STREAM 1 NO_ERROR");
    client.data(1, "late", true); // sent before the client knew
    client.expect();
    rig.expectEndings("refused=1");
  }

  @Test
  void aFieldListAboveTheLimitGets431() {
    Http2Peer client = Http2Peer.of(rig);
    byte[] block = client.block(with(request("GET", "a", "/"), "x", "y".repeat(40_000)));
    int first = 10_000;
    client.frame(HEADERS, END_STREAM, 1, Arrays.copyOfRange(block, 0, first));
    for (int at = first; at < block.length; at += first) {
      int end = Math.min(block.length, at + first);
      int flags = end == block.length ? END_HEADERS : 0;
      client.frame(CONTINUATION, flags, 1, Arrays.copyOfRange(block, at, end));
    }
    client.expect(
        "HEADERS 1 :status=431 content-type=text/plain content-length=27",
        "DATA 1 431 request head too large\n END");
    rig.expectEndings("limit_head=1");
  }

  // Responses ------------------------------------------------------------------------------------

  @Test
  void fieldsOfTheConnectionAndChunksStayBehind() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    EmbeddedPeer backend = asked();
    backend.send(
        String.join(
            "\r\n",
            "HTTP/1.1 200 OK",
            "Connection: X-Hop",
            "X-Hop: 1",
            "Keep-Alive: timeout=5",
            "Upgrade: h2c",
            "Transfer-Encoding: chunked",
            "",
            "3",
            "abc",
            ""));
    client.expect("HEADERS 1 :status=200", "DATA 1 abc");
    backend.send("2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n");
    client.expect("DATA 1 de END");
    rig.expectEndings("served=1");
  }

  @Test
  void aResponseToHeadHasItsLengthAndNoContent() {
    Http2Peer client = Http2Peer.of(rig);
    client.headers(1, true, request("HEAD", "a", "/"));
    asked().send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    client.expect("HEADERS 1 :status=200 content-length=5 END");
    rig.expectEndings("served=1");
  }

  @Test
  void interimResponsesPass() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a", "expect", "100-continue");
    EmbeddedPeer backend = rig.backend();
    assertTrue(backend.take().contains("\r\nexpect: 100-continue\r\n"));
    backend.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    client.expect("HEADERS 1 :status=100", "HEADERS 1 :status=103 link=x");
    client.data(1, "abc", true);
    backend.send(ok("ok"));
    client.expect(small(1), "DATA 1 ok END");
    rig.expectEndings("served=1");
  }

  @Test
  void aResponseThatBreaksOffIsReset() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    EmbeddedPeer backend = asked();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    backend.end();
    client.expect(
        "HEADERS 1 :status=200 content-length=5", "DATA 1 ab", "RST_STREAM 1 INTERNAL_ERROR");
    rig.expectEndings("backend_truncated=1");
  }

  @Test
  void aBackendThatChangesTheProtocolUnaskedGets502() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    asked().send("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    assertEquals(
        "HEADERS 1 :status=502 content-type=text/plain content-length=61", client.frames().get(0));
    rig.expectEndings("backend_malformed=1");
  }

  @Test
  void aHeadOfMoreThanAFrameGoesOnInContinuations() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    String value = "v".repeat(30_000);
    asked().send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: " + value + "\r\n\r\n");
    client.expect("HEADERS 1 :status=200 x=" + value + " content-length=0 END");
    rig.expectEndings("served=1");
  }

  // Windows --------------------------------------------------------------------------------------

  @Test
  void aBackendIsReadOnlyAsFarAsTheWindowOfTheStreamAllows() {
    Http2Peer client = Http2Peer.of(rig, 4, 10);
    client.get(1, "a", "/");
    EmbeddedPeer backend = asked();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + "x".repeat(10_000));
    client.expect("HEADERS 1 :status=200 content-length=200000", "DATA 1 xxxxxxxxxx");
    assertFalse(backend.isRead());
    client.windowUpdate(1, 5);
    client.expect("DATA 1 xxxxx");
    assertFalse(backend.isRead());
    client.windowUpdate(1, 9_985);
    client.expect("DATA 1 " + "x".repeat(9_985));
    assertTrue(backend.isRead());
    client.reset(1);
    rig.expectEndings("client_gone_reading=1");
  }

  @Test
  void aStreamWithoutAWindowHoldsUpNoOther() {
    Http2Peer client = Http2Peer.of(rig, 4, 0);
    client.get(1, "a", "/");
    EmbeddedPeer slow = asked();
    slow.send(ok("slow"));
    client.get(3, "b", "/");
    asked().send(ok("fast"));
    client.expect(
        "HEADERS 1 :status=200 content-length=4", "HEADERS 3 :status=200 content-length=4");
    client.windowUpdate(3, 100);
    client.expect("DATA 3 fast END");
    client.settings(4, 100);
    client.expect("SETTINGS ACK", "DATA 1 slow END");
    rig.expectEndings("served=2");
  }

  @Test
  void streamsShareTheWindowOfTheConnectionFrameByFrame() {
    Http2Peer client = Http2Peer.of(rig, 4, 1 << 20);
    client.get(1, "a", "/");
    EmbeddedPeer one = asked();
    one.send(ok("x".repeat(65_535)));
    client.frames(); // the window of the connection is used up
    client.get(3, "a", "/");
    client.get(5, "b", "/");
    EmbeddedPeer other = asked();
    one.send(ok("1".repeat(16_384 + 5)));
    other.send(ok("2".repeat(5)));
    client.expect(
        "HEADERS 3 :status=200 content-length=16389", "HEADERS 5 :status=200 content-length=5");
    client.windowUpdate(0, 1 << 20);
    List<String> frames = client.frames();
    assertEquals(List.of("DATA 3 1", "DATA 5 2", "DATA 3 1"), starts(frames));
    assertEquals("DATA 5 22222 END", frames.get(1));
    rig.expectEndings("served=3");
  }

  @Test
  void theWindowOfARequestIsOpenedOnlyAsItsBackendTakesTheContent() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    EmbeddedPeer backend = asked();
    backend.takes(0);
    String frame = "x".repeat(16_000);
    for (int i = 0; i < 4; i++) {
      client.data(1, frame, false);
    }
    client.expect();
    backend.takesAll();
    client.expect("WINDOW_UPDATE 1 64000");
    assertEquals(64_000, backend.take().chars().filter(c -> c == 'x').count());
    client.data(1, frame, true);
    rig.rest();
    backend.send(ok("ok"));
    client.expect(small(1), "DATA 1 ok END");
    rig.expectEndings("served=1");
  }

  /** Uploads, and lets the proxy and the backend take it all; returns the whole window then. */
  private int upload(Http2Peer client, EmbeddedPeer backend, int stream, int octets) {
    int window = windows.getOrDefault(stream, 65_535);
    int sent = 0;
    while (sent < octets) {
      int size = Math.min(11_000, octets - sent);
      assertTrue(size <= window, "content beyond the window");
      client.data(stream, "x".repeat(size), false);
      sent += size;
      window -= size;
      for (String frame : client.frames()) {
        String[] words = frame.split(" ", -1);
        assertEquals("WINDOW_UPDATE", words[0]);
        window += words[1].equals("" + stream) ? Integer.parseInt(words[2]) : 0;
      }
      backend.take();
    }
    windows.put(stream, window);
    return window;
  }

  private final Map<Integer, Integer> windows = new HashMap<>();

  /** So a client 100 ms away can send 10 MB/s. */
  @Test
  void theWindowOfAnUploadGrowsWhileItsBackendKeepsUp() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    EmbeddedPeer backend = rig.backend();
    int most = 0;
    for (int i = 0; i < 50; i++) {
      most = Math.max(most, upload(client, backend, 1, 60_000));
    }
    assertTrue(most > 900_000 && most <= 1 << 20, "window: " + most);
    client.reset(1);
    rig.expectEndings("client_gone_in_body=1");
  }

  @Test
  void theWindowsOfAllStreamsTogetherGrowByOneOfTheConnection() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    EmbeddedPeer first = rig.backend();
    client.post(3, "a");
    EmbeddedPeer second = rig.backend();
    upload(client, first, 1, 3_000_000);
    int most = 0;
    for (int i = 0; i < 50; i++) {
      most = Math.max(most, upload(client, second, 3, 20_000));
    }
    assertTrue(most <= 65_535, "window beside one that has grown: " + most);
    client.reset(1);
    rig.rest();
    for (int i = 0; i < 50; i++) {
      most = Math.max(most, upload(client, second, 3, 60_000));
    }
    assertTrue(most > 900_000, "window when the other one is closed: " + most);
    client.reset(3);
    rig.expectEndings("client_gone_in_body=2");
  }

  @Test
  void contentBeyondTheWindowResetsTheStream() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    rig.connecting();
    for (int i = 0; i < 4; i++) {
      client.data(1, "x".repeat(16_384), false); // one octet more than the window in all
    }
    client.expect("RST_STREAM 1 FLOW_CONTROL_ERROR");
    rig.expectEndings("request_broken=1");
  }

  @Test
  void contentThatWaitsForABackendIsPassedOnInOrder() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    EmbeddedPeer backend = rig.connecting();
    client.data(1, "one ", false);
    client.data(1, "two ", false);
    rig.rest();
    client.data(1, "three", true);
    backend.accept();
    String taken = backend.take();
    assertTrue(taken.startsWith(CHUNKS), taken);
    assertEquals("d\r\none two three\r\n0\r\n\r\n", taken.substring(CHUNKS.length()));
    backend.send(ok("ok"));
    client.expect(small(1), "DATA 1 ok END");
    rig.expectEndings("served=1");
  }

  // Streams --------------------------------------------------------------------------------------

  @Test
  void aHundredRequestsAreServedAtATimeAndMoreAreRefused() {
    Http2Peer client = Http2Peer.of(rig);
    for (int stream = 1; stream < 201; stream += 2) {
      client.post(stream, "a");
    }
    client.get(201, "a", "/");
    client.expect("RST_STREAM 201 REFUSED_STREAM");
    rig.acceptAtOnce();
    for (int i = 0; i < 100; i++) {
      rig.backendIfAsked();
    }
    client.peer().reset();
    rig.expectEndings("client_gone_in_body=100");
  }

  @Test
  void aStreamThatTheClientResetsEndsItsExchangeAndNoOther() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    EmbeddedPeer left = asked();
    client.get(3, "a", "/");
    EmbeddedPeer kept = asked();
    client.reset(1);
    rig.rest();
    left.expectClosed();
    kept.send(ok("ok"));
    client.expect(small(3), "DATA 3 ok END");
    rig.expectEndings("served=1 client_gone_waiting=1");
  }

  @Test
  void aNumberThatIsNotAboveTheLastEndsTheConnection() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(5, "a", "/");
    asked();
    client.get(3, "a", "/");
    client.expect("GOAWAY 5 PROTOCOL_ERROR");
    client.peer().expectEnd();
    rig.expectEndings("client_gone_waiting=1");
  }

  // Time -----------------------------------------------------------------------------------------

  @Test
  void anIdleConnectionEndsAfterItsTimeWithGoaway() {
    Http2Peer client = Http2Peer.of(rig);
    rig.pass(76_000);
    client.expect("GOAWAY 0 NO_ERROR");
    client.peer().expectEnd();
    rig.expectEndings("");
  }

  @Test
  void aConnectionWithoutSettingsEndsInTime() {
    Http2Peer client = Http2Peer.silent(rig);
    client.send(PREFACE);
    rig.pass(11_000);
    assertTrue(client.frames().contains("GOAWAY 0 PROTOCOL_ERROR"));
    Http2Peer second = Http2Peer.silent(rig);
    rig.pass(11_000);
    second.peer().expectClosed();
    rig.expectEndings("");
  }

  @Test
  void aBackendThatDoesNotAnswerInTimeIs504OnItsStreamAlone() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    asked();
    rig.pass(61_000);
    assertEquals(
        "HEADERS 1 :status=504 content-type=text/plain content-length=40", client.frames().get(0));
    client.get(3, "a", "/");
    asked().send(ok("ok"));
    client.expect(small(3), "DATA 3 ok END");
    rig.expectEndings("served=1 response_timeout=1");
  }

  @Test
  void aClientThatOpensNoWindowIsResetInTime() {
    Http2Peer client = Http2Peer.of(rig, 4, 0);
    client.get(1, "a", "/");
    asked().send(ok("ok"));
    client.expect(small(1));
    rig.pass(61_000);
    client.expect("RST_STREAM 1 CANCEL");
    rig.expectEndings("client_stalled=1");
  }

  @Test
  void aRequestWhoseContentDoesNotComeIs408() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    asked();
    rig.pass(61_000);
    assertEquals(
        List.of(
            "HEADERS 1 :status=408 content-type=text/plain content-length=35",
            "DATA 1 408 the request body took too long\n END",
            "RST_STREAM 1 NO_ERROR"),
        client.frames());
    rig.expectEndings("body_timeout=1");
  }

  // The end of a connection ----------------------------------------------------------------------

  @Test
  void aDrainAnnouncesTheEndAndLosesNoRequest() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    EmbeddedPeer first = asked();
    rig.loop().drain();
    List<String> announced = client.frames();
    assertEquals("GOAWAY 2147483647 NO_ERROR", announced.get(0));
    client.get(3, "a", "/"); // sent before the client knew
    EmbeddedPeer second = asked();
    client.ping(Long.parseLong(announced.get(1).substring("PING ".length())), true);
    client.expect("GOAWAY 3 NO_ERROR");
    client.get(5, "a", "/");
    client.expect("RST_STREAM 5 REFUSED_STREAM");
    first.send(ok("1"));
    second.send(ok("3"));
    client.expect(
        "HEADERS 1 :status=200 content-length=1",
        "DATA 1 1 END",
        "HEADERS 3 :status=200 content-length=1",
        "DATA 3 3 END");
    client.peer().expectEnd();
    rig.expectEndings("served=2");
  }

  @Test
  void aClientThatDoesNotAnswerHasASecondAfterTheAnnouncement() {
    Http2Peer client = Http2Peer.of(rig);
    rig.loop().drain();
    assertEquals("GOAWAY 2147483647 NO_ERROR", client.frames().get(0));
    rig.pass(1_200);
    client.expect("GOAWAY 0 NO_ERROR");
    client.peer().expectEnd();
    rig.expectEndings("");
  }

  @Test
  void aRetiredLoopEndsTheConnectionWithItsNextRequest() {
    Http2Peer client = Http2Peer.of(rig);
    rig.loop().retire();
    client.expect();
    client.get(1, "a", "/");
    asked().send(ok("ok"));
    List<String> frames = client.frames();
    assertEquals("GOAWAY 2147483647 NO_ERROR", frames.get(0));
    assertTrue(frames.contains("DATA 1 ok END"), frames.toString());
    rig.expectEndings("served=1");
  }

  // What else is as in HTTP/1 ---------------------------------------------------------------------

  @Test
  void requestsAreRedirectedToHttps() {
    EmbeddedPeer peer = rig.client(new ListenOptions(false, null, 443, null, true).withHttp2());
    Http2Peer client = Http2Peer.on(peer);
    client.get(1, "a", "/p?q");
    client.expect(
        "HEADERS 1 :status=308 content-type=text/plain location=https://a/p?q content-length=35",
        "DATA 1 308 this site is served over https\n END");
    rig.expectEndings("own_answer=1");
  }

  @Test
  void anIdleConnectionGivesItsPlaceToANewClient() throws Exception {
    rig.serve(EmbeddedRig.config("limits = { connections = 1, slot_share = 100 }"));
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    EmbeddedPeer backend = asked();
    EmbeddedPeer tooMany = rig.client(GET);
    assertTrue(tooMany.take().startsWith("HTTP/1.1 503 ")); // the first is not idle
    backend.send(ok("ok"));
    client.expect(small(1), "DATA 1 ok END");
    rig.pass(300);
    EmbeddedPeer second = rig.client(GET);
    client.expect("GOAWAY 1 NO_ERROR");
    client.peer().expectEnd();
    backend.take();
    backend.send(ok("2"));
    second.expect(ok("2"));
    rig.expectEndings("served=2 limit_connections=1");
  }

  @Test
  void aConnectionThatHoldsMuchIsClosedWhenMemoryIsExhausted() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    rig.connecting();
    client.data(1, "x".repeat(16_000), false);
    client.data(1, "x".repeat(16_000), false);
    rig.limitMemory(rig.held());
    rig.pass(100);
    client.peer().expectReset();
    rig.expectEndings("limit_memory=1");
  }

  @Test
  void aBodyAboveTheLimitIs413() throws Exception {
    rig.serve(EmbeddedRig.config("limits = { body_bytes = 5 }"));
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a", "content-length", "6");
    String answer = "HEADERS %d :status=413 content-type=text/plain content-length=27";
    assertEquals(answer.formatted(1), client.frames().get(0));
    client.post(3, "a");
    asked();
    client.data(3, "12345", false);
    client.expect();
    client.data(3, "6", false);
    assertEquals(answer.formatted(3), client.frames().get(0));
    rig.expectEndings("limit_body=2");
  }

  @Test
  void theRequestsOfATrustedProxyCountForTheClientsThatItNames() throws Exception {
    rig.serve(
        EmbeddedRig.config("trusted_proxies = '127.0.0.1'", "limits = { client_connections = 1 }"));
    Http2Peer client = Http2Peer.of(rig);
    String[] named = with(request("GET", "a", "/"), "x-forwarded-for", "10.0.0.1");
    client.headers(1, true, named);
    EmbeddedPeer backend = asked();
    client.headers(3, true, named);
    assertTrue(client.frames().get(0).startsWith("HEADERS 3 :status=503 "));
    backend.send(ok("ok"));
    client.expect(small(1), "DATA 1 ok END");
    client.headers(5, true, named);
    backend.take();
    backend.send(ok("ok"));
    client.expect(small(5), "DATA 5 ok END");
    rig.expectEndings("served=2 limit_client_connections=1");
  }

  @Test
  void aBackendOfUwsgiIsToldTheVersion() throws Exception {
    rig.serve(EmbeddedRig.config("function select() return 'uwsgi:127.0.0.1:9' end"));
    rig.leaveBackendsUnjudged();
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    client.data(1, "abc", true);
    EmbeddedPeer backend = rig.backend();
    String packet = backend.take();
    assertTrue(packet.contains("SERVER_PROTOCOL\10\0HTTP/2.0"), packet);
    assertTrue(packet.endsWith("abc"), packet);
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    backend.end();
    client.expect("HEADERS 1 :status=200 content-length=2", "DATA 1 ok END");
    rig.expectEndings("served=1");
  }

  @Test
  void theAccessLogSaysTheVersionAndTheReason(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("access.log");
    rig.serve(
        EmbeddedRig.config(
            "access_log = { path = '" + file + "', format = '$version $status $ending $reason' }"));
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    asked().send(ok("ok"));
    client.frames();
    client.headers(3, true, with(request("GET", "a", "/"), "X", "1"));
    client.expect("RST_STREAM 3 PROTOCOL_ERROR");
    rig.closeAccessLog();
    assertEquals(
        List.of("HTTP/2 200 served -", "- - refused a malformed field name"),
        Files.readAllLines(file));
    rig.serve(EmbeddedRig.config());
    rig.expectEndings("served=1 refused=1");
  }

  @Test
  void theAccessLogCountsTheContentWithoutTheHeadsOfItsFrames(@TempDir Path directory)
      throws Exception {
    Path file = directory.resolve("access.log");
    String format = "format = '$ending $body_bytes $response_bytes' }";
    rig.serve(EmbeddedRig.config("access_log = { path = '" + file + "', " + format));
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("x".repeat(40_000)));
    int octets = client.peer().take().length();
    client.get(3, "a", "/");
    rig.rest();
    backend.send("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
    int octetsWithout = client.peer().take().length();
    client.get(5, "a", "/");
    rig.rest();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    int octetsOfHalf = client.peer().take().length();
    client.reset(5);
    rig.rest();
    rig.closeAccessLog();
    assertEquals(
        List.of(
            "served 40000 " + octets,
            "served 0 " + octetsWithout,
            "client_gone_reading 4 " + octetsOfHalf),
        Files.readAllLines(file));
    rig.serve(EmbeddedRig.config());
    rig.expectEndings("served=2 client_gone_reading=1");
  }

  // WebSockets -----------------------------------------------------------------------------------

  private static String[] webSocket(String... more) {
    return with(
        new String[] {
          ":method",
          "CONNECT",
          ":protocol",
          "websocket",
          ":scheme",
          "http",
          ":authority",
          "a",
          ":path",
          "/chat",
        },
        more);
  }

  /** A client whose request for a WebSocket has come to a backend, which takes it. */
  private EmbeddedPeer tunnel(Http2Peer client) {
    client.headers(1, false, webSocket("sec-websocket-version", "13", "sec-websocket-key", "x"));
    EmbeddedPeer backend = rig.backend();
    String head = backend.take();
    assertTrue(head.startsWith("GET /chat HTTP/1.1\r\n"), head);
    assertTrue(head.contains("\r\nUpgrade: websocket\r\n"), head);
    assertEquals(1, head.split("sec-websocket-key: [A-Za-z0-9+/]{22}==\r\n", -1).length - 1, head);
    assertTrue(head.contains("\r\nsec-websocket-version: 13\r\n"), head);
    backend.send(
        "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: chat\r\n\r\nhello");
    client.expect("HEADERS 1 :status=200 sec-websocket-protocol=chat", "DATA 1 hello");
    return backend;
  }

  @Test
  void aWebSocketIsATunnelThroughAStream() {
    Http2Peer client = Http2Peer.of(rig);
    EmbeddedPeer backend = tunnel(client);
    client.data(1, "ping", false);
    backend.expect("ping");
    backend.send("pong");
    client.expect("DATA 1 pong");
    client.get(3, "b", "/"); // others go on beside it
    asked().send(ok("ok"));
    assertTrue(client.frames().contains("DATA 3 ok END"));
    backend.end();
    client.expect("DATA 1  END");
    client.data(1, "last", true);
    backend.expect("last");
    backend.expectClosed();
    client.expect();
    rig.expectEndings("served=1 tunnelled=1");
  }

  @Test
  void theClientMayEndItsHalfOfATunnelFirst() {
    Http2Peer client = Http2Peer.of(rig);
    EmbeddedPeer backend = tunnel(client);
    client.data(1, "bye", true);
    backend.expect("bye");
    backend.send("rest");
    backend.end();
    client.expect("DATA 1 rest", "DATA 1  END");
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void whatATunnelCarriesIsNoBodyAndMayBeLongerThanOne() throws Exception {
    rig.serve(EmbeddedRig.config("limits = { body_bytes = 5 }"));
    Http2Peer client = Http2Peer.of(rig);
    client.headers(1, false, webSocket());
    client.data(1, "before it", false);
    EmbeddedPeer backend = rig.backend();
    assertTrue(backend.take().endsWith("\r\n\r\n"));
    backend.send("HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    backend.expect("before it");
    client.expect("HEADERS 1 :status=200");
    client.data(1, "and in it", true);
    backend.expect("and in it");
    backend.end();
    client.expect("DATA 1  END");
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void whatComesBeforeTheTunnelWaitsForIt() {
    Http2Peer client = Http2Peer.of(rig);
    client.headers(1, false, webSocket());
    client.data(1, "early", false);
    EmbeddedPeer backend = rig.backend();
    assertTrue(backend.take().endsWith("\r\n\r\n"));
    backend.send("HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    backend.expect("early");
    client.expect("HEADERS 1 :status=200");
    client.reset(1);
    backend.expectClosed();
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void aTunnelIsReadOnlyAsFarAsTheOtherSideTakesIt() {
    Http2Peer client = Http2Peer.of(rig);
    EmbeddedPeer backend = tunnel(client);
    backend.takes(0);
    for (int i = 0; i < 4; i++) {
      client.data(1, "x".repeat(16_000), false);
    }
    client.expect();
    backend.takesAll();
    client.expect("WINDOW_UPDATE 1 64000");
    backend.send("y".repeat(100_000));
    client.frames();
    assertFalse(backend.isRead());
    client.reset(1);
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void aBackendThatDoesNotChangeTheProtocolAnswersAsItself() {
    Http2Peer client = Http2Peer.of(rig);
    client.headers(1, false, webSocket());
    asked().send("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno");
    client.expect(
        "HEADERS 1 :status=403 content-length=2", "DATA 1 no END", "RST_STREAM 1 NO_ERROR");
    client.headers(3, false, webSocket());
    EmbeddedPeer second = rig.backendIfAsked();
    if (second == null) {
      rig.answerOverIdle(ok("ok"));
    } else {
      second.take();
      second.send(ok("ok"));
    }
    assertTrue(client.frames().get(0).startsWith("HEADERS 3 :status=502 "));
    rig.expectEndings("served=1 backend_malformed=1");
  }

  @Test
  void anotherProtocolThanWebSocketIs501() {
    Http2Peer client = Http2Peer.of(rig);
    String[] fields = webSocket();
    fields[3] = "connect-udp";
    client.headers(1, false, fields);
    assertTrue(client.frames().get(0).startsWith("HEADERS 1 :status=501 "));
    rig.expectEndings("refused=1");
  }

  @Test
  void aSilentTunnelEndsInTime() throws Exception {
    rig.serve(EmbeddedRig.config("timeouts = { tunnel = 5 }"));
    Http2Peer client = Http2Peer.of(rig);
    EmbeddedPeer backend = tunnel(client);
    rig.pass(6_000);
    client.expect("RST_STREAM 1 CANCEL");
    backend.expectClosed();
    rig.expectEndings("tunnelled=1");
  }
}
