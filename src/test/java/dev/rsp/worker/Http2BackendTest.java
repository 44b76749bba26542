// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Http2Peer.RST_STREAM;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to backends that speak HTTP/2 in the clear, and their responses. */
@Timeout(60)
final class Http2BackendTest extends EmbeddedRigTest {
  /** Both slots of the rig. */
  static final String H2C =
      "backends = {{ name = 'one', address = '127.0.0.1:1', protocol = 'h2c' },"
          + " { name = 'two', address = '127.0.0.1:2', protocol = 'h2c' }}";

  private static final String HOP =
      " via=%s rsp x-forwarded-for=127.0.0.1 x-forwarded-proto=http x-forwarded-host=a";

  private static final String HOP1 = HOP.formatted("1.1");
  private static final String HOP2 = HOP.formatted("2.0");

  Http2BackendTest() {
    super(H2C);
  }

  @BeforeEach
  void leaveBackendsUnjudged() {
    rig.leaveBackendsUnjudged();
  }

  private static String head(int stream, String method, String more) {
    return "HEADERS %d :method=%s :scheme=http :authority=a :path=/%s"
        .formatted(stream, method, more);
  }

  /** An answer with content, whose head has a date so that rsp adds none. */
  private static void answer(Http2Peer backend, int stream, String content) {
    backend.headers(
        stream, false, ":status", "200", "date", "x", "content-length", "" + content.length());
    backend.data(stream, content, true);
  }

  private static String ok(String content) {
    return "HTTP/1.1 200 \r\ndate: x\r\ncontent-length: " + content.length() + "\r\n\r\n" + content;
  }

  // Requests and responses -----------------------------------------------------------------------

