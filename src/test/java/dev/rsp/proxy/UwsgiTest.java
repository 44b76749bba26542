// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import static dev.rsp.proxy.Messages.GET;
import static dev.rsp.proxy.Messages.get;
import static dev.rsp.proxy.Messages.ok;
import static dev.rsp.proxy.Messages.post;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to a backend that speaks the uwsgi protocol, and what it answers. */
@ParameterizedClass
@MethodSource("dev.rsp.proxy.Rig#transports")
final class UwsgiTest {
  private static final String CHUNKED = post("Transfer-Encoding: chunked");
  private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
  private static final String TOO_LARGE =
      "too large for a chunked body to this backend: send a Content-Length";

  private static final String GONE = "the backend closed the connection without an answer";

  private final Transport transport;
  private UwsgiPeer app;
  private Rig rig;

  UwsgiTest(Transport transport) {
    this.transport = transport;
  }

  /** Hosts that start with "m" go to a place that refuses first, then to the application. */
  @BeforeEach
  void start() throws Exception {
    app = new UwsgiPeer();
    rig = new Rig(transport);
    reload("limits = { held_body_bytes = 1000, held_total_bytes = 1500 }");
  }

  private void reload(String limits) throws Exception {
    rig.reload(
        limits,
        "function select(r)",
        "  if r.host:sub(1, 1) == 'm' then return { 2, '" + app.address() + "' } end",
        "  if r.host:sub(1, 1) == 'h' then return { '" + app.address() + "', 1 } end",
        "  if r.host:sub(1, 1) == 'x' then return 'uwsgi:unix:/nowhere/' .. r.host end",
        "  return '" + app.address() + "'",
        "end");
  }

  @AfterEach
  void stop() throws Exception {
    rig.close();
    app.close();
  }

  @Test
  void sendsThePacketAndPassesTheAnswerOn() throws Exception {
    Peer client =
        rig.client("GET /a%2Fb?c HTTP/1.1\r\nHost: A.example:80\r\nCookie: d\r\nX-E: f\r\n\r\n");
    try (Peer backend = app.accept()) {
      Map<String, String> variables = UwsgiPeer.variables(backend);
      assertEquals("GET", variables.get("REQUEST_METHOD"));
      assertEquals("/a%2Fb?c", variables.get("REQUEST_URI"));
      assertEquals("/a/b", variables.get("PATH_INFO"));
      assertEquals("c", variables.get("QUERY_STRING"));
      assertEquals("", variables.get("CONTENT_LENGTH"));
      assertEquals("A.example:80", variables.get("HTTP_HOST"));
      assertEquals("a.example", variables.get("SERVER_NAME"));
      assertEquals("127.0.0.1", variables.get("REMOTE_ADDR"));
      assertEquals("" + client.socket().getLocalPort(), variables.get("REMOTE_PORT"));
      assertEquals("" + client.socket().getPort(), variables.get("SERVER_PORT"));
      assertEquals("d", variables.get("HTTP_COOKIE"));
      assertEquals("f", variables.get("HTTP_X_E"));
      backend.send(ok("answer"));
      client.expect(ok("answer"));
    }
    rig.awaitEnding(Ending.SERVED);
  }

  @Test
  void opensAConnectionForEachRequest() throws Exception {
    Peer client = rig.client(GET);
    for (int i = 0; i < 3; i++) {
      try (Peer backend = app.accept()) {
        UwsgiPeer.variables(backend);
        backend.send(ok("" + i)); // and keeps it open, as uWSGI does not
        client.expect(ok("" + i));
        backend.expectEnd();
      }
      client.send(GET);
    }
    app.accept().close();
    client.expectRefusal(502, GONE);
  }

