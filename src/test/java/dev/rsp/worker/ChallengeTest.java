// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.certs.TestCa;
import dev.rsp.certs.TrustsAll;
import dev.rsp.client.HandshakeCounters;
import dev.rsp.config.ClientCa;
import dev.rsp.config.ListenOptions;
import dev.rsp.exchange.Ending;
import dev.rsp.net.Transport;
import dev.rsp.referee.Watch;
import java.io.IOException;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a certificate authority gets that asks whether a host is served here, and what clients get
 * whose certificate is being ordered.
 */
@Timeout(60)
final class ChallengeTest {
  private static final ListenOptions REDIRECT = new ListenOptions(false, null, 443, null, true);

  private static final String PATH = "/.well-known/acme-challenge/";

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a.example\r\n\r\n";
  }

  private static TestTls tls(ListenOptions options) throws Exception {
    return new TestTls("a.example").with(options).withChallenge("a.example", "t0-k_N", "t0-k_N.th");
  }

  private static Peer clear(Rig rig) throws IOException {
    return new Peer(new Socket(rig.address(), rig.port()), Watch.client());
  }

  private static void expectProof(Peer client) throws IOException {
    String head = client.head("HTTP/1.1 200 OK");
    assertTrue(head.contains("\r\nContent-Length: 9\r\n"), head);
    assertFalse(head.contains("Allow"), head);
    client.expect("t0-k_N.th");
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void theTokenOfAnOrderIsAnsweredAndReachesNoBackend(Transport transport) throws Exception {
    try (var tls = tls(ListenOptions.PLAIN);
        var rig = new Rig(transport, tls);
        Peer client = clear(rig)) {
      client.send(get(PATH + "t0-k_N"));
      expectProof(client);
      client.send("GET " + PATH + "t0-k_N HTTP/1.1\r\nHost: A.example.:80\r\n\r\n");
      expectProof(client);
      client.send("HEAD " + PATH + "t0-k_N HTTP/1.1\r\nHost: a.example\r\n\r\n");
      client.head("HTTP/1.1 200 OK");
      assertEquals(3, rig.endings(Ending.OWN_ANSWER));
      client.send(get("/page"));
      rig.backend().head("GET /page HTTP/1.1"); // the first request that came
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /.well-known/acme-challenge/other HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET /.well-known/acme-challenge/t0-k_N HTTP/1.1\r\nHost: b.example\r\n\r\n",
        "GET /.well-known/acme-challenge/t0-k_N?q HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET /.well-known/acme-challenge/t0-k_N/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET /.well-known/acme-challenge/ HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET /.well-known//acme-challenge/t0-k_N HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "DELETE /.well-known/acme-challenge/t0-k_N HTTP/1.1\r\nHost: a.example\r\n\r\n",
      })
  void whatIsNotAskedByTheAuthorityGoesToTheSite(String request) throws Exception {
    try (var tls = tls(ListenOptions.PLAIN);
        var rig = new Rig(Transport.NIO, tls);
        Peer client = clear(rig)) {
      client.send(request);
      Peer backend = rig.anyBackend();
      backend.head(request.substring(0, request.indexOf('\r')));
      backend.send(ok("site"));
      client.expect(ok("site"));
    }
  }

  @Test
  void anAddressThatRedirectsExceptsTheChallenge() throws Exception {
    try (var tls = tls(REDIRECT);
        var rig = new Rig(Transport.NIO, tls);
        Peer client = clear(rig)) {
      client.send(get(PATH + "t0-k_N"));
      expectProof(client);
      client.send(get("/page"));
      assertTrue(
          client.head("HTTP/1.1 308 Permanent Redirect").contains("https://a.example/page\r\n"));
      client.expect("308 this site is served over https\n");
    }
  }

  /** Sites may have ACME clients of their own, as for mail or for a TLS that rsp does not end. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anAddressThatRedirectsPassesTheChallengesOfSites(boolean orders) throws Exception {
    try (var tls = orders ? tls(REDIRECT) : new TestTls("a.example").with(REDIRECT);
        var rig = new Rig(Transport.NIO, tls);
        Peer client = clear(rig)) {
      client.send(get(PATH + "of-the-site"));
      Peer backend = rig.backend();
      backend.head("GET " + PATH + "of-the-site HTTP/1.1");
      backend.send(ok("proof"));
      client.expect(ok("proof"));
      client.send(get(PATH + "x/../../secret"));
      client.head("HTTP/1.1 308 Permanent Redirect");
    }
  }

  @Test
  void anAuthorityMayAskOverTlsWhereItWasRedirectedTo() throws Exception {
    try (var tls = tls(ListenOptions.TLS);
        var rig = new Rig(Transport.NIO, tls)) {
      Peer client = rig.client(get(PATH + "t0-k_N"));
      expectProof(client);
    }
  }

  @Test
  void aClientOfHttp2GetsTheSameAnswer() throws Exception {
    try (var tls = tls(ListenOptions.PLAIN.withHttp2());
        var rig = new Rig(Transport.NIO, tls);
        Socket socket = new Socket(rig.address(), rig.port())) {
      socket.setSoTimeout(Peer.PATIENCE_MILLIS);
      Http2Peer client = Http2Peer.over(socket);
      client.get(1, "a.example", PATH + "t0-k_N");
      assertEquals("DATA 1 t0-k_N.th END", client.await("DATA 1"));
    }
  }

  // Handshakes -----------------------------------------------------------------------------------

  private static SSLSocket handshake(TestTls tls, Rig rig, String name, String... offered)
      throws Exception {
    SSLSocket socket = tls.over(new Socket(rig.address(), rig.port()), name);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(offered);
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(Peer.PATIENCE_MILLIS);
    socket.startHandshake();
    return socket;
  }

  /** Longer than timeouts.head, and no longer than it was said. */
  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aHandshakeWaitsForTheCertificateThatIsOrdered(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example").withOrders(Peer.PATIENCE_MILLIS);
        var rig = new Rig(transport, tls, "timeouts = { head = 0.3 }")) {
      Peer client = rig.client();
      CompletableFuture<Void> hello =
          CompletableFuture.runAsync(
              () -> Assertions.assertDoesNotThrow(() -> client.send(get("/"))));
      rig.await("a handshake that waits", () -> tls.ordered() == 1);
      Thread.sleep(900); // three times as long as timeouts.head allows
      assertEquals(1, rig.clients());
      tls.order();
      hello.get(Peer.PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
      rig.backend().head("GET / HTTP/1.1");
    }
  }

  @Test
  void aHandshakeThatWaitsTooLongIsClosed() throws Exception {
    try (var tls = new TestTls("a.example").withOrders(200);
        var rig = new Rig(Transport.NIO, tls, "timeouts = { head = 0.3 }")) {
      assertThrowsIo(() -> handshake(tls, rig, "a.example"));
      assertEquals(
          1, (long) rig.onLoop(() -> rig.loop().handshakes().get(HandshakeCounters.Result.LATE)));
      rig.await("no client left", () -> rig.clients() == 0);
      tls.order(); // comes too late, and releases what it has
    }
  }

  private interface Attempt {
    void run() throws Exception;
  }

  private static void assertThrowsIo(Attempt attempt) {
    Assertions.assertThrows(IOException.class, attempt::run);
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void anAuthorityGetsItsProofByTlsAndNothingElse(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example")) {
      TestCa.Leaf leaf = tls.ca().ecdsa("a.example");
      // Authorities have no certificates of their own for this.
      ClientCa required = new ClientCa(List.of(tls.ca().root()), true);
      tls.with(ListenOptions.TLS.withHttp2().forClientsOf(required)).withProof(leaf);
      try (var rig = new Rig(transport, tls);
          SSLSocket authority = authority(rig)) {
        assertEquals("acme-tls/1", authority.getApplicationProtocol());
        assertEquals(leaf.certificate(), authority.getSession().getPeerCertificates()[0]);
        assertEquals(1, authority.getSession().getPeerCertificates().length);
        assertEquals(-1, authority.getInputStream().read());
        rig.await("no client left", () -> rig.clients() == 0);
        assertEquals("", rig.summary());
      }
    }
  }

  /** RFC 8737 §3: the certificate signs itself, so an authority does not look for a signer. */
  private static SSLSocket authority(Rig rig) throws Exception {
    SSLContext context = TrustsAll.clientContext();
    Socket socket = new Socket(rig.address(), rig.port());
    SSLSocket authority =
        (SSLSocket) context.getSocketFactory().createSocket(socket, "a.example", rig.port(), true);
    SSLParameters parameters = authority.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"acme-tls/1"});
    authority.setSSLParameters(parameters);
    authority.setSoTimeout(Peer.PATIENCE_MILLIS);
    authority.startHandshake();
    return authority;
  }

  /** RFC 8737 §3: the authority offers this protocol alone. */
  @Test
  void aClientThatOffersMoreProtocolsIsNoAuthority() throws Exception {
    try (var tls = new TestTls("a.example")) {
      TestCa.Leaf leaf = tls.ca().ecdsa("a.example");
      tls.withProof(leaf);
      try (var rig = new Rig(Transport.NIO, tls);
          SSLSocket client = handshake(tls, rig, "a.example", "acme-tls/1", "http/1.1")) {
        assertEquals("http/1.1", client.getApplicationProtocol());
        Assertions.assertNotEquals(
            leaf.certificate(), client.getSession().getPeerCertificates()[0]);
      }
    }
  }

  @Test
  void anAuthorityThatAsksForWhatIsNotOrderedGetsAnAlert() throws Exception {
    try (var tls = new TestTls("a.example").ordering();
        var rig = new Rig(Transport.NIO, tls)) {
      SSLException alert =
          Assertions.assertThrows(
              SSLHandshakeException.class, () -> handshake(tls, rig, "a.example", "acme-tls/1"));
      assertTrue(String.valueOf(alert.getMessage()).contains("unrecognized_name"), "" + alert);
      assertNull(tls.keyAuthorization("a.example", "x"));
    }
  }
}