  @Test
  void aRequestOfHttp1GoesOutAsFramesAndItsResponseComesBack() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.expect("SETTINGS ACK", head(1, "GET", HOP1) + " END");
    answer(backend, 1, "hi");
    client.expect(ok("hi"));
    client.send(GET);
    backend.expect(head(3, "GET", HOP1) + " END");
    answer(backend, 3, "again");
    client.expect(ok("again"));
    rig.expectNoConnect();
    rig.expectEndings("served=2");
  }

  @Test
  void aRequestWaitsForTheSettingsOfTheBackend() {
    rig.client(GET);
    Http2Peer backend = Http2Peer.silentBackend(rig);
    backend.expect();
    backend.settings();
    backend.expect("SETTINGS ACK", head(1, "GET", HOP1) + " END");
    backend.headers(1, true, ":status", "204");
    rig.expectEndings("served=1");
  }

  @Test
  void manyRequestsShareOneConnection() {
    List<EmbeddedPeer> clients = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      clients.add(rig.client(get("a", "/")));
    }
    Http2Peer backend = Http2Peer.backend(rig);
    rig.expectNoConnect();
    assertEquals(21, backend.frames().size());
    for (int i = 19; i >= 0; i--) {
      answer(backend, 2 * i + 1, "number " + i);
      clients.get(i).expect(ok("number " + i));
    }
    rig.expectEndings("served=20");
  }

  @Test
  void streamsAboveTheLimitOfTheBackendGoOverAnotherConnection() {
    List<EmbeddedPeer> clients = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      clients.add(rig.client(get("a", "/")));
    }
    Http2Peer first = Http2Peer.backend(rig, 3, 2);
    Http2Peer second = Http2Peer.backend(rig, 3, 2);
    Http2Peer third = Http2Peer.backend(rig, 3, 2);
    rig.expectNoConnect();
    assertEquals(
        List.of(3, 3, 2),
        List.of(first.frames().size(), second.frames().size(), third.frames().size()));
    answer(first, 1, "first");
    clients.get(0).expect(ok("first"));
    clients.get(0).send(GET);
    first.expect(head(5, "GET", HOP1) + " END");
    answer(first, 3, "second");
    answer(first, 5, "again");
    answer(second, 1, "third");
    answer(second, 3, "fourth");
    answer(third, 1, "fifth");
    clients.get(0).expect(ok("again"));
    clients.get(4).expect(ok("fifth"));
    rig.expectEndings("served=6");
  }

  @Test
  void contentOfARequestPassesBothWaysWhileTheOtherGoesOn() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.expect("SETTINGS ACK", head(1, "POST", HOP2));
    backend.headers(1, false, ":status", "200");
    client.expect("HEADERS 1 :status=200");
    client.data(1, "ping", false);
    backend.expect("DATA 1 ping");
    backend.data(1, "pong", false);
    client.expect("DATA 1 pong");
    client.data(1, "last", true);
    backend.expect("DATA 1 last END");
    backend.data(1, "bye", true);
    client.expect("DATA 1 bye END");
    rig.expectEndings("served=1");
  }

  @Test
  void chunksOfAClientBecomeContentWithoutALength() {
    EmbeddedPeer client = rig.client(post("Transfer-Encoding: chunked") + "3\r\nabc\r\n");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.expect("SETTINGS ACK", head(1, "POST", HOP1), "DATA 1 abc");
    client.send("2\r\nde\r\n0\r\n\r\n");
    backend.expect("DATA 1 de END");
    answer(backend, 1, "ok");
    client.expect(ok("ok"));
    rig.expectEndings("served=1");
  }

  @Test
  void contentWithoutALengthBecomesChunks() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.headers(1, false, ":status", "200", "date", "x");
    backend.data(1, "abc", false);
    backend.data(1, "", true);
    client.expect(
        "HTTP/1.1 200 \r\ndate: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    rig.expectEndings("served=1");
  }

  @Test
  void aResponseWithoutContentOrLengthHasAnEndForAClientOfHttp1() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.headers(1, true, ":status", "200", "date", "x");
    client.expect("HTTP/1.1 200 \r\ndate: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    rig.expectEndings("served=1");
  }

  @Test
  void interimResponsesPass() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.headers(1, false, ":status", "103", "link", "x");
    client.expect("HEADERS 1 :status=103 link=x");
    backend.headers(1, true, ":status", "204");
    client.expect("HEADERS 1 :status=204 END");
    rig.expectEndings("served=1");
  }

  // Trailers -------------------------------------------------------------------------------------

  @Test
  void trailersPassBothWaysBetweenPeersOfHttp2() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a", "te", "trailers");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.expect("SETTINGS ACK", head(1, "POST", " te=trailers" + HOP2));
    client.data(1, "call", false);
    client.headers(1, true, "x-checksum", "1", "content-length", "9", "x-forwarded-for", "6.6.6.6");
    backend.expect("DATA 1 call", "HEADERS 1 x-checksum=1 END");
    backend.headers(1, false, ":status", "200");
    backend.data(1, "answer", false);
    backend.headers(1, true, "grpc-status", "0", "set-cookie", "a=b");
    client.expect("HEADERS 1 :status=200", "DATA 1 answer", "HEADERS 1 grpc-status=0 END");
    rig.expectEndings("served=1");
  }

  @Test
  void trailersOfARequestThatWaitsGoOutWithIt() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    client.headers(1, true, "x-checksum", "1");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.expect("SETTINGS ACK", head(1, "POST", HOP2), "HEADERS 1 x-checksum=1 END");
    backend.headers(1, true, ":status", "204");
    rig.expectEndings("served=1");
  }

  @Test
  void trailersAreDroppedForAClientOfHttp1() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.headers(1, false, ":status", "200", "date", "x");
    backend.headers(1, true, "grpc-status", "0");
    client.expect("HTTP/1.1 200 \r\ndate: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    rig.expectEndings("served=1");
  }

  // Connections ----------------------------------------------------------------------------------

  @Test
  void requestsAreCountedOneByOneAndNotConnections() {
    Place place = Objects.requireNonNull(Place.ofLiteral("h2c://127.0.0.1:1", null));
    List<EmbeddedPeer> clients = List.of(rig.client(GET), rig.client(GET), rig.client(GET));
    assertEquals(3, rig.loads().inFlight(place));
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    assertEquals(3, rig.loads().inFlight(place));
    assertEquals(3, rig.loads().requests(place));
    answer(backend, 1, "hi");
    clients.get(0).expect(ok("hi"));
    assertEquals(2, rig.loads().inFlight(place));
    clients.get(1).reset();
    backend.expect("RST_STREAM 3 CANCEL");
    assertEquals(1, rig.loads().inFlight(place));
    backend.peer().reset();
    clients.get(2).expectRefusal(502, "the backend closed the connection without an answer");
    assertEquals(0, rig.loads().inFlight(place));
    rig.expectEndings("served=1 backend_gone=1 client_gone_waiting=1");
  }

  @Test
  void allThatWaitForAConnectionAreToldThatItIsRefused() {
    EmbeddedPeer first = rig.client(GET);
    EmbeddedPeer second = rig.client(post("Content-Length: 2") + "hi");
    rig.connecting().refuse();
    first.expectRefusal(502, "the backend cannot be reached");
    second.expectRefusal(502, "the backend cannot be reached");
    rig.expectNoConnect();
    rig.expectEndings("connect_failed=2");
  }

  @Test
  void aRequestThatIsNotNeededLeavesTheOthersWaiting() {
    EmbeddedPeer first = rig.client(GET);
    EmbeddedPeer second = rig.client(GET);
    first.reset();
    rig.rest();
    Http2Peer backend = Http2Peer.backend(rig);
    backend.expect("SETTINGS ACK", head(1, "GET", HOP1) + " END");
    answer(backend, 1, "hi");
    second.expect(ok("hi"));
    rig.expectEndings("served=1 client_gone_waiting=1");
  }

  /** RFC 9113 §3.4: GOAWAY without the preface would be no HTTP/2. */
  @Test
  void aConnectionThatNobodyNeedsAnyMoreIsClosedWithoutAWord() {
    rig.client(GET).reset();
    rig.rest();
    EmbeddedPeer backend = rig.backend();
    backend.expectNothing();
    backend.expectClosed();
    rig.expectEndings("client_gone_waiting=1");
  }

  @Test
  void aDrainEndsAConnectionWithItsLastStream() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    rig.loop().drain();
    answer(backend, 1, "hi");
    client.expectStart("HTTP/1.1 200 ");
    backend.expect("GOAWAY 0 NO_ERROR");
    assertTrue(backend.peer().hasEnd());
    rig.expectEndings("served=1");
  }

  @Test
  void aConnectionWithAProxyHeaderIsOfOneClient() throws Exception {
    String key = ", protocol = 'h2c', send_proxy = 'v1' }";
    rig.serve(
        EmbeddedRig.config(
            "backends = { { name = 'a', address = '127.0.0.1:1'%s,".formatted(key)
                + " { name = 'b', address = '127.0.0.1:2'%s }".formatted(key)));
    EmbeddedPeer first = rig.client(GET);
    EmbeddedPeer second = rig.client(GET);
    rig.backend().expectStart("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nPRI * HTTP/2.0\r\n");
    rig.backend().expectStart("PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\nPRI * HTTP/2.0\r\n");
    first.reset();
    second.reset();
    rig.rest();
    rig.expectEndings("client_gone_waiting=2");
  }

  @Test
  void credentialsStayOutOfTheTableThatClientsShare() {
    String request = "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic secret\r\nX: 12345\r\n\r\n";
    EmbeddedPeer client = rig.client(request);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    answer(backend, 1, "hi");
    client.expect(ok("hi"));
    client.send(request);
    String octets = backend.peer().take();
    assertTrue(octets.contains("Basic secret"), octets);
    assertFalse(octets.contains("12345"), octets);
    answer(backend, 3, "hi");
    client.expect(ok("hi"));
    rig.expectEndings("served=2");
  }

  // WebSockets (RFC 8441) ------------------------------------------------------------------------

  private static final String WEBSOCKET =
      lines(
          "GET / HTTP/1.1",
          "Host: a",
          "Connection: upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");

  private static final String CONNECT =
      "HEADERS 1 :method=CONNECT :protocol=websocket :scheme=http :authority=a :path=/"
          + " sec-websocket-version=13";

  /** A client of HTTP/1 whose WebSocket the backend has accepted. */
  private Http2Peer openTunnel(EmbeddedPeer client) {
    Http2Peer backend = Http2Peer.backend(rig, 8, 1);
    backend.expect("SETTINGS ACK", CONNECT + HOP1);
    backend.headers(1, false, ":status", "200", "date", "x");
    client.expect(
        lines(
            "HTTP/1.1 101 Switching Protocols",
            "upgrade: websocket",
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "date: x",
            "Connection: upgrade"));
    return backend;
  }

  @Test
  void aWebSocketIsAnExtendedConnect() {
    EmbeddedPeer client = rig.client(WEBSOCKET);
    Http2Peer backend = openTunnel(client);
    client.send("ping");
    backend.expect("DATA 1 ping");
    backend.data(1, "pong", false);
    client.expect("pong");
    client.end();
    backend.expect("DATA 1  END");
    backend.data(1, "last", true);
    client.expect("last");
    assertTrue(client.hasEnd());
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void theBackendMayEndItsHalfOfATunnelFirst() {
    EmbeddedPeer client = rig.client(WEBSOCKET);
    Http2Peer backend = openTunnel(client);
    backend.data(1, "last", true);
    client.expect("last");
    client.send("more");
    backend.expect("DATA 1 more");
    client.end();
    backend.expect("DATA 1  END");
    client.expectClosed();
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void aTunnelThatTheBackendResetsIsClosed() {
    EmbeddedPeer client = rig.client(WEBSOCKET);
    Http2Peer backend = openTunnel(client);
    backend.frame(RST_STREAM, 0, 1, 8);
    client.expectClosed();
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void whatCameOfATunnelBeforeItsEndIsPassedOn() {
    Http2Peer client = Http2Peer.of(rig, 4, 0); // takes no content
    connect(client);
    Http2Peer backend = Http2Peer.backend(rig, 8, 1);
    backend.headers(1, false, ":status", "200");
    backend.data(1, "first", false);
    backend.data(1, "last", true);
    rig.rest();
    backend.peer().end();
    client.expect("HEADERS 1 :status=200");
    client.windowUpdate(1, 100);
    client.expect("DATA 1 first", "DATA 1 last END", "RST_STREAM 1 NO_ERROR");
    rig.expectEndings("tunnelled=1");
  }

  /** Asks for a WebSocket. */
  private static void connect(Http2Peer client) {
    client.headers(
        1,
        false,
        ":method",
        "CONNECT",
        ":protocol",
        "websocket",
        ":scheme",
        "http",
        ":authority",
        "a",
        ":path",
        "/",
        "sec-websocket-version",
        "13");
  }

  @Test
  void aTunnelBetweenPeersOfHttp2Passes() {
    Http2Peer client = Http2Peer.of(rig);
    connect(client);
    Http2Peer backend = Http2Peer.backend(rig, 8, 1);
    backend.expect("SETTINGS ACK", CONNECT + HOP2);
    backend.headers(1, false, ":status", "200");
    client.expect("HEADERS 1 :status=200");
    client.data(1, "ping", false);
    backend.expect("DATA 1 ping");
    backend.data(1, "pong", true);
    client.expect("DATA 1 pong", "DATA 1  END");
    client.data(1, "", true);
    backend.expect("DATA 1  END");
    rig.expectEndings("tunnelled=1");
  }

  @Test
  void aBackendMayRefuseAWebSocket() {
    EmbeddedPeer client = rig.client(WEBSOCKET);
    Http2Peer backend = Http2Peer.backend(rig, 8, 1);
    backend.headers(1, false, ":status", "403", "date", "x", "content-length", "2");
    backend.data(1, "no", true);
    client.expect("HTTP/1.1 403 \r\ndate: x\r\ncontent-length: 2\r\nConnection: close\r\n\r\nno");
    rig.expectEndings("served=1");
  }

  @Test
  void aBackendThatTakesNoWebSocketsIs501() {
    EmbeddedPeer client = rig.client(WEBSOCKET);
    Http2Peer backend = Http2Peer.backend(rig);
    client.expectRefusal(501, "the backend does not take WebSockets over HTTP/2");
    backend.expect("SETTINGS ACK");
    EmbeddedPeer other = rig.client(GET);
    backend.expect(head(1, "GET", HOP1) + " END");
    answer(backend, 1, "hi");
    other.expect(ok("hi"));
    rig.expectEndings("served=1 backend_http2=1");
  }

  // Windows --------------------------------------------------------------------------------------

  @Test
  void aSlowClientStopsItsOwnStreamOnly() {
    Http2Peer slow = Http2Peer.of(rig, 4, 0); // takes no content
    slow.get(1, "a", "/");
    Http2Peer backend = Http2Peer.backend(rig);
    EmbeddedPeer other = rig.client(GET);
    backend.frames();
    String much = "x".repeat(16_384);
    backend.headers(1, false, ":status", "200");
    for (int i = 0; i < 16; i++) {
      backend.data(1, much, false);
    }
    assertTrue(backend.frames().stream().noneMatch(f -> f.startsWith("WINDOW_UPDATE 1")));
    answer(backend, 3, "quick");
    other.expect(ok("quick"));
    slow.frames();
    slow.windowUpdate(1, 1 << 20);
    slow.windowUpdate(0, 1 << 20);
    String frames = String.join("", slow.frames());
    assertEquals(16 * 16_384, frames.replace("DATA 1 ", "").length());
    backend.expect("WINDOW_UPDATE 1 262144");
    backend.data(1, "end", true);
    slow.expect("DATA 1 end END");
    rig.expectEndings("served=2");
  }

  @Test
  void contentBeyondTheWindowOfAStreamResetsIt() {
    Http2Peer slow = Http2Peer.of(rig, 4, 0);
    slow.get(1, "a", "/");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    backend.headers(1, false, ":status", "200");
    for (int i = 0; i < 17; i++) {
      backend.data(1, "x".repeat(16_384), false);
    }
    backend.expect("RST_STREAM 1 FLOW_CONTROL_ERROR");
    slow.expect("HEADERS 1 :status=200", "RST_STREAM 1 INTERNAL_ERROR");
    rig.expectEndings("backend_malformed_body=1");
  }

  @Test
  void anUploadWaitsForTheWindowOfTheBackend() {
    EmbeddedPeer client = rig.client(post("Content-Length: 100000"));
    Http2Peer backend = Http2Peer.backend(rig, 4, 10);
    backend.expect("SETTINGS ACK", head(1, "POST", " content-length=100000" + HOP1));
    client.send("0123456789abcde");
    backend.expect("DATA 1 0123456789");
    client.send("fgh");
    backend.windowUpdate(1, 7);
    backend.expect("DATA 1 abcde", "DATA 1 fg");
    backend.windowUpdate(1, 100);
    backend.expect("DATA 1 h");
    client.end();
    backend.expect("RST_STREAM 1 CANCEL");
    rig.expectEndings("client_gone_in_body=1");
  }

  // Ends -----------------------------------------------------------------------------------------

  @Test
  void aClientThatGoesAwayResetsItsStreamAndNoOther() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/");
    client.get(3, "a", "/");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    client.reset(1);
    backend.expect("RST_STREAM 1 CANCEL");
    answer(backend, 3, "hi");
    assertEquals(2, client.frames().size());
    rig.expectEndings("served=1 client_gone_waiting=1");
  }

  @Test
  void aRefusedStreamIsSentAgainWhateverItsMethod() {
    Http2Peer client = Http2Peer.of(rig);
    client.post(1, "a");
    client.data(1, "call", false);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.expect("SETTINGS ACK", head(1, "POST", HOP2), "DATA 1 call");
    client.data(1, " more", true);
    backend.expect("DATA 1  more END");
    backend.frame(RST_STREAM, 0, 1, 7);
    backend.expect(head(3, "POST", HOP2), "DATA 3 call more END");
    answer(backend, 3, "hi");
    client.expect("HEADERS 1 :status=200 content-length=2", "DATA 1 hi END");
    rig.expectEndings("served=1");
  }

  @Test
  void aBackendThatRefusesAgainAndAgainIsNotAskedForEver() {
    EmbeddedPeer client = rig.client(post("Content-Length: 2") + "hi");
    Http2Peer backend = Http2Peer.backend(rig);
    for (int stream = 1; stream <= 5; stream += 2) {
      backend.frames();
      backend.frame(RST_STREAM, 0, stream, 7);
    }
    client.expectRefusal(502, "the backend refused the request without processing it");
    backend.expect();
    rig.expectEndings("backend_gone=1");
  }

  @Test
  void streamsAboveTheLastOfGoawayAreSentAgainElsewhere() {
    EmbeddedPeer first = rig.client(post("Content-Length: 2") + "aa");
    EmbeddedPeer second = rig.client(post("Content-Length: 2") + "bb");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    goAway(backend, 1);
    Http2Peer other = Http2Peer.backend(rig);
    other.expect("SETTINGS ACK", head(1, "POST", " content-length=2" + HOP1), "DATA 1 bb END");
    answer(backend, 1, "first");
    first.expect(ok("first"));
    answer(other, 1, "second");
    second.expect(ok("second"));
    assertTrue(backend.peer().hasEnd(), "the connection is not needed any more");
    rig.expectEndings("served=2");
  }

  @Test
  void aStreamThatIsResetBeforeItsResponseIs502ForAPost() {
    EmbeddedPeer client = rig.client(post("Content-Length: 2") + "hi");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frame(RST_STREAM, 0, 1, 2);
    client.expectRefusal(502, "the backend closed the connection without an answer");
    rig.expectEndings("backend_gone=1");
  }

  @Test
  void aStreamThatIsResetInItsResponseIsSeenByTheClient() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.headers(1, false, ":status", "200", "date", "x");
    backend.data(1, "part", false);
    backend.frame(RST_STREAM, 0, 1, 2);
    client.expectStart("HTTP/1.1 200 \r\n");
    assertTrue(client.hasEnd());
    rig.expectEndings("backend_truncated=1");
  }

  @Test
  void aResetWithoutAnErrorAfterAWholeResponseIsNone() {
    EmbeddedPeer client = rig.client(post("Content-Length: 10") + "part");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    backend.headers(1, true, ":status", "413", "date", "x", "content-length", "0");
    backend.frame(RST_STREAM, 0, 1, 0);
    client.expectStart("HTTP/1.1 413 \r\n");
    backend.expect("RST_STREAM 1 CANCEL");
    EmbeddedPeer next = rig.client(GET);
    backend.expect(head(3, "GET", HOP1) + " END");
    answer(backend, 3, "hi");
    next.expect(ok("hi"));
    rig.expectEndings("served=2");
  }

  /** How a backend can end a stream, or its connection, behind the end of a response. */
  enum EndOfStream {
    RESET_WITHOUT_ERROR,
    RESET,
    GOAWAY,
    MORE_CONTENT,
    END,
    BREAK
  }

  private static void endStream(Http2Peer backend, EndOfStream how) {
    switch (how) {
      case RESET_WITHOUT_ERROR -> backend.frame(RST_STREAM, 0, 1, 0);
      case RESET -> backend.frame(RST_STREAM, 0, 1, 2);
      case GOAWAY -> goAway(backend, 0);
      case MORE_CONTENT -> backend.data(1, "more", true);
      case END -> backend.peer().end();
      case BREAK -> backend.peer().reset();
    }
  }

  /** A client asks, and the backend that this returns has sent a head and the first content. */
  private Http2Peer beginAnswer(Http2Peer client) {
    client.get(1, "a", "/");
    Http2Peer backend = Http2Peer.backend(rig);
    backend.headers(1, false, ":status", "200");
    backend.data(1, "first", false);
    return backend;
  }

  @ParameterizedTest
  @EnumSource
  void aWholeResponseThatTheClientDoesNotTakeYetOutlivesItsStream(EndOfStream end) {
    Http2Peer slow = Http2Peer.of(rig, 4, 0); // takes no content
    Http2Peer backend = beginAnswer(slow);
    backend.data(1, "second", false);
    backend.headers(1, true, "grpc-status", "0");
    rig.rest();
    endStream(backend, end);
    slow.expect("HEADERS 1 :status=200");
    slow.windowUpdate(1, 100);
    slow.expect("DATA 1 first", "DATA 1 second", "HEADERS 1 grpc-status=0 END");
    rig.expectEndings("served=1");
  }

  @Test
  void aResponseThatIsNotWholeIsCutAlsoIfItIsHeld() {
    Http2Peer slow = Http2Peer.of(rig, 4, 0);
    Http2Peer backend = beginAnswer(slow);
    backend.data(1, "second", false);
    rig.rest();
    backend.frame(RST_STREAM, 0, 1, 0);
    slow.expect("HEADERS 1 :status=200", "RST_STREAM 1 INTERNAL_ERROR");
    rig.expectEndings("backend_truncated=1");
  }

  @Test
  void aClientThatLeavesAWholeResponseFreesWhatIsHeld() {
    Http2Peer slow = Http2Peer.of(rig, 4, 0);
    Http2Peer backend = beginAnswer(slow);
    backend.data(1, "x".repeat(10_000), true);
    backend.frames();
    assertTrue(rig.held() > 10_000, "held: " + rig.held());
    slow.reset(1);
    assertTrue(rig.held() < 10_000, "held: " + rig.held());
    backend.expect();
    rig.expectEndings("client_gone_reading=1");
  }

  @Test
  void aClientThatFirstSendsItsRequestIsReadOnBehindAWholeResponse() {
    EmbeddedPeer client = rig.client(post("Content-Length: 100000"));
    Http2Peer backend = Http2Peer.backend(rig, 4, 0); // takes no content
    client.takes(0);
    client.send("x".repeat(50_000));
    assertFalse(client.isRead());
    backend.headers(1, false, ":status", "200", "date", "x", "content-length", "196608");
    for (int i = 0; i < 12; i++) {
      backend.data(1, "y".repeat(16_384), i == 11);
      rig.rest();
    }
    assertTrue(backend.frames().contains("RST_STREAM 1 CANCEL"));
    assertTrue(client.isRead());
    client.send("x".repeat(50_000));
    client.takesAll();
    assertTrue(client.take().endsWith("y".repeat(196_608)));
    rig.expectEndings("served=1");
  }

  @Test
  void aLostConnectionEndsEachStreamByItsOwnState() {
    EmbeddedPeer answered = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    answer(backend, 1, "hi");
    answered.expect(ok("hi"));
    EmbeddedPeer idempotent = rig.client(GET);
    EmbeddedPeer notIdempotent = rig.client(post("Content-Length: 2") + "hi");
    answered.send(GET);
    rig.rest();
    backend.headers(7, false, ":status", "200", "date", "x", "content-length", "10");
    backend.peer().reset();
    answered.expectStart("HTTP/1.1 200 \r\n");
    assertTrue(answered.hasEnd());
    notIdempotent.expectRefusal(502, "the backend closed the connection without an answer");
    Http2Peer other = Http2Peer.backend(rig);
    other.expect("SETTINGS ACK", head(1, "GET", HOP1) + " END");
    answer(other, 1, "again");
    idempotent.expect(ok("again"));
    rig.expectEndings("served=2 backend_gone=1 backend_truncated=1");
  }

  @Test
  void aBackendThatDoesNotAnswerInTimeLosesOneStreamAndNotItsConnection() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    rig.pass(61_000);
    client.expectRefusal(504, "the backend took too long to answer");
    backend.expect("RST_STREAM 1 CANCEL");
    client.send(GET);
    backend.expect(head(3, "GET", HOP1) + " END");
    answer(backend, 3, "hi");
    client.expect(ok("hi"));
    rig.expectEndings("served=1 response_timeout=1");
  }

  @Test
  void aResponseThatStandsStillIsCut() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    backend.frames();
    backend.headers(1, false, ":status", "200", "date", "x");
    backend.data(1, "part", false);
    client.expectStart("HTTP/1.1 200 ");
    rig.pass(120_000);
    assertTrue(client.hasEnd());
    assertTrue(backend.frames().contains("RST_STREAM 1 CANCEL"));
    rig.expectEndings("backend_stalled=1");
  }

  @Test
  void aBackendThatTakesNoMoreOfARequestIsATimeout() {
    EmbeddedPeer client = rig.client(post("Content-Length: 100"));
    Http2Peer backend = Http2Peer.backend(rig, 4, 0);
    backend.frames();
    client.send("x".repeat(50));
    rig.pass(120_000);
    client.expectStart("HTTP/1.1 504 ");
    assertTrue(backend.frames().contains("RST_STREAM 1 CANCEL"));
    rig.expectEndings("response_timeout=1");
  }

  @Test
  void aBackendThatDoesNotSpeakHttp2Is502AndSaysSo() {
    EmbeddedPeer client = rig.client(post("Content-Length: 2") + "hi");
    EmbeddedPeer backend = rig.backend();
    backend.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    client.expectRefusal(502, "the backend does not agree on HTTP/2");
    rig.expectEndings("backend_http2=1");
  }

  /** Each is a valid frame, behind a first SETTINGS frame. */
  private static Stream<byte[]> framesThatAreNoSettings() {
    return Stream.of(
        Http2Peer.bytesOf(Http2Peer.GOAWAY, 0, 0, new byte[8]),
        Http2Peer.bytesOf(Http2Peer.PING, 0, 0, new byte[8]),
        Http2Peer.bytesOf(Http2Peer.SETTINGS, 1, 0),
        Http2Peer.bytesOf(Http2Peer.WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 1, 0}),
        Http2Peer.bytesOf(Http2Peer.HEADERS, 5, 1, new byte[] {(byte) 0x88}),
        Http2Peer.bytesOf(0x77, 0, 0, new byte[1]));
  }

  /** RFC 9113 §3.4: it is none, so nothing was sent and another place may be asked. */
  @ParameterizedTest
  @MethodSource("framesThatAreNoSettings")
  void aFirstFrameThatIsNoSettingsIsNoHttp2AndTheRequestGoesElsewhere(byte[] frame)
      throws Exception {
    rig.serve(EmbeddedRig.config(H2C, "failover = 1"));
    EmbeddedPeer client = rig.client(post("Content-Length: 2") + "hi");
    Http2Peer first = Http2Peer.silentBackend(rig);
    first.peer().send(frame);
    rig.rest();
    first.expect();
    first.peer().expectClosed();
    Http2Peer second = Http2Peer.backend(rig);
    second.expect("SETTINGS ACK", head(1, "POST", " content-length=2" + HOP1), "DATA 1 hi END");
    answer(second, 1, "ok");
    client.expect(ok("ok"));
    rig.expectEndings("served=1");
  }

  @Test
  void aBackendThatGoesAwayBehindItsSettingsIsNotAskedAgain() throws Exception {
    EmbeddedPeer client = rig.client(post("Content-Length: 2") + "hi");
    Http2Peer first = Http2Peer.backend(rig);
    goAway(first, 0);
    rig.rest();
    Http2Peer second = Http2Peer.backend(rig);
    answer(second, 1, "ok");
    client.expect(ok("ok"));
    first.peer().expectClosed();
    rig.expectEndings("served=1");
  }

  @Test
  void aBackendThatSaysNothingIsATimeout() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer.silentBackend(rig);
    rig.pass(60_000);
    client.expectRefusal(504, "the backend took too long to accept the connection");
    rig.expectEndings("connect_timeout=1");
  }

  @Test
  void aBackendThatClosesBeforeItsSettingsIs502() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer.silentBackend(rig).peer().end();
    client.expectRefusal(502, "the backend does not agree on HTTP/2");
    rig.expectEndings("backend_http2=1");
  }

  @Test
  void aBackendThatTakesNoStreamsIs502() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer.backend(rig, 3, 0);
    client.expectRefusal(502, "the backend does not agree on HTTP/2");
    rig.expectEndings("backend_http2=1");
  }

  /** A request is served over a new connection, which is idle then. */
  private Http2Peer idleHttp2(EmbeddedPeer client) {
    client.send(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    answer(backend, 1, "hi");
    client.expect(ok("hi"));
    backend.frames();
    return backend;
  }

  private static void goAway(Http2Peer backend, int last) {
    backend.frame(Http2Peer.GOAWAY, 0, 0, new byte[] {0, 0, 0, (byte) last, 0, 0, 0, 0});
  }

  @Test
  void anIdleConnectionThatTheBackendLeavesIsClosedAtOnce() {
    EmbeddedPeer client = rig.client();
    Http2Peer left = idleHttp2(client);
    goAway(left, 1);
    left.expect("GOAWAY 0 NO_ERROR");
    left.peer().expectClosed();
    Http2Peer ended = idleHttp2(client);
    ended.peer().end();
    ended.peer().expectClosed();
    idleHttp2(client);
    rig.expectEndings("served=3");
  }

  @Test
  void aConnectionThatIsNotKeptIdleIsClosedWithItsLastStream() throws Exception {
    rig.serve(EmbeddedRig.config(H2C, "limits = { backend_idle = 0 }"));
    idleHttp2(rig.client()).peer().expectClosed();
    rig.expectEndings("served=1");
  }

  /** As {@link IdleAgeTest}, by GOAWAY or by the end of the connection. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPostGoesOverNoConnectionThatIsNearlyAsOldAsThoseThatWereLeft(boolean byGoaway) {
    EmbeddedPeer client = rig.client();
    for (int i = 0; i < 2; i++) {
      Http2Peer left = idleHttp2(client);
      rig.pass(1_000);
      if (byGoaway) {
        goAway(left, 1);
      }
      left.peer().end();
      left.peer().expectClosed();
    }
    Http2Peer old = idleHttp2(client);
    rig.pass(900);
    client.send(post("Content-Length: 2") + "hi");
    Http2Peer another = Http2Peer.backend(rig);
    old.expect();
    answer(another, 1, "hi");
    client.expect(ok("hi"));
    rig.expectEndings("served=4");
  }

  @Test
  void anIdleConnectionEndsWithGoaway() {
    EmbeddedPeer client = rig.client(GET);
    Http2Peer backend = Http2Peer.backend(rig);
    answer(backend, 1, "hi");
    client.expect(ok("hi"));
    backend.frames();
    rig.pass(120_000);
    backend.expect("GOAWAY 0 NO_ERROR");
    assertTrue(backend.peer().hasEnd());
    rig.expectEndings("served=1");
  }
}