  @Test
  void passesABodyOfKnownLengthOnAsItComes() throws Exception {
    Peer client = rig.client(post("Content-Length: 8") + "half");
    try (Peer backend = app.accept()) {
      assertEquals("8", UwsgiPeer.variables(backend).get("CONTENT_LENGTH"));
      backend.expect("half");
      client.send("half");
      backend.expect("half");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void readsNoMoreThanTheBackendTakes() throws Exception {
    byte[] body = new byte[10_000_000];
    for (int i = 0; i < body.length; i++) {
      body[i] = (byte) ((i * 31) >> 8);
    }
    Peer client = rig.client(post("Content-Length: " + body.length));
    Thread sender =
        new Thread(
            () -> {
              try {
                client.send(body);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    sender.start();
    try (Peer backend = app.accept()) {
      UwsgiPeer.variables(backend);
      rig.await("bytes that wait", rig::stuck);
      assertTrue(rig.unsent() < 1_000_000);
      assertArrayEquals(body, backend.read(body.length));
      sender.join();
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 7, 1000})
  void holdsAChunkedBodyUntilItIsWhole(int piece) throws Exception {
    Peer client = rig.client();
    String request = CHUNKED + "3\r\nabc\r\n9;ext=1\r\nde\r\nfghij\r\n0\r\nTrailer: x\r\n\r\n";
    for (int at = 0; at < request.length(); at += piece) {
      client.send(request.substring(at, Math.min(request.length(), at + piece)));
    }
    try (Peer backend = app.accept()) {
      Map<String, String> variables = UwsgiPeer.variables(backend);
      assertEquals("12", variables.get("CONTENT_LENGTH"));
      assertFalse(variables.containsKey("HTTP_TRANSFER_ENCODING"));
      backend.expect("abcde\r\nfghij");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
    assertEquals(0, rig.held());
    client.send(GET);
    app.accept().close();
    client.expectRefusal(502, GONE);
  }

  @Test
  void sendsAnEmptyChunkedBody() throws Exception {
    Peer client = rig.client(CHUNKED + "0\r\n\r\n");
    try (Peer backend = app.accept()) {
      assertEquals("0", UwsgiPeer.variables(backend).get("CONTENT_LENGTH"));
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void refusesAChunkedBodyThatIsLargerThanItHolds() throws Exception {
    Peer client = rig.client(CHUNKED + "258\r\n" + "a".repeat(600) + "\r\n");
    rig.await("600 bytes held", () -> rig.held() == 600);
    client.send("258\r\n" + "a".repeat(600));
    client.expectRefusal(413, TOO_LARGE);
    client.expectEnd();
    assertEquals(0, rig.held());
  }

  @Test
  void refusesALargeChunkedBodyAlsoWhenItIsWholeAtOnce() throws Exception {
    Peer client = rig.client(CHUNKED + "3e9\r\n" + "a".repeat(1001) + "\r\n0\r\n\r\n" + GET);
    client.expectRefusal(413, TOO_LARGE);
    try (Peer backend = app.accept()) {
      UwsgiPeer.variables(backend); // the next request, on the connection that is still in order
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void refusesALargeChunkedBodyWithItsLastBytes() throws Exception {
    Peer client = rig.client(CHUNKED + "2\r\nab\r\n");
    rig.await("2 bytes held", () -> rig.held() == 2);
    client.send("3e7\r\n" + "a".repeat(999) + "\r\n0\r\n\r\n" + GET);
    client.expectRefusal(413, TOO_LARGE);
    try (Peer backend = app.accept()) {
      UwsgiPeer.variables(backend);
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void refusesOneChunkedBodyMoreThanItHoldsInAll() throws Exception {
    Peer first = rig.client(CHUNKED + "3e8\r\n" + "a".repeat(1000));
    rig.await("1000 bytes held", () -> rig.held() == 1000);
    Peer second = rig.client(CHUNKED + "1f5\r\n" + "a".repeat(501));
    second.expectRefusal(503, "too many bodies are held at a time");
    first.close();
    rig.await("no bytes held", () -> rig.held() == 0);
  }

  @Test
  void refusesEveryChunkedBodyIfItHoldsNone() throws Exception {
    reload("limits = { held_body_bytes = 0 }");
    Peer client = rig.client(CHUNKED + "0\r\n\r\n");
    client.expectRefusal(411, "the backend's protocol needs a Content-Length");
    assertEquals(1, rig.endings(Ending.LIMIT_HELD_BODY));
  }

  @Test
  void refusesWhatThePacketCannotCarry() throws Exception {
    rig.client(get("a", "/%00")).expectRefusal(400, "NUL in the path");
    reload("limits = { head_bytes = 100000, fields = 1000 }");
    var fields = new StringBuilder();
    for (int i = 0; i < 320; i++) {
      fields.append("X-").append(i).append(": ").append("v".repeat(200)).append("\r\n");
    }
    rig.client("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")
        .expectRefusal(431, "the request head is too large for the uwsgi protocol");
  }

  @Test
  void saysItselfThatABodyIsWanted() throws Exception {
    Peer client = rig.client(post("Content-Length: 4\r\nExpect: 100-continue"));
    try (Peer backend = app.accept()) {
      assertFalse(UwsgiPeer.variables(backend).containsKey("HTTP_EXPECT"));
      client.expect(CONTINUE);
      client.send("body");
      backend.expect("body");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void saysItselfThatAChunkedBodyIsWanted() throws Exception {
    Peer client = rig.client(post("Transfer-Encoding: chunked\r\nExpect: 100-continue"));
    client.expect(CONTINUE);
    client.send("4\r\nbody\r\n0\r\n\r\n");
    try (Peer backend = app.accept()) {
      assertEquals("4", UwsgiPeer.variables(backend).get("CONTENT_LENGTH"));
      backend.expect("body");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void wantsNoBodyForABackendThatIsNotThere() throws Exception {
    Peer client =
        rig.client(post("Content-Length: 4\r\nExpect: 100-continue").replace(": a", ": x"));
    client.expectRefusal(502, "the backend cannot be reached");
    client.expectEnd();
  }

  @Test
  void cutsTheBodyOfAnAnswerToHead() throws Exception {
    Peer client = rig.client(GET.replace("GET", "HEAD"));
    try (Peer backend = app.accept()) {
      UwsgiPeer.variables(backend);
      backend.send(ok("the body all the same"));
      client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 21\r\n\r\n");
      backend.expectGone();
    }
    client.send(GET);
    app.accept().close();
    client.expectRefusal(502, GONE);
  }

  @Test
  void takesTheEndOfTheConnectionForTheEndOfABodyWithoutLength() throws Exception {
    Peer client = rig.client(GET);
    try (Peer backend = app.accept()) {
      UwsgiPeer.variables(backend);
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n\r\nbody");
    }
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.expect("4\r\nbody\r\n0\r\n\r\n");
  }

  @Test
  void showsTheClientThatAnAnswerIsNotWhole() throws Exception {
    Peer client = rig.client(GET);
    try (Peer backend = app.accept()) {
      UwsgiPeer.variables(backend);
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 100\r\n\r\nabc");
    }
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 100\r\n\r\nabc");
    client.expectEnd();
  }

  @Test
  void showsTheClientThatABodyWithoutLengthWasReset() throws Exception {
    Peer client = rig.client(GET);
    try (Peer backend = app.accept()) {
      UwsgiPeer.variables(backend);
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n\r\nbody");
      client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n");
      client.expect("4\r\nbody");
      backend.reset();
    }
    client.expectEnd(); // and no last chunk
  }

  @Test
  void refusesIfTheApplicationEndsWithoutAnAnswer() throws Exception {
    Peer client = rig.client(GET);
    try (Peer backend = app.accept()) {
      UwsgiPeer.variables(backend);
    }
    client.expectRefusal(502, GONE);
  }

  @Test
  void offersNoUpgrade() throws Exception {
    Peer client =
        rig.client(GET.replace("\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n"));
    try (Peer backend = app.accept()) {
      assertFalse(UwsgiPeer.variables(backend).containsKey("HTTP_UPGRADE"));
      backend.send(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n");
      client.expectRefusal(502, "the backend changed to a protocol that was not asked for");
    }
  }

  @Test
  void goesOnToAPlaceOfAnotherProtocol() throws Exception {
    rig.closeBackend(2);
    Peer client = rig.client(CHUNKED.replace(": a", ": m") + "4\r\nbo");
    rig.await("2 bytes held", () -> rig.held() == 2);
    client.send("dy\r\n0\r\n\r\n");
    try (Peer backend = app.accept()) {
      assertEquals("4", UwsgiPeer.variables(backend).get("CONTENT_LENGTH"));
      backend.expect("body");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void comesBackFromThatProtocolToHttp() throws Exception {
    app.close();
    Peer client = rig.client(post("Content-Length: 4").replace(": a", ": h") + "body");
    Peer backend = rig.backend();
    backend.head("POST / HTTP/1.1");
    backend.expect("body");
    backend.send(ok("1"));
    client.expect(ok("1"));
    app = new UwsgiPeer();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Content-Length: 4\r\n\r\nbody", "Transfer-Encoding: chunked\r\n\r\n4\r\nbo"})
  void goesWhereOnFailureSaysInAnotherProtocol(String request) throws Exception {
    rig.closeBackend(2);
    rig.reload(
        "function select(r) return 2 end",
        "function on_failure(r, f) return '" + app.address() + "' end");
    Peer client = rig.client("POST / HTTP/1.1\r\nHost: a\r\n" + request);
    if (request.endsWith("bo")) {
      rig.await("2 bytes held", () -> rig.held() == 2);
      client.send("dy\r\n0\r\n\r\n");
    }
    try (Peer backend = app.accept()) {
      assertEquals("4", UwsgiPeer.variables(backend).get("CONTENT_LENGTH"));
      backend.expect("body");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
    assertEquals(0, rig.held());
  }

  @Test
  void mindsAPathThatThePacketCannotCarryOnlyWhereItGoesThere() throws Exception {
    rig.reload("function select(r) return 1 end", "function on_failure(r, f) return nil end");
    Peer client = rig.client(get("a", "/%00"));
    Peer backend = rig.backend();
    backend.head("GET /%00 HTTP/1.1");
    backend.send(ok("1"));
    client.expect(ok("1"));
  }
}
