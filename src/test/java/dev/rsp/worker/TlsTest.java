// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.certs.TestCa;
import dev.rsp.client.HandshakeCounters;
import dev.rsp.config.ClientCa;
import dev.rsp.config.ListenOptions;
import dev.rsp.exchange.Ending;
import dev.rsp.net.FailureLog;
import dev.rsp.net.Transport;
import dev.rsp.net.tls.TlsProvider;
import dev.rsp.referee.Watch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Clients that speak TLS. */
@Timeout(60)
final class TlsTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static String get(String host) {
    return "GET /p?q HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
  }

  private static void exchange(Peer client, Peer backend, String host) throws IOException {
    client.send(get(host));
    backend.head();
    backend.send(OK);
    client.head();
    client.expect("ok");
  }

  private static Peer peer(Socket socket) throws IOException {
    return new Peer(socket, Watch.client());
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void requestsAreServedAndTheBackendIsToldTheScheme(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls)) {
      Peer client = rig.client(get("a.example"));
      Peer backend = rig.backend();
      String request = backend.head();
      assertTrue(request.contains("\r\nX-Forwarded-Proto: https\r\n"), request);
      backend.send(OK);
      client.head();
      client.expect("ok");
      exchange(client, backend, "a.example");
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void largeBodiesPassBothWays(Transport transport) throws Exception {
    byte[] body = new byte[3_000_000];
    for (int i = 0; i < body.length; i++) {
      body[i] = (byte) (i * 31 + (i >> 11));
    }
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls)) {
      Peer client =
          rig.client(
              "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: " + body.length + "\r\n\r\n");
      Thread sender = new Thread(() -> assertSent(client, body));
      sender.start();
      Peer backend = rig.backend();
      backend.head();
      assertArrayEquals(body, backend.read(body.length));
      sender.join();
      backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n");
      Thread answering = new Thread(() -> assertSent(backend, body));
      answering.start();
      client.head();
      assertArrayEquals(body, client.read(body.length));
      answering.join();
    }
  }

  private static void assertSent(Peer peer, byte[] body) {
    try {
      peer.send(body);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void bothVersionsAreSpoken(String version) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls);
        SSLSocket client = tls.over(new Socket(rig.address(), rig.port()), "a.example")) {
      client.setEnabledProtocols(new String[] {version});
      client.startHandshake();
      assertEquals(version, client.getSession().getProtocol());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1", "TLSv1.1"})
  void olderVersionsAreRefused(String version) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls);
        Socket client = new Socket(rig.address(), rig.port())) {
      int minor = version.equals("TLSv1") ? 1 : 2;
      byte[] hello = hello(minor);
      client.setSoTimeout(Peer.PATIENCE_MILLIS);
      client.getOutputStream().write(hello);
      byte[] alert = client.getInputStream().readNBytes(7);
      assertEquals(0x15, alert[0]);
      assertEquals(70, alert[6], "protocol_version: RFC 8446 §6.2");
    }
  }

  /** A ClientHello of TLS 1.0 or 1.1 with one suite and no extension. */
  static byte[] hello(int minor) {
    byte[] body = new byte[2 + 32 + 1 + 2 + 2 + 2];
    body[0] = 3;
    body[1] = (byte) minor;
    body[36] = 2; // two bytes of suites
    body[37] = (byte) 0xC0;
    body[38] = 0x09; // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
    body[39] = 1; // one compression method: none
    var all = new ByteArrayOutputStream();
    all.writeBytes(new byte[] {0x16, 3, 1, 0, (byte) (body.length + 4), 1, 0, 0});
    all.write(body.length);
    all.writeBytes(body);
    return all.toByteArray();
  }

  @Test
  void eachNameGetsItsOwnCertificate() throws Exception {
    try (var tls = new TestTls("a.example", "b.example");
        var rig = new Rig(Transport.NIO, tls)) {
      for (String name : List.of("a.example", "b.example", "B.Example.")) {
        try (SSLSocket client = tls.over(new Socket(rig.address(), rig.port()), name)) {
          client.startHandshake();
          Certificate leaf = client.getSession().getPeerCertificates()[0];
          String names = ((X509Certificate) leaf).getSubjectAlternativeNames().toString();
          String expected = name.toLowerCase(java.util.Locale.ROOT).replaceAll("\\.$", "");
          assertTrue(names.contains(expected), names);
        }
      }
    }
  }

  @Test
  void aNameWithoutACertificateGetsTheAlertForIt() throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls);
        SSLSocket client = tls.over(new Socket(rig.address(), rig.port()), "other.example")) {
      SSLException refused = assertThrows(SSLException.class, client::startHandshake);
      assertTrue(
          String.valueOf(refused.getMessage()).contains("unrecognized_name"), () -> "" + refused);
    }
  }

  @Test
  void aHandshakeThatIsSplitAtEachByteIsTheSame() throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls)) {
      var recorded = new ByteArrayOutputStream();
      try (Socket socket = new Socket(rig.address(), rig.port());
          SSLSocket client = tls.over(new Recording(socket, recorded), "a.example")) {
        client.startHandshake();
      }
      byte[] hello = firstRecord(recorded.toByteArray());
      try (Socket socket = new Socket(rig.address(), rig.port())) {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(Peer.PATIENCE_MILLIS);
        OutputStream out = socket.getOutputStream();
        for (byte octet : hello) {
          out.write(octet);
          out.flush();
        }
        byte[] answer = socket.getInputStream().readNBytes(6);
        assertEquals(0x16, answer[0], "a handshake record: RFC 8446 §5.1");
        assertEquals(2, answer[5], "a ServerHello: RFC 8446 §4");
      }
    }
  }

  private static byte[] firstRecord(byte[] sent) {
    int length = 5 + ((sent[3] & 0xff) << 8) + (sent[4] & 0xff);
    return java.util.Arrays.copyOf(sent, length);
  }

  /** A socket that keeps what is written to it. */
  private static final class Recording extends Socket {
    private final Socket socket;
    private final OutputStream copy;

    Recording(Socket socket, OutputStream copy) {
      this.socket = socket;
      this.copy = copy;
    }

    @Override
    public boolean isConnected() {
      return true;
    }

    @Override
    public int getPort() {
      return socket.getPort();
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return socket.getInputStream();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      OutputStream out = socket.getOutputStream();
      return new OutputStream() {
        @Override
        public void write(int octet) throws IOException {
          write(new byte[] {(byte) octet}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int start, int length) throws IOException {
          copy.write(bytes, start, length);
          out.write(bytes, start, length);
        }
      };
    }
  }

  @Test
  void bytesThatAreNoTlsEndTheConnection() throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls);
        Socket client = new Socket(rig.address(), rig.port())) {
      client.setSoTimeout(Peer.PATIENCE_MILLIS);
      client.getOutputStream().write(get("a.example").getBytes(StandardCharsets.US_ASCII));
      try {
        assertEquals(-1, client.getInputStream().read());
      } catch (IOException reset) {
        assertTrue(String.valueOf(reset.getMessage()).contains("reset"), () -> "" + reset);
      }
      rig.await("no client left", () -> rig.clients() == 0);
      assertEquals(0, rig.counted());
    }
  }

  @Test
  void aClientHelloThatIsTooLargeEndsTheConnectionAndIsNoDefect() throws Exception {
    var reported = new ListAppender<ILoggingEvent>();
    reported.start();
    Logger failures = (Logger) LoggerFactory.getLogger(FailureLog.class);
    failures.addAppender(reported);
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls);
        Socket client = new Socket(rig.address(), rig.port())) {
      client.setSoTimeout(Peer.PATIENCE_MILLIS);
      // A handshake message of 1 MiB, in records of 16 KiB (RFC 8446 §5.1).
      byte[] record = new byte[5 + 16_384];
      record[0] = 0x16;
      record[1] = 3;
      record[2] = 1;
      record[3] = 0x40;
      record[5] = 1;
      record[6] = 0x10;
      try {
        client.getOutputStream().write(record);
        client.getOutputStream().write(record);
        while (client.getInputStream().read() >= 0) {
          // An alert may come first.
        }
      } catch (SocketException reset) {
        assertTrue(String.valueOf(reset.getMessage()).length() > 0);
      }
      rig.await("no client left", () -> rig.clients() == 0);
      assertEquals(1, counted(rig).get(HandshakeCounters.Result.FAILED));
    } finally {
      failures.detachAppender(reported);
    }
    assertEquals(List.of(), reported.list);
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aClientThatSaysNothingIsClosedWhenTheTimeForAHeadIsOver(Transport transport)
      throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls, "timeouts = { head = 0.3 }");
        Socket client = new Socket(rig.address(), rig.port())) {
      client.setSoTimeout(Peer.PATIENCE_MILLIS);
      assertEquals(-1, client.getInputStream().read());
      rig.await("no client left", () -> rig.clients() == 0);
      assertEquals(0, rig.counted());
      assertEquals(1, counted(rig).get(HandshakeCounters.Result.LATE));
    }
  }

  @Test
  void aClientThatStopsInItsClientHelloIsClosedThen() throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls, "timeouts = { head = 0.3 }");
        Socket client = new Socket(rig.address(), rig.port())) {
      client.setSoTimeout(Peer.PATIENCE_MILLIS);
      byte[] hello = hello(3);
      client.getOutputStream().write(hello, 0, hello.length - 1);
      assertEquals(-1, client.getInputStream().read());
      rig.await("no client left", () -> rig.clients() == 0);
    }
  }

  @Test
  void aDrainClosesAClientThatHasNotBegunAHandshake() throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls);
        Socket client = new Socket(rig.address(), rig.port())) {
      client.setSoTimeout(Peer.PATIENCE_MILLIS);
      rig.await("a client", () -> rig.clients() == 1);
      rig.drain();
      assertEquals(-1, client.getInputStream().read());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aClientThatClosesWhileItWaitsEndsTheExchange(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls)) {
      Peer client = rig.client(get("a.example"));
      Peer backend = rig.backend();
      backend.head();
      client.close();
      backend.expectGone();
      rig.await("no client left", () -> rig.clients() == 0);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aClientThatStillSendsReadsTheAnswer(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls)) {
      Peer client = rig.client("GET / HTTP/1.1\r\n\r\n" + "x".repeat(100_000));
      client.head("HTTP/1.1 400 Bad Request");
      client.expect("400 no Host field\n");
      client.expectEnd();
      for (int i = 0; i < 20; i++) {
        client.send("x".repeat(50_000));
      }
      client.close();
      rig.await("no client left", () -> rig.clients() == 0);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.rsp.worker.Rig#transports")
  void aTunnelEndsWhenItsBackendEndsItsSide(Transport transport) throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(transport, tls)) {
      Peer client =
          rig.client(
              "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
      Peer backend = rig.backend();
      backend.head();
      backend.send(
          "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nfrom the backend");
      client.head();
      client.expect("from the backend");
      client.send("from the client");
      backend.expect("from the client");
      backend.send("last");
      backend.shutOutput();
      client.expect("last");
      client.expectEnd();
      backend.expectEnd();
      rig.awaitEnding(Ending.TUNNELLED);
    }
  }

  @Test
  void handshakesAreCountedByTheirResult() throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls)) {
      for (String version : List.of("TLSv1.2", "TLSv1.3")) {
        try (SSLSocket client = tls.over(new Socket(rig.address(), rig.port()), "a.example")) {
          client.setEnabledProtocols(new String[] {version});
          client.startHandshake();
        }
      }
      try (SSLSocket client = tls.over(new Socket(rig.address(), rig.port()), "b.example")) {
        assertThrows(SSLException.class, client::startHandshake);
      }
      try (Socket client = new Socket(rig.address(), rig.port())) {
        client.getOutputStream().write(hello(1));
        rig.await("a failure", () -> counted(rig).get(HandshakeCounters.Result.FAILED) == 1);
      }
      new Socket(rig.address(), rig.port()).close(); // has not begun
      rig.await("no client left", () -> rig.clients() == 0);
      for (HandshakeCounters.Result result : HandshakeCounters.Result.values()) {
        long expected = result == HandshakeCounters.Result.LATE ? 0 : 1;
        assertEquals(expected, counted(rig).get(result), result.label());
      }
    }
  }

  private static HandshakeCounters counted(Rig rig) {
    Worker loop = rig.loop();
    return loop.handshakes();
  }

  // Hosts ----------------------------------------------------------------------------------------

  @Test
  void aHostWithAnotherCertificateIsMisdirected() throws Exception {
    try (var tls = new TestTls("a.example", "b.example");
        var rig = new Rig(Transport.NIO, tls);
        Peer client = peer(tls.over(new Socket(rig.address(), rig.port()), "a.example"))) {
      client.send(get("a.example"));
      Peer backend = rig.backend();
      backend.head();
      backend.send(OK);
      client.head();
      client.expect("ok");
      client.send(get("b.example"));
      assertTrue(client.head().startsWith("HTTP/1.1 421 Misdirected Request\r\n"));
    }
  }

  @Test
  void itIsServedIfTheListenAddressDoesNotCheckHosts() throws Exception {
    try (var tls =
            new TestTls("a.example", "b.example")
                .with(new ListenOptions(true, null, 0, null, false));
        var rig = new Rig(Transport.NIO, tls);
        Peer client = peer(tls.over(new Socket(rig.address(), rig.port()), "a.example"))) {
      client.send(get("b.example"));
      Peer backend = rig.backend(2);
      backend.head();
      backend.send(OK);
      assertTrue(client.head().startsWith("HTTP/1.1 200 OK\r\n"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "443, GET /p?q HTTP/1.1, https://a.example/p?q",
    "8443, GET / HTTP/1.1, https://a.example:8443/",
    "443, GET http://a.example:80/x HTTP/1.1, https://a.example/x",
    "443, OPTIONS * HTTP/1.1, https://a.example/",
  })
  void aRequestIsRedirectedToHttps(int port, String line, String location) throws Exception {
    try (var tls = new TestTls("a.example").with(new ListenOptions(false, null, port, null, true));
        var rig = new Rig(Transport.NIO, tls);
        Peer client = peer(new Socket(rig.address(), rig.port()))) {
      for (int i = 0; i < 2; i++) {
        client.send(line + "\r\nHost: A.example:80\r\n\r\n");
        String head = client.head();
        assertTrue(head.startsWith("HTTP/1.1 308 Permanent Redirect\r\n"), head);
        assertTrue(head.contains("\r\nLocation: " + location + "\r\n"), head);
        client.expect("308 this site is served over https\n");
      }
      assertEquals("own_answer=2", rig.summary());
    }
  }

  @Test
  void aMalformedRequestIsNotRedirected() throws Exception {
    try (var tls = new TestTls("a.example").with(new ListenOptions(false, null, 443, null, true));
        var rig = new Rig(Transport.NIO, tls);
        Peer client = peer(new Socket(rig.address(), rig.port()))) {
      client.send("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
      assertTrue(client.head().startsWith("HTTP/1.1 400 "));
    }
  }

  @Test
  void hstsIsAddedToResponsesThatDoNotHaveIt() throws Exception {
    var hsts = new ListenOptions(true, null, 0, "max-age=60", true);
    try (var tls = new TestTls("a.example").with(hsts);
        var rig = new Rig(Transport.NIO, tls)) {
      Peer client = rig.client(get("a.example"));
      Peer backend = rig.backend();
      backend.head();
      backend.send(OK);
      assertTrue(client.head().contains("\r\nStrict-Transport-Security: max-age=60\r\n"));
      client.expect("ok");
      client.send(get("a.example"));
      backend.head();
      backend.send(OK.replace("OK\r\n", "OK\r\nstrict-transport-security: max-age=0\r\n"));
      String head = client.head();
      assertTrue(head.contains("\r\nstrict-transport-security: max-age=0\r\n"), head);
      assertFalse(head.contains("max-age=60"), head);
    }
  }

  // Scripts --------------------------------------------------------------------------------------

  @Test
  void aScriptSeesTheSession() throws Exception {
    String select =
        "function select(r) return nil, r.scheme .. ' ' .. r.tls.version .. ' ' .. r.tls.name"
            + " .. ' ' .. tostring(r.tls.protocol) end";
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls, select);
        Peer client = peer(tls.over(new Socket(rig.address(), rig.port()), "a.example"))) {
      client.send(get("a.example"));
      client.head();
      client.expect("503 https TLSv1.3 a.example nil\n");
    }
  }

  @Test
  void aScriptSeesNoneInClear() throws Exception {
    String select = "function select(r) return nil, r.scheme .. ' ' .. tostring(r.tls) end";
    try (var rig = new Rig(Transport.NIO, select)) {
      Peer client = rig.client(get("a.example"));
      client.head();
      client.expect("503 http nil\n");
    }
  }

  // Certificates of clients ----------------------------------------------------------------------

  private static final String FORGED =
      String.join(
          "\r\n",
          "GET / HTTP/1.1",
          "Host: a.example",
          "X-SSL-Client-Verify: SUCCESS",
          "X-SSL-Client-S-DN: CN=root",
          "X_SSL_Client_S_DN: CN=root",
          "",
          "");

  /** As the configuration file would make it, with this authority. */
  private static TestTls askingFor(TestCa clients, boolean required) throws Exception {
    var ca = new ClientCa(List.of(clients.root()), required);
    return new TestTls("a.example", "b.example").with(ListenOptions.TLS.forClientsOf(ca));
  }

  private static String[] askingLines(TestCa clients, Path folder) {
    Path file = TestCa.write(folder.resolve("clients.pem"), clients.rootPem());
    Path none = TestCa.write(folder.resolve("none.pem"), "");
    return new String[] {
      "listen = { address = '0.0.0.0:0', tls = true, client_ca = '%s' }".formatted(file),
      "certificates = '%s'".formatted(none)
    };
  }

  @Test
  void theSubjectOfAClientIsPassedOnAndCannotBeForged(@TempDir Path folder) throws Exception {
    TestCa clients = TestCa.create();
    try (var tls = askingFor(clients, true);
        var rig = new Rig(Transport.NIO, tls, askingLines(clients, folder));
        Peer client =
            peer(
                tls.over(
                    new Socket(rig.address(), rig.port()),
                    "a.example",
                    clients.ecdsa("client.example")))) {
      client.send(FORGED);
      Peer backend = rig.backend();
      String head = backend.head();
      assertTrue(head.contains("\r\nX-SSL-Client-Verify: SUCCESS\r\n"), head);
      assertTrue(head.contains("\r\nX-SSL-Client-S-DN: CN=client.example\r\n"), head);
      assertFalse(head.contains("CN=root"), head);
    }
  }

  @Test
  void aClientWithoutACertificateSaysNothingOfOne(@TempDir Path folder) throws Exception {
    TestCa clients = TestCa.create();
    try (var tls = askingFor(clients, false);
        var rig = new Rig(Transport.NIO, tls, askingLines(clients, folder));
        Peer client = peer(tls.over(new Socket(rig.address(), rig.port()), "a.example"))) {
      client.send(FORGED);
      Peer backend = rig.backend();
      String head = backend.head();
      assertTrue(head.contains("\r\nX-SSL-Client-Verify: NONE\r\n"), head);
      assertFalse(head.contains("CN="), head);
    }
  }

  @Test
  void itIsRefusedIfACertificateIsRequired() throws Exception {
    TestCa clients = TestCa.create();
    try (var tls = askingFor(clients, true);
        var rig = new Rig(Transport.NIO, tls);
        SSLSocket client = tls.over(new Socket(rig.address(), rig.port()), "a.example")) {
      client.setSoTimeout(Peer.PATIENCE_MILLIS);
      assertThrows(IOException.class, () -> readAfter(client));
      assertEquals("", rig.summary());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCertificateOfAnotherAuthorityIsRefused(boolean required) throws Exception {
    try (var tls = askingFor(TestCa.create(), required);
        var rig = new Rig(Transport.NIO, tls);
        SSLSocket client =
            tls.over(
                new Socket(rig.address(), rig.port()),
                "a.example",
                TestCa.create().ecdsa("client.example"))) {
      client.setSoTimeout(Peer.PATIENCE_MILLIS);
      assertThrows(IOException.class, () -> readAfter(client));
      assertEquals("", rig.summary());
    }
  }

  /** With TLS 1.3 a client hears after its handshake that the server refuses it. */
  private static int readAfter(SSLSocket client) throws IOException {
    client.startHandshake();
    client.getOutputStream().write(get("a.example").getBytes(StandardCharsets.US_ASCII));
    int octet = client.getInputStream().read();
    if (octet < 0) {
      throw new IOException("closed");
    }
    return octet;
  }

  // Sessions -------------------------------------------------------------------------------------

  @Test
  void aTicketResumesASessionOfTheSameCertificateOnly() throws Exception {
    try (var tls = new TestTls("a.example", "b.example");
        var rig = new Rig(Transport.NIO, tls)) {
      List<Long> created = new ArrayList<>();
      for (String name : List.of("a.example", "a.example", "b.example")) {
        created.add(session(rig, tls, name).getCreationTime());
      }
      assertEquals(created.get(0), created.get(1), "resumed");
      assertNotEquals(created.get(0), created.get(2), "not resumed");
    }
  }

  @Test
  void aTicketOfAnOlderKeyResumesUntilThatKeyIsForgotten() throws Exception {
    try (var tls = new TestTls("a.example");
        var rig = new Rig(Transport.NIO, tls)) {
      long first = session(rig, tls, "a.example").getCreationTime();
      tls.tickets().rotate();
      assertEquals(first, session(rig, tls, "a.example").getCreationTime());
    }
  }

  @Test
  void aKeyIsForgottenOnEachListenAddressOfACertificate() throws Exception {
    try (var tls = new TestTls("a.example");
        var first = new Rig(Transport.NIO, tls);
        var second = new Rig(Transport.NIO, tls.with(ListenOptions.TLS.withHttp2()))) {
      long before = session(first, tls, "a.example").getCreationTime();
      for (int i = 0; i < 3; i++) {
        tls.tickets().rotate(); // so many are kept
      }
      // The certificate gets a second context, for HTTP/2.
      session(second, tls, "a.example");
      boolean resumed = before == session(first, tls, "a.example").getCreationTime();
      assertEquals(!TlsProvider.ofThisRun().takesTicketKeys(), resumed, "resumed");
    }
  }

  /** The session of one exchange: with TLS 1.3 the ticket comes with the response. */
  private static SSLSession session(Rig rig, TestTls tls, String name) throws Exception {
    try (SSLSocket socket = tls.over(new Socket(rig.address(), rig.port()), name)) {
      socket.setSoTimeout(Peer.PATIENCE_MILLIS);
      socket.startHandshake();
      socket
          .getOutputStream()
          .write(
              "OPTIONS * HTTP/1.1\r\nHost: %s\r\nMax-Forwards: 0\r\n\r\n"
                  .formatted(name)
                  .getBytes(StandardCharsets.US_ASCII));
      assertEquals('H', socket.getInputStream().read());
      return socket.getSession();
    }
  }
}
