// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.exchange.Ending;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What rsp believes of the proxies before it, and what it tells its backends. */
final class TrustedProxiesTest extends RigTest {
  private static final String TRUSTED = "trusted_proxies = { '127.0.0.0/8' }";
  private static final String UNTRUSTED = "trusted_proxies = { '10.0.0.0/8', 'unix' }";

  /** An answer after which the backend's connection is not used again. */
  private static String last(String body) {
    return ok(body).replace("Date: x", "Date: x\r\nConnection: close");
  }

  private static String from(String client, String... more) {
    return lines("GET / HTTP/1.1", "Host: a", "X-Forwarded-For: " + client + String.join("", more));
  }

  @Test
  @Rule(39)
  void twoTiersTellAnApplicationWhatTheFirstOneSaw() throws Exception {
    rig.reload(TRUSTED);
    rig.client(
        lines(
            "GET / HTTP/1.1",
            "Host: a",
            "X-Real-IP: 192.0.2.9",
            "Via: 1.1 first",
            "X-Forwarded-For: 192.0.2.9",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: www.example"));
    assertEquals(
        lines(
            "GET / HTTP/1.1",
            "Host: a",
            "X-Real-IP: 192.0.2.9",
            "Via: 1.1 first",
            "X-Forwarded-For: 192.0.2.9",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: www.example",
            "Via: 1.1 rsp",
            "X-Forwarded-For: 127.0.0.1"),
        rig.backend().head());
  }

  @Test
  @Rule(39)
  void anApplicationThatReadsOnlyOurFieldsGetsWhatForwardedSays() throws Exception {
    rig.reload(TRUSTED);
    String forwarded = "Forwarded: for=192.0.2.9;proto=https;host=www.example";
    rig.client(lines("GET / HTTP/1.1", "Host: a", forwarded));
    assertEquals(
        lines(
            "GET / HTTP/1.1",
            "Host: a",
            forwarded,
            "Via: 1.1 rsp",
            "X-Forwarded-For: 192.0.2.9, 127.0.0.1",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: www.example"),
        rig.backend().head());
  }

  @Test
  @Rule(39)
  void aPeerOfAnotherNetworkSaysNothingOfItself() throws Exception {
    rig.reload(UNTRUSTED);
    rig.client(
        lines(
            "GET / HTTP/1.1",
            "Host: a",
            "X-Real-IP: 192.0.2.9",
            "X-Forwarded-For: 192.0.2.9",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: www.example",
            "Forwarded: for=192.0.2.9",
            "X: y"));
    assertEquals(
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n" + Messages.FORWARDING, rig.backend().head());
  }

  @Test
  @Rule(39)
  void aScriptSeesTheClientOfEachRequest() throws Exception {
    rig.reload(TRUSTED, "function select(r) return nil, r.client end");
    Peer proxy = rig.client(from("192.0.2.66, 192.0.2.1"));
    proxy.expectRefusal(503, "192.0.2.1");
    proxy.send(from("2001:db8::1, 127.0.0.9"));
    proxy.expectRefusal(503, "2001:db8::1");
    proxy.send(lines("GET / HTTP/1.1", "Host: a", "Forwarded: for=192.0.2.3;proto=https"));
    proxy.expectRefusal(503, "192.0.2.3");
    proxy.send(from("unknown"));
    proxy.expectRefusal(503, "127.0.0.1");
    proxy.send(GET);
    proxy.expectRefusal(503, "127.0.0.1");
    rig.reload(UNTRUSTED, "function select(r) return nil, r.client end");
    proxy.send(from("192.0.2.1"));
    proxy.expectRefusal(503, "127.0.0.1");
    rig.reload("forwarded = 'append' function select(r) return nil, r.client end");
    proxy.send(from("192.0.2.1, 127.0.0.9"));
    proxy.expectRefusal(503, "127.0.0.9");
  }

  @Test
  @Rule(36)
  void withoutViaItIsNotInThePath() throws Exception {
    // The referee of other backends asks for Via.
    try (ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      listening.setSoTimeout(Peer.PATIENCE_MILLIS);
      rig.reload(
          "via = false",
          "function select(r) return '127.0.0.1:" + listening.getLocalPort() + "' end");
      String added = Messages.FORWARDING.replace("Via: 1.1 rsp\r\n", "");
      rig.client(GET);
      assertGets("GET / HTTP/1.1\r\nHost: a\r\n" + added, listening);
      String via = "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 other\r\n";
      rig.client(via + "\r\n");
      assertGets(via + added, listening);
    }
  }

  private static void assertGets(String head, ServerSocket listening) throws IOException {
    try (Socket backend = listening.accept()) {
      backend.setSoTimeout(Peer.PATIENCE_MILLIS);
      byte[] read = backend.getInputStream().readNBytes(head.length());
      assertEquals(head, new String(read, StandardCharsets.ISO_8859_1));
    }
  }

  /** Requests in flight count, because the connections of a proxy are nobody's. */
  @Test
  void theLimitOfAClientHoldsBehindATrustedProxy() throws Exception {
    rig.reload(TRUSTED, "limits = {client_connections = 2}");
    for (int i = 0; i < 3; i++) {
      rig.client();
    }
    rig.await("connections on which nothing was sent", () -> rig.clients() == 3);
    Peer first = rig.client(from("192.0.2.1"));
    Peer backend = rig.backend();
    backend.head();
    rig.client(from("192.0.2.1"));
    rig.backend().head();
    Peer third = rig.client(from("192.0.2.66, 192.0.2.1"));
    third.expectRefusal(503, "too many connections from this address");
    // The connection goes on, with requests of other clients and of the proxy itself.
    third.send(from("192.0.2.2"));
    Peer other = rig.backend();
    other.head();
    other.send(last("2"));
    third.expect(ok("2"));
    for (int i = 0; i < 3; i++) {
      rig.client(GET);
      rig.backend().head();
    }
    // A request that has ended counts no more.
    backend.send(last("1"));
    first.expect(ok("1"));
    third.send(from("192.0.2.1"));
    Peer again = rig.backend();
    assertTrue(again.head().contains("192.0.2.1"));
    again.send(last("3"));
    third.expect(ok("3"));
    assertEquals("served=3 limit_client_connections=1", rig.summary());
  }

  @Test
  void aRequestCountsUntilItEndsHoweverItEnds() throws Exception {
    rig.reload(TRUSTED, "limits = {client_connections = 1} abort_on_close = 'get'");
    rig.client(from("192.0.2.1"));
    rig.backend().head();
    String post = from("192.0.2.1", "\r\nContent-Length: 5").replace("GET", "POST");
    Peer second = rig.client(post + "he");
    second.expectRefusal(503, "too many connections from this address");
    second.send("llo");
    second.expectEnd();
    // The end of a connection ends its request.
    Peer third = rig.client(from("192.0.2.3"));
    rig.backend().head();
    third.close();
    rig.awaitEnding(Ending.CLIENT_GONE_WAITING);
    rig.client(from("192.0.2.3"));
    rig.backend().head();
  }

  @Test
  void aReloadThatTrustsAPeerCountsItsClientsInItsPlace() throws Exception {
    rig.reload("limits = {client_connections = 2}");
    Peer proxy = rig.client();
    rig.client();
    rig.await("two", () -> rig.clients() == 2);
    rig.reload(TRUSTED, "limits = {client_connections = 1}");
    proxy.send(from("192.0.2.1"));
    rig.backend().head();
    rig.client(from("192.0.2.1")).expectRefusal(503, "too many connections from this address");
  }
}
