// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.body;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.Rule;
import dev.rsp.certs.TestCa;
import dev.rsp.exchange.BackendLog;
import dev.rsp.exchange.Ending;
import dev.rsp.net.tls.TlsProvider;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Backends that speak TLS: whom rsp believes, and that bytes and ends pass as without it. */
@EachTransport
@Timeout(60)
final class BackendTlsTest extends RigTest {
  private static final TestCa CA = TestCa.create();
  private static final String NAME = "site.backend.example";
  private static final TestCa.Leaf LEAF = CA.ecdsa(NAME, "other.backend.example");

  @TempDir Path folder;

  private final Logger logger = (Logger) LoggerFactory.getLogger(BackendLog.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final List<TlsBackend> backends = new ArrayList<>();
  private Path ca;

  @BeforeEach
  void writeAuthority() throws Exception {
    ca = Files.writeString(folder.resolve("ca.pem"), CA.rootPem());
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void closeBackends() throws Exception {
    logger.detachAppender(logged);
    for (TlsBackend backend : backends) {
      backend.close();
    }
  }

  private TlsBackend backend(TestCa.Leaf leaf) throws Exception {
    var backend = new TlsBackend(rig, leaf);
    backends.add(backend);
    return backend;
  }

  private String tls(String name) {
    return "ca = '" + ca + "', name = '" + name + "'";
  }

  /** One backend that is believed, in force. */
  private TlsBackend trusted(String... lines) throws Exception {
    TlsBackend backend = backend(LEAF);
    String entry = backend.entry(tls(NAME));
    rig.reload(
        "backends = {"
            + entry
            + ", "
            + entry.replace("}}", "}, name = 'b'}")
            + "}\n"
            + String.join("\n", lines));
    return backend;
  }

  private String onlyLine() {
    List<String> lines =
        logged.list.stream()
            .map(ILoggingEvent::getFormattedMessage)
            .filter(line -> line.startsWith("backend failed"))
            .toList();
    assertEquals(1, lines.size(), lines.toString());
    return lines.get(0);
  }

  private void expectRefused(TestCa.Leaf leaf, String why) throws Exception {
    TlsBackend backend = backend(leaf);
    rig.reload(
        "backends = {" + backend.entry(tls(NAME)) + "}\n" + "function select() return 1 end");
    Peer client = rig.client(GET);
    Peer seen = backend.accept();
    seen.expectHandshakeFailure();
    client.expectRefusal(502, "the certificate of the backend is not accepted");
    rig.awaitEnding(Ending.BACKEND_CERTIFICATE);
    String line = onlyLine();
    assertTrue(line.contains("address=https://" + backend.address()), line);
    assertTrue(line.endsWith("reason=certificate: " + why), line);
  }

  @Test
  void servesRequestsOverOneConnectionAndAsksForTheName() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Peer backend = listening.accept();
    exchange(client, backend, "one");
    client.send(GET);
    exchange(client, backend, "two"); // the tickets that came meanwhile are no answer
    assertEquals(NAME, TlsBackend.askedName(backend));
    assertEquals("TLSv1.3", TlsBackend.session(backend).getProtocol());
  }

  @Test
  void speaksTls12() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Peer backend = listening.accept("TLSv1.2");
    exchange(client, backend, "one");
    client.send(GET);
    exchange(client, backend, "two");
  }

