// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.rsp.exchange.Ending;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to a backend that speaks the uwsgi protocol, and what it answers. */
@EachTransport
final class UwsgiTest extends UwsgiPlaces {
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
      try (Peer backend = packetSent()) {
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
  void refusesWhatThePacketCannotCarry() throws Exception {
    rig.client(get("a", "/%00")).expectRefusal(400, "control character in the path");
    rig.client(get("a", "/b/%2e%2e/c")).expectRefusal(400, "segment .. in the path");
    reload("limits = { head_bytes = 100000, fields = 1000 }");
    var fields = new StringBuilder();
    for (int i = 0; i < 320; i++) {
      fields.append("X-").append(i).append(": ").append("v".repeat(200)).append("\r\n");
    }
    rig.client("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")
        .expectRefusal(431, "the request head is too large for the uwsgi protocol");
  }

  @Test
  void cutsTheBodyOfAnAnswerToHead() throws Exception {
    Peer client = rig.client(GET.replace("GET", "HEAD"));
    try (Peer backend = packetSent()) {
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
    try (Peer backend = packetSent()) {
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n\r\nbody");
    }
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.expect("4\r\nbody\r\n0\r\n\r\n");
  }

  @Test
  void showsTheClientThatAnAnswerIsNotWhole() throws Exception {
    Peer client = rig.client(GET);
    try (Peer backend = packetSent()) {
      backend.send("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 100\r\n\r\nabc");
    }
    client.expect("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 100\r\n\r\nabc");
    client.expectEnd();
  }

  @Test
  void showsTheClientThatABodyWithoutLengthWasReset() throws Exception {
    Peer client = rig.client(GET);
    try (Peer backend = packetSent()) {
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
    packetSent().close();
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
    answer(client, "4", "body");
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
    answer(client, "4", "body");
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
