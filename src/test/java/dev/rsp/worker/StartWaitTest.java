// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests for sites that sleep: their site is started once, and they are sent when it is up. */
@EachTransport
final class StartWaitTest extends SleepingSites {
  @Test
  void startsTheSiteAndSendsTheRequest() throws Exception {
    Peer client = rig.client(get("a", "/first"));
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("GET /first HTTP/1.1");
      backend.send(ok("up"));
      client.expect(ok("up"));
      assertEquals("POST a", calls.take());
      assertEquals(0, rig.waiting());
      client.send(get("a", "/second"));
      backend.head("GET /second HTTP/1.1");
      backend.send(ok("2"));
      client.expect(ok("2"));
    }
    assertTrue(calls.isEmpty());
  }

  /** Authorities ask often, from many places, and no visitor waits. */
  @Test
  void aChallengeOfAnAuthorityDoesNotStartTheSite() throws Exception {
    Peer authority = rig.client(get("a", "/.well-known/acme-challenge/token"));
    authority.expectRefusal(404, "this site does not run now");
    Peer visitor = rig.client(get("a", "/.well-known/acme-challenge/"));
    awaitWaiting(1);
    assertEquals("POST a", calls.take());
    assertTrue(calls.isEmpty());
    visitor.reset();
  }

  @Test
  void aRequestWithALargerBodyThanMayWaitStartsTheSiteAndIsToldToComeAgain() throws Exception {
    reload("body_bytes = 10");
    Peer large = rig.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nlarge-body-");
    large.expectRefusal(503, "too large to wait for this site to start");
    assertEquals("POST a", calls.take());
    Peer small = rig.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nsmall-body");
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("POST / HTTP/1.1");
      backend.expect("small-body");
      backend.send(ok("up"));
      small.expect(ok("up"));
    }
  }

  /** Whoever waits for a word before its body is not the one who is slow. */
  @Test
  void aRequestWhoseClientWaitsForTheWordToGoOnStillDoesWhenTheSiteIsUp() throws Exception {
    reload("timeout = 20", SELECT, "timeouts = { body = 0.2, response = 0.5 }");
    Peer client = rig.client(post("Content-Length: 4\r\nExpect: 100-continue"));
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("POST / HTTP/1.1");
      client.expectRefusal(504, "the backend took too long to answer");
    }
  }

  @Test
  void startsTheSiteWhoseHostStandsInThePath() throws Exception {
    reload(
        "timeout = 20",
        SELECT,
        "host_from_path('/webapps/{host}/reload', { on = 'www.example.com' })");
    rig.client(get("www.example.com", "/webapps/A.example./reload"));
    awaitWaiting(1);
    assertEquals("POST a.example", calls.take());
    rig.client(get("www.example.com", "/"));
    awaitWaiting(2);
    assertEquals("POST www.example.com", calls.take());
  }

  @Test
  void thoseThatWaitHoldNoMoreThanTheShareOfTheirSlot() throws Exception {
    reload("timeout = 20", SELECT, "limits = { connections = 8 }");
    List<Peer> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(rig.client(get("a", "/")));
      awaitWaiting(i + 1);
      // While its site is looked for again, a request is counted with the connection.
      int waiting = i + 1;
      rig.await("all are counted", () -> rig.inFlight() == waiting);
    }
    rig.client(get("a", "/")).expectRefusal(503, "too many requests wait for this backend");
    clients.remove(0).reset();
    awaitWaiting(3);
    rig.await("three are counted", () -> rig.inFlight() == 3);
    try (ServerSocket site = site()) {
      for (int i = 0; i < 3; i++) {
        Peer backend = accept(site);
        backend.head();
        backend.send(ok("up"));
      }
      for (Peer client : clients) {
        client.expect(ok("up"));
      }
      rig.await("none is counted", () -> rig.inFlight() == 0);
    }
  }

  @Test
  void startsItOnceForAllAndSendsEachRequestOnce() throws Exception {
    Peer[] clients = new Peer[10];
    for (int i = 0; i < clients.length; i++) {
      clients[i] =
          rig.client("POST /" + i + " HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nbody-" + i);
    }
    awaitWaiting(clients.length);
    boolean[] seen = new boolean[clients.length];
    try (ServerSocket site = site()) {
      for (int n = 0; n < clients.length; n++) {
        Peer backend = accept(site);
        String head = backend.head();
        int i = head.charAt(6) - '0';
        assertFalse(seen[i]);
        seen[i] = true;
        backend.expect("body-" + i);
        backend.send(ok("" + i));
        clients[i].expect(ok("" + i));
        backend.close();
      }
    }
    assertEquals("POST a", calls.take());
    assertTrue(calls.isEmpty());
  }

  @Test
  void holdsNoMoreOfABodyThanCameWithTheHead() throws Exception {
    byte[] body = new byte[5_000_000];
    Peer client =
        rig.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + body.length + "\r\n\r\n");
    var sender = Beside.start(() -> client.send(body));
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("POST / HTTP/1.1");
      backend.read(body.length);
      sender.join();
      backend.send(ok("all"));
      client.expect(ok("all"));
    }
  }

  @Test
  void sendsAChunkedRequestThatWaited() throws Exception {
    Peer client =
        rig.client("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("POST / HTTP/1.1");
      backend.expect("3\r\nab");
      client.send("c\r\n0\r\n\r\n");
      backend.expect("c\r\n0\r\n\r\n");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void startsTheSiteOfAMissingSocketAndSpeaksUwsgiToIt() throws Exception {
    Path socket = directory.resolve("a.sock");
    reload("timeout = 20", "function select(r) return 'uwsgi:unix:%s' end".formatted(socket));
    Peer client =
        rig.client(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    awaitWaiting(1);
    try (ServerSocketChannel site = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      site.bind(UnixDomainSocketAddress.of(socket));
      try (SocketChannel accepted = site.accept()) {
        byte[] head = Channels.newInputStream(accepted).readNBytes(4);
        int size = (head[1] & 0xff) + ((head[2] & 0xff) << 8);
        byte[] rest = Channels.newInputStream(accepted).readNBytes(size + 1);
        assertEquals('x', rest[size]);
        Channels.newOutputStream(accepted)
            .write("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 1\r\n\r\n1".getBytes(US_ASCII));
        client.expect(ok("1"));
      }
    }
    assertEquals("POST a", calls.take());
  }

  @Test
  void forgetsAClientThatGoesAndLetsAnotherTry() throws Exception {
    Peer first = rig.client(get("a", "/first"));
    awaitWaiting(1);
    Peer second = rig.client(get("a", "/second"));
    awaitWaiting(2);
    first.reset();
    awaitWaiting(1);
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("GET /second HTTP/1.1");
      backend.send(ok("2"));
      second.expect(ok("2"));
    }
  }

  @Test
  void keepsWaitingOverAReload() throws Exception {
    Peer client = rig.client(get("a", "/"));
    awaitWaiting(1);
    rig.reload(SELECT); // which starts no sites any more
    rig.client(get("b", "/")).expectRefusal(502, "the backend cannot be reached");
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("GET / HTTP/1.1");
      backend.send(ok("1"));
      client.expect(ok("1"));
    }
  }

  @Test
  void asksOnFailureFirst() throws Exception {
    reload(
        "timeout = 20", SELECT, "function on_failure(r, f) if r.host == 'o' then return 1 end end");
    Peer client = rig.client(get("o", "/"));
    Peer backend = rig.backend();
    exchange(client, backend, "other");
    assertTrue(calls.isEmpty());
    rig.client(get("a", "/"));
    awaitWaiting(1);
    assertEquals("POST a", calls.take());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void losesNothingOfAClientThatEndsItsSide(boolean chunked) throws Exception {
    String body = "0123456789".repeat(10_000);
    String framed = chunked ? "186a0\r\n" + body + "\r\n0\r\n\r\n" : body;
    String field = chunked ? "Transfer-Encoding: chunked" : "Content-Length: 100000";
    Peer client = rig.client("POST / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n");
    awaitWaiting(1);
    client.send(framed);
    client.shutOutput();
    try (ServerSocket site = site();
        Peer backend = accept(site)) {
      backend.head("POST / HTTP/1.1");
      backend.expect(framed);
      backend.send(ok("1"));
      client.expect("HTTP/1.1 200 OK\r\n");
    }
    rig.await("no bytes held", () -> rig.held() == 0);
  }

  @Test
  void losesNothingOfItForUwsgi() throws Exception {
    Path socket = directory.resolve("b.sock");
    reload("timeout = 20", "function select(r) return 'uwsgi:unix:%s' end".formatted(socket));
    String body = "0123456789".repeat(10_000);
    Peer client = rig.client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    awaitWaiting(1);
    client.send(body);
    client.shutOutput();
    try (ServerSocketChannel site = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      site.bind(UnixDomainSocketAddress.of(socket));
      try (SocketChannel accepted = site.accept()) {
        byte[] head = Channels.newInputStream(accepted).readNBytes(4);
        int size = (head[1] & 0xff) + ((head[2] & 0xff) << 8);
        byte[] rest = Channels.newInputStream(accepted).readNBytes(size + body.length());
        assertEquals(body, new String(rest, size, body.length(), US_ASCII));
      }
    }
    client.expectRefusal(502, "the backend closed the connection without an answer");
    rig.await("no bytes held", () -> rig.held() == 0);
  }
}