  @Test
  void aSecondConnectionResumesTheSessionOfTheFirst() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Peer first = listening.accept("TLSv1.2");
    exchange(client, first, "one");
    long made = TlsBackend.session(first).getCreationTime();
    rig.await("another millisecond", () -> System.currentTimeMillis() > made);
    Peer other = rig.client(GET);
    first.head();
    Peer third = rig.client(GET);
    Peer second = listening.accept("TLSv1.2");
    exchange(third, second, "two");
    first.send(ok("three"));
    other.expect(ok("three"));
    assertEquals(made, TlsBackend.session(second).getCreationTime());
  }

  /** A request asks for an HTTP/2 connection; returns when its TLS session was made. */
  private long asksForHttp2(TlsBackend listening) throws Exception {
    Peer client = rig.client(GET);
    SSLSocket socket = listening.shake(listening.raw(), "TLSv1.2");
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    socket.setSSLParameters(parameters);
    byte[] preface = socket.getInputStream().readNBytes(24);
    assertEquals(Http2Peer.PREFACE, new String(preface, StandardCharsets.ISO_8859_1));
    assertEquals("h2", socket.getApplicationProtocol());
    long made = socket.getSession().getCreationTime();
    socket.close();
    client.expectRefusal(502, "the backend does not agree on HTTP/2");
    return made;
  }

  @Test
  void anAddressOfAScriptCanSpeakHttp2AndResumesItsSessions() throws Exception {
    TlsBackend listening = backend(LEAF);
    rig.reload(
        "backend_tls = {"
            + tls(NAME)
            + "}\nfunction select() return 'h2://"
            + listening.address()
            + "' end");
    long made = asksForHttp2(listening);
    rig.await("another millisecond", () -> System.currentTimeMillis() > made);
    System.gc(); // what only connections need is forgotten with them
    assertEquals(made, asksForHttp2(listening));
  }

  @Test
  void aNameIsOnlyAskedForOnConnectionsThatWereMadeForIt() throws Exception {
    TlsBackend listening = backend(LEAF);
    rig.reload(
        "backends = {%s, %s}"
            .formatted(
                listening.entry(tls(NAME)).replace("tls", "name = 'a', tls"),
                listening.entry(tls("other.backend.example")).replace("tls", "name = 'b', tls")));
    Peer client = rig.client(get("a", "/"));
    Peer first = listening.accept();
    exchange(client, first, "one");
    client.send(get("b", "/"));
    Peer second = listening.accept();
    exchange(client, second, "two");
    client.send(get("a", "/"));
    exchange(client, first, "three");
    assertEquals(NAME, TlsBackend.askedName(first));
    assertEquals("other.backend.example", TlsBackend.askedName(second));
  }

  @Test
  void anAddressIsCheckedInTheCertificateIfThereIsNoName() throws Exception {
    TlsBackend listening = backend(CA.ecdsa(rig.address().getHostAddress()));
    rig.reload(
        "backends = {"
            + listening.entry("ca = '" + ca + "'")
            + "}\nfunction select() return 1 end");
    Peer client = rig.client(GET);
    Peer backend = listening.accept();
    exchange(client, backend, "one");
    assertEquals("", TlsBackend.askedName(backend)); // RFC 6066 §3: no address
  }

  @Test
  void aCertificateForAnotherNameIsRefused() throws Exception {
    expectRefused(
        CA.ecdsa("a.example", "10.0.0.1"),
        "the certificate is not for site.backend.example, but for a.example, 10.0.0.1");
  }

  @Test
  void aCertificateOfAnUnknownAuthorityIsRefused() throws Exception {
    expectRefused(
        TestCa.create().ecdsa(NAME),
        "the certificate is not signed by a known CA, but by CN=rsp test root");
  }

  @Test
  void anExpiredCertificateIsRefused() throws Exception {
    TestCa.Leaf leaf = CA.expired(NAME);
    expectRefused(
        leaf,
        "the certificate of CN="
            + NAME
            + " expired at "
            + leaf.certificate().getNotAfter().toInstant());
  }

  @Test
  void anyCertificateIsAcceptedWithVerifyFalse() throws Exception {
    TlsBackend listening = backend(TestCa.create().expired("a.example"));
    rig.reload(
        "backends = {" + listening.entry("verify = false") + "}\nfunction select() return 1 end");
    Peer client = rig.client(GET);
    exchange(client, listening.accept(), "one");
  }

  @Test
  void theNextPlaceIsTriedWhenACertificateIsRefused() throws Exception {
    TlsBackend wrong = backend(CA.ecdsa("a.example"));
    TlsBackend right = backend(LEAF);
    rig.reload(
        "backends = {%s, %s}\nfailover = 1\nfunction select() return 1 end"
            .formatted(wrong.entry(tls(NAME)), right.entry(tls(NAME))));
    Peer client = rig.client(GET);
    wrong.accept().expectHandshakeFailure();
    exchange(client, right.accept(), "one");
  }

  @Test
  void onFailureIsToldOfACertificate() throws Exception {
    TlsBackend wrong = backend(CA.ecdsa("a.example"));
    rig.reload(
        "backends = {%s, '%s'}\nfunction select() return 1 end\n"
                .formatted(wrong.entry(tls(NAME)), rig.backendAddress(1))
            + "function on_failure(request, failure) return failure.reason == 'certificate' and 2 or 1 end");
    Peer client = rig.client(post("Content-Length: 2") + "ab");
    wrong.accept().expectHandshakeFailure();
    Peer second = rig.backend();
    second.head();
    second.expect("ab");
    second.send(ok("2"));
    client.expect(ok("2"));
  }

  @Test
  void aBackendWithoutTlsIsRefused() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Socket raw = listening.raw();
    raw.getInputStream().read();
    raw.getOutputStream()
        .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    client.expectRefusal(502, "the backend does not agree on TLS");
    raw.close();
    rig.awaitEnding(Ending.BACKEND_TLS);
    assertTrue(onlyLine().endsWith("reason=tls: it does not speak TLS at this address"));
  }

  @Test
  void aBackendThatClosesInTheHandshakeIsRefused() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Socket raw = listening.raw();
    raw.getInputStream().read(new byte[10_000]);
    raw.close();
    client.expectRefusal(502, "the backend does not agree on TLS");
    rig.awaitEnding(Ending.BACKEND_TLS);
    String line = onlyLine();
    assertTrue(line.contains("it closed the connection in the TLS handshake"), line);
  }

  @Test
  void theConnectTimeoutBoundsTheHandshake() throws Exception {
    TlsBackend listening = trusted("timeouts = {connect = 0.3}");
    Peer client = rig.client(GET);
    Socket raw = listening.raw();
    client.expectRefusal(504, "the backend took too long to accept the connection");
    assertTrue(raw.getInputStream().readAllBytes().length > 0); // a ClientHello, and the end
    raw.close();
    rig.awaitEnding(Ending.CONNECT_TIMEOUT);
    assertTrue(onlyLine().endsWith("no TLS handshake within timeouts.connect"));
  }

  @Test
  void aClientThatLeavesDuringTheHandshakeEndsIt() throws Exception {
    TlsBackend listening = trusted("abort_on_close = true");
    Peer client = rig.client(GET);
    Socket raw = listening.raw();
    raw.getInputStream().read();
    client.reset();
    raw.getInputStream().readAllBytes();
    raw.close();
    rig.awaitEnding(Ending.CLIENT_GONE_WAITING);
  }

  @Test
  void aCloseNotifyCompletesABodyWithoutALength() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Peer backend = listening.accept();
    backend.head();
    backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n\r\nall");
    backend.close();
    client.head("HTTP/1.1 200 OK");
    client.expect("3\r\nall\r\n0\r\n\r\n");
    rig.awaitEnding(Ending.SERVED);
  }

  @Test
  @Rule(71)
  void anEndWithoutCloseNotifyIsATruncation() throws Exception { // rule 71: RFC 9112 §9.8
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Socket raw = listening.raw();
    Peer backend = rig.backend(listening.shake(raw));
    backend.head();
    backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n\r\nhalf");
    client.head("HTTP/1.1 200 OK");
    client.expect("4\r\nhalf");
    raw.close();
    client.expectEnd();
    rig.awaitEnding(Ending.BACKEND_TRUNCATED);
  }

  @Test
  void anEndWithoutCloseNotifyBehindALengthIsNone() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Socket raw = listening.raw();
    Peer backend = rig.backend(listening.shake(raw));
    backend.head();
    backend.send(ok("one"));
    raw.close();
    client.expect(ok("one"));
    rig.awaitEnding(Ending.SERVED);
    client.send(GET);
    exchange(client, listening.accept(), "two");
  }

  @Test
  void aBrokenRecordEndsTheResponseWithoutAWait() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Socket raw = listening.raw();
    Peer backend = rig.backend(listening.shake(raw));
    backend.head();
    backend.send("HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 10\r\n\r\nhalf");
    client.head("HTTP/1.1 200 OK");
    client.expect("half");
    raw.getOutputStream()
        .write(
            new byte[] {
              23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
            });
    client.expectGone(); // at once: RFC 8446 §6.2
    raw.getInputStream().readAllBytes(); // an alert, and the end
    raw.close();
    rig.awaitEnding(Ending.BACKEND_TRUNCATED);
  }

  @Test
  void largeBodiesPassBothWays() throws Exception {
    TlsBackend listening = trusted();
    byte[] bytes = body(5_000_000);
    Peer client = rig.client();
    Beside sending =
        Beside.start(
            () -> {
              client.send(post("Content-Length: " + bytes.length));
              client.send(bytes);
            });
    Peer backend = listening.accept();
    backend.head();
    assertArrayEquals(bytes, backend.read(bytes.length));
    sending.join();
    Beside answering =
        Beside.start(
            () -> {
              backend.send(
                  "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: " + bytes.length + "\r\n\r\n");
              backend.send(bytes);
            });
    client.head("HTTP/1.1 200 OK");
    assertArrayEquals(bytes, client.read(bytes.length));
    answering.join();
  }

  @Test
  void aBackendThatDoesNotReadHoldsTheClientUp() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(post("Transfer-Encoding: chunked"));
    Peer backend = listening.accept();
    backend.head();
    var flood = new Flood(rig, client, chunk(), () -> client.send("0\r\n\r\n"));
    flood.read(backend);
    backend.expect("0\r\n\r\n");
    backend.send(ok("one"));
    client.expect(ok("one"));
  }

  /** 8,192 bytes with all that belongs to the chunk. */
  private static byte[] chunk() {
    String size = Integer.toHexString(8192 - 8) + "\r\n";
    return (size + "x".repeat(8192 - 8) + "\r\n").getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void anEarlyAnswerReachesTheClientWhenTheBackendClosesAndTheUploadGoesOn() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(post("Content-Length: 1000000"));
    Peer backend = listening.accept();
    backend.head();
    client.send("a");
    backend.expect("a");
    backend.send(
        "HTTP/1.1 413 Too Large\r\nDate: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    backend.close();
    client.head("HTTP/1.1 413 Too Large");
    client.expect("no");
  }

  @Test
  void tunnelsPassBytesBothWaysAndEndWithTheBackend() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(Tunnel.ASKED);
    Peer backend = listening.accept();
    backend.head();
    backend.send(Tunnel.SWITCHED);
    client.expect(Tunnel.SWITCHED);
    client.send("ping");
    backend.expect("ping");
    backend.send("pong");
    client.expect("pong");
    backend.close();
    client.expectEnd();
    rig.awaitEnding(Ending.TUNNELLED);
  }

  @Test
  void aClientThatEndsItsHalfOfATunnelStillGetsTheRest() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(Tunnel.ASKED);
    Peer backend = listening.accept();
    backend.head();
    backend.send(Tunnel.SWITCHED);
    client.expect(Tunnel.SWITCHED);
    client.send("last");
    client.shutOutput();
    backend.expect("last");
    backend.expectEnd();
    backend.send("rest");
    client.expect("rest");
    backend.close();
    client.expectEnd();
    rig.awaitEnding(Ending.TUNNELLED);
  }

  @Test
  void aProxyHeaderGoesBeforeTheHandshake() throws Exception {
    TlsBackend listening = backend(LEAF);
    String entry =
        listening.entry(tls(NAME)).replace("protocol =", "send_proxy = 'v1', protocol =");
    rig.reload("backends = {" + entry + "}\nfunction select() return 1 end");
    Peer client = rig.client(GET);
    Socket raw = listening.raw();
    StringBuilder header = new StringBuilder();
    while (header.indexOf("\r\n") < 0) {
      header.append((char) raw.getInputStream().read());
    }
    assertTrue(header.toString().startsWith("PROXY TCP4 "), header.toString());
    exchange(client, rig.backend(listening.shake(raw)), "one");
  }

  @Test
  void anIdleConnectionThatTheBackendEndsIsNotUsedAgain() throws Exception {
    TlsBackend listening = trusted();
    Peer client = rig.client(GET);
    Peer backend = listening.accept();
    exchange(client, backend, "one");
    backend.shutOutput(); // close_notify alone
    backend.expectEnd();
    client.send(post("Content-Length: 0"));
    exchange(client, listening.accept(), "two");
  }

  @Test
  void aClientCertificateIsShown() throws Exception {
    TestCa clients = TestCa.create();
    TestCa.Leaf own = clients.rsa("rsp.example");
    own.writeTo(folder, "rsp");
    var listening = new TlsBackend(rig, LEAF, clients.root());
    backends.add(listening);
    rig.reload(
        "backends = {"
            + listening.entry(
                tls(NAME)
                    + ", certificate = '%s/rsp.crt', key = '%s/rsp.key'".formatted(folder, folder))
            + "}\nfunction select() return 1 end");
    Peer client = rig.client(GET);
    Peer backend = listening.accept();
    exchange(client, backend, "one");
    var shown = TlsBackend.session(backend).getPeerCertificates();
    assertEquals(own.certificate(), shown[0]);
  }

  @Test
  void aBackendThatAsksForACertificateInVainIsA502ThatTheLogExplains() throws Exception {
    var listening = new TlsBackend(rig, LEAF, CA.root());
    backends.add(listening);
    rig.reload("backends = {" + listening.entry(tls(NAME)) + "}\nfunction select() return 1 end");
    Peer client = rig.client(GET);
    listening.accept().expectHandshakeFailure();
    client.head("HTTP/1.1 502 Bad Gateway");
    // With TLS 1.3 our side of the handshake is done by then.
    rig.awaitEnding(Ending.BACKEND_GONE);
    String alert = TlsProvider.ofThisRun().received("bad_certificate");
    assertTrue(onlyLine().contains(alert), onlyLine());
  }

  @Test
  void aReloadWithTheSameFilesKeepsConnectionsAndOneWithOthersDoesNot() throws Exception {
    TlsBackend listening = backend(LEAF);
    String lines =
        "backends = {" + listening.entry(tls(NAME)) + "}\nfunction select() return 1 end";
    rig.reload(lines);
    Peer client = rig.client(GET);
    Peer first = listening.accept();
    exchange(client, first, "one");
    rig.reload(lines);
    client.send(GET);
    exchange(client, first, "two");
    TestCa other = TestCa.create();
    Files.writeString(ca, other.rootPem());
    rig.reload(lines);
    first.expectEnd();
    client.send(GET);
    listening.accept().expectHandshakeFailure();
    client.expectRefusal(502, "the certificate of the backend is not accepted");
    Files.writeString(ca, other.rootPem() + CA.rootPem());
    rig.reload(lines);
    Peer again = rig.client(GET);
    Peer last = listening.accept();
    exchange(again, last, "three");
    assertNotEquals(first, last);
  }

  @Test
  void aScriptMayNameAnAddressWithTls() throws Exception {
    TlsBackend listening = backend(LEAF);
    rig.reload(
        "backend_tls = {%s}\nfunction select() return 'https://%s' end"
            .formatted(tls(NAME), listening.address()));
    Peer client = rig.client(GET);
    Peer backend = listening.accept();
    exchange(client, backend, "one");
    assertEquals(NAME, TlsBackend.askedName(backend));
  }
}
