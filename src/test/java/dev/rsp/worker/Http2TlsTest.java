// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.ListenOptions;
import dev.rsp.exchange.Ending;
import dev.rsp.net.Transport;
import dev.rsp.referee.Watch;
import java.io.IOException;
import java.net.Socket;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that choose HTTP/2 by ALPN, and what the listen address asks of their requests. */
@Timeout(60)
final class Http2TlsTest {
  private static final ListenOptions OPTIONS = ListenOptions.TLS.withHttp2();

  /** A client that offers these protocols, and has shaken hands. */
  private static SSLSocket client(TestTls tls, Rig rig, String name, String... offered)
      throws Exception {
    SSLSocket socket = tls.over(new Socket(rig.address(), rig.port()), name);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(offered);
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(10_000);
    socket.startHandshake();
    return socket;
  }

  /** A proxy, and a client of HTTP/2 whose request on stream 1 has come to a backend. */
  private static final class Asked implements AutoCloseable {
    final TestTls tls;
    final Rig rig;
    final SSLSocket socket;
    final Http2Peer client;
    final Peer backend;

    Asked(Transport transport, ListenOptions options) throws Exception {
      tls = new TestTls("a.example").with(options);
      rig = new Rig(transport, tls);
      socket = client(tls, rig, "a.example", "h2");
      client = Http2Peer.over(socket);
      client.get(1, "a.example", "/");
      backend = rig.backend();
      backend.head();
    }

    @Override
    public void close() throws IOException {
      try (tls;
          rig) {
        socket.close();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aClientChoosesHttp2ByAlpn(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example").with(OPTIONS);
        var rig = new Rig(transport, tls);
        SSLSocket socket = client(tls, rig, "a.example", "http/1.1", "h2")) {
      assertEquals("h2", socket.getApplicationProtocol());
      Http2Peer client = Http2Peer.over(socket);
      client.post(1, "a.example");
      for (int i = 0; i < 4; i++) {
        client.data(1, "x".repeat(16_000), false);
      }
      Peer backend = rig.backend();
      String head = backend.head();
      assertTrue(head.contains("\r\nVia: 2.0 "), head);
      assertTrue(head.contains("\r\nX-Forwarded-Proto: https\r\n"), head);
      client.await("WINDOW_UPDATE 1");
      client.data(1, "", true);
      backend.send(ok("ok"));
      assertEquals("DATA 1 ok END", client.await("DATA 1"));
    }
  }

  /** With its head each is as large as a TLS record, and is copied for it in one piece. */
  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void muchContentComesWholeInFramesAsLargeAsARecord(Transport transport) throws Exception {
    try (var asked = new Asked(transport, OPTIONS)) {
      Http2Peer client = asked.client;
      client.windowUpdate(1, 1 << 22);
      client.windowUpdate(0, 1 << 22);
      String content =
          IntStream.range(0, 400_000).mapToObj("%06d "::formatted).collect(Collectors.joining());
      asked.backend.send(ok(content));
      var received = new StringBuilder();
      int largest = 0;
      for (boolean last = false; !last; ) {
        for (String frame : client.frames()) {
          if (frame.startsWith("DATA 1 ")) {
            last = frame.endsWith(" END");
            String part = frame.substring("DATA 1 ".length(), frame.length() - (last ? 4 : 0));
            received.append(part);
            largest = Math.max(largest, part.length());
          }
        }
      }
      assertEquals(content, received.toString());
      assertEquals(16_384 - 9, largest);
    }
  }

  @Test
  void aClientMayChooseHttp1OrNothing() throws Exception {
    try (var tls = new TestTls("a.example").with(OPTIONS);
        var rig = new Rig(Transport.NIO, tls)) {
      for (String[] offered : new String[][] {{"http/1.1"}, {}}) {
        try (Peer client = new Peer(client(tls, rig, "a.example", offered), Watch.client())) {
          client.send("GET / HTTP/1.1\r\nHost: b.example\r\n\r\n");
          assertTrue(client.head().startsWith("HTTP/1.1 421 "));
        }
      }
    }
  }

  @Test
  void http2IsNotOfferedIfTheAddressSaysSo() throws Exception {
    try (var tls = new TestTls("a.example").with(ListenOptions.TLS);
        var rig = new Rig(Transport.NIO, tls);
        SSLSocket socket = client(tls, rig, "a.example", "h2", "http/1.1")) {
      assertEquals("http/1.1", socket.getApplicationProtocol());
    }
  }

  /** RFC 9110 §7.4: clients use one connection for all hosts of its certificate. */
  @Test
  void aHostWithAnotherCertificateIs421AlsoIfHttp1IsNotChecked() throws Exception {
    ListenOptions unchecked = new ListenOptions(true, null, 0, null, false).withHttp2();
    try (var tls = new TestTls("a.example", "b.example").with(unchecked);
        var rig = new Rig(Transport.NIO, tls);
        SSLSocket socket = client(tls, rig, "a.example", "h2")) {
      assertEquals("h2", socket.getApplicationProtocol());
      Http2Peer client = Http2Peer.over(socket);
      client.get(1, "b.example", "/");
      assertTrue(client.await("HEADERS 1").startsWith("HEADERS 1 :status=421"));
      client.get(3, "a.example", "/");
      Peer backend = rig.backend();
      backend.head();
      backend.send(ok("ok"));
      assertTrue(client.await("HEADERS 3").startsWith("HEADERS 3 :status=200"));
    }
  }

  @Test
  void hstsIsAddedToResponses() throws Exception {
    ListenOptions hsts = new ListenOptions(true, null, 0, "max-age=60", true).withHttp2();
    try (var asked = new Asked(Transport.NIO, hsts)) {
      Http2Peer client = asked.client;
      Peer backend = asked.backend;
      backend.send(ok("ok"));
      String first = client.await("HEADERS 1");
      assertTrue(first.contains(" strict-transport-security=max-age=60"), first);
      client.get(3, "a.example", "/");
      backend.head();
      backend.send("HTTP/1.1 200 OK\r\nStrict-Transport-Security: x\r\nContent-Length: 0\r\n\r\n");
      String second = client.await("HEADERS 3");
      assertTrue(second.contains(" strict-transport-security=x"), second);
      assertTrue(!second.contains("max-age"), second);
    }
  }

  /** The engine ends both directions with it, so nobody could be answered. */
  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aClientThatSaysItHasGoneEndsItsRequests(Transport transport) throws Exception {
    try (var asked = new Asked(transport, OPTIONS)) {
      asked.socket.shutdownOutput(); // close_notify, and no FIN
      asked.backend.expectGone();
      asked.rig.awaitEnding(Ending.CLIENT_GONE_WAITING);
    }
  }
}
