// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.config.Config;
import dev.rsp.config.ListenOptions;
import dev.rsp.http.TrustedProxies;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Listen addresses with {@code proxy_protocol}: the client is whom the header names. */
@Timeout(20)
final class ProxyProtocolTest {
  private static final SocketAddress PROXY = new InetSocketAddress("10.0.0.7", 4711);
  private static final String V1 = "PROXY TCP4 192.0.2.1 198.51.100.2 56580 443\r\n";
  private static final String V2 =
      "\r\n\r\n\0\r\nQUIT\n!\u0011\0\u000c\u00c0\0\2\1\u00c63d\2\u00dd\4\1\u00bb";
  private static final String LOCAL = "\r\n\r\n\0\r\nQUIT\n \0\0\0";

  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.rsp.client.ProxyRefusals");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @AutoClose private EmbeddedRig rig;
  private ListenOptions options;

  @BeforeEach
  void start() throws Exception {
    lines.start();
    logger.addAppender(lines);
    serve("");
  }

  @AfterEach
  void stopWatching() {
    logger.detachAppender(lines);
  }

  private List<String> logged() {
    return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private void serve(String lines) throws Exception {
    Config config =
        EmbeddedRig.config(
            "listen = { address = '127.0.0.1:0', proxy_protocol = { '10.0.0.0/8', 'unix' } }",
            lines);
    options = config.listen().get(0).options();
    if (rig == null) {
      rig = new EmbeddedRig(config);
    } else {
      rig.serve(config);
    }
  }

  private EmbeddedPeer connection() {
    return rig.clientFrom(PROXY, options);
  }

  private EmbeddedPeer connection(String header) {
    EmbeddedPeer client = connection();
    client.sendBefore(header);
    return client;
  }

  /** The request reaches a backend as from this client, and is answered. */
  private void served(EmbeddedPeer client, EmbeddedPeer backend, String forwardedFor) {
    String request = backend.take();
    assertEquals(forwardedFor.isEmpty() ? 0 : 1, count(request, "X-Forwarded-For: "), request);
    assertTrue(
        forwardedFor.isEmpty() || request.contains("\r\nX-Forwarded-For: " + forwardedFor + "\r\n"),
        request);
    backend.send(ok("1"));
    client.expect(ok("1"));
  }

  private static int count(String text, String part) {
    return text.split(part, -1).length - 1;
  }

  @ParameterizedTest
  @ValueSource(strings = {V1, V2})
  void theClientIsWhomTheHeaderNames(String header) {
    EmbeddedPeer client = connection(header);
    client.send(GET);
    EmbeddedPeer backend = rig.backend();
    served(client, backend, "192.0.2.1");
    client.send(get("a", "/2"));
    served(client, backend, "192.0.2.1");
    rig.expectEndings("served=2");
  }

  @ParameterizedTest
  @ValueSource(strings = {V1, V2})
  void pipelinedRequestsFollowInTheSameBytes(String header) {
    EmbeddedPeer client = connection();
    client.sendBefore(header, post("Content-Length: 2") + "hi" + get("a", "/2"));
    EmbeddedPeer backend = rig.backend();
    backend.expectStart("POST / HTTP/1.1");
    backend.send(ok("1"));
    backend.expectStart("GET /2 HTTP/1.1");
    backend.send(ok("2"));
    assertEquals(ok("1") + ok("2"), client.take());
    rig.expectEndings("served=2");
  }

  @ParameterizedTest
  @ValueSource(strings = {V1, V2})
  void aHeaderMayBeSplitAtEachByte(String header) {
    for (int at = 1; at <= header.length(); at++) {
      EmbeddedPeer client = connection(header.substring(0, at));
      rig.rest();
      client.sendBefore(header.substring(at));
      client.send(GET);
      EmbeddedPeer backend = rig.backendIfAsked();
      if (backend == null) {
        rig.answerOverIdle(ok("1"));
        client.expect(ok("1"));
      } else {
        served(client, backend, "192.0.2.1");
      }
      client.end();
    }
    rig.expectEndings("served=" + header.length());
  }

  @Test
  void eachByteMayComeAlone() {
    EmbeddedPeer client = connection();
    for (int i = 0; i < V2.length(); i++) {
      client.sendBefore(V2.substring(i, i + 1));
      rig.rest();
    }
    client.sendEachAlone(GET);
    served(client, rig.backend(), "192.0.2.1");
    rig.expectEndings("served=1");
  }

  @Test
  void thePrefaceOfHttp2FollowsTheHeader() {
    options = options.withHttp2();
    for (String header : List.of(V1, V2)) {
      EmbeddedPeer connection = connection(header);
      Http2Peer client = Http2Peer.on(connection);
      client.get(1, "a", "/");
      EmbeddedPeer backend = rig.backendIfAsked();
      if (backend == null) {
        rig.answerOverIdle(ok("1"));
      } else {
        String request = backend.take();
        assertTrue(request.contains("\r\nX-Forwarded-For: 192.0.2.1\r\n"), request);
        backend.send(ok("1"));
      }
      client.expect("HEADERS 1 :status=200 content-length=1", "DATA 1 1 END");
    }
    rig.expectEndings("served=2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN 192.0.2.1 198.51.100.2 1 2\r\n", LOCAL})
  void aHeaderWithoutAddressKeepsThatOfThePeer(String header) {
    EmbeddedPeer client = connection(header);
    client.send(GET);
    served(client, rig.backend(), "10.0.0.7");
    rig.expectEndings("served=1");
  }

  @Test
  void aUnixSocketCanSendHeadersToo() {
    EmbeddedPeer client = rig.clientFrom(UnixDomainSocketAddress.of(""), options);
    client.sendBefore(V1);
    client.send(GET);
    served(client, rig.backend(), "192.0.2.1");
    rig.expectEndings("served=1");
  }

  @Test
  void aClientOfTheProxysUnixSocketHasNoAddress() {
    EmbeddedPeer client = connection("\r\n\r\n\0\r\nQUIT\n!1\0\u00d8" + "\0".repeat(216));
    client.send(GET);
    served(client, rig.backend(), "");
    rig.expectEndings("served=1");
  }

  @Test
  void anIpv4MappedAddressIsThatOfIpv4() {
    EmbeddedPeer client = connection("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n");
    client.send(GET);
    served(client, rig.backend(), "192.0.2.1");
    rig.expectEndings("served=1");
  }

  /** As HAProxy compares it: who connects for a client is named by the header. */
  @Test
  void trustedProxiesAreComparedWithTheHeadersSource() throws Exception {
    serve("trusted_proxies = '192.0.2.0/24'");
    String said = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n";
    EmbeddedPeer cdn = connection(V1);
    cdn.send(said);
    EmbeddedPeer backend = rig.backend();
    String request = backend.take();
    assertTrue(
        request.contains("X-Forwarded-For: 203.0.113.9\r\n")
            && request.contains("X-Forwarded-For: 192.0.2.1\r\n"),
        request);
    backend.send(ok("1"));
    cdn.expect(ok("1"));
    serve("trusted_proxies = '10.0.0.0/8'");
    EmbeddedPeer other = connection(V1);
    other.send(said);
    served(other, backend, "192.0.2.1");
    rig.expectEndings("served=2");
  }

  @Test
  void scriptsSeeTheClientOfTheHeader() throws Exception {
    serve("function select(r) if r.client == '192.0.2.1' then return 2 end return 1 end");
    EmbeddedPeer client = connection(V1);
    client.send(GET);
    EmbeddedPeer backend = rig.backend();
    served(client, backend, "192.0.2.1");
    EmbeddedPeer check = connection(LOCAL);
    check.send(GET);
    EmbeddedPeer other = rig.backend(); // not the idle one of the second place
    served(check, other, "10.0.0.7");
    rig.expectEndings("served=2");
  }

  @Test
  void theAccessLogHasTheProxyBesideTheClient(@TempDir Path directory) throws Exception {
    Path log = directory.resolve("access.log");
    serve("access_log = { path = '" + log + "', format = '$client $peer' }\n");
    for (String header : List.of(V1, LOCAL)) {
      EmbeddedPeer client = connection(header);
      client.send(GET);
      EmbeddedPeer backend = rig.backendIfAsked();
      if (backend == null) {
        rig.answerOverIdle(ok("1"));
      } else {
        backend.send(ok("1"));
      }
      client.expect(ok("1"));
    }
    rig.closeAccessLog();
    assertEquals(List.of("192.0.2.1 10.0.0.7", "10.0.0.7 -"), Files.readAllLines(log));
    rig.expectEndings("served=2");
  }

  // Limits ---------------------------------------------------------------------------------------

  @Test
  void connectionsCountForTheClientOfTheHeader() throws Exception {
    serve("limits = { client_connections = 2 }");
    EmbeddedPeer first = connection(V1);
    EmbeddedPeer second = connection(V2);
    EmbeddedPeer third = connection(V1);
    third.expectRefusal(503, "too many connections from this address");
    EmbeddedPeer other = connection("PROXY TCP4 192.0.2.3 198.51.100.2 56580 443\r\n");
    other.expectOpen();
    first.end();
    EmbeddedPeer fourth = connection(V1);
    fourth.expectOpen();
    second.expectOpen();
    rig.expectEndings("limit_client_connections=1");
  }

  @Test
  void aTrustedSourceIsNotCountedAsAClient() throws Exception {
    serve("limits = { client_connections = 1 }\ntrusted_proxies = '192.0.2.0/24'");
    EmbeddedPeer first = connection(V1);
    EmbeddedPeer second = connection(V1);
    first.expectOpen();
    second.expectOpen();
    rig.expectEndings("");
  }

  @Test
  void connectionsWithoutAHeaderYetCountAmongAll() throws Exception {
    serve("limits = { connections = 2 }");
    EmbeddedPeer first = connection();
    rig.pass(200);
    EmbeddedPeer second = connection("PROXY ");
    EmbeddedPeer third = connection();
    third.expectRefusal(503, "too many connections");
    first.expectOpen();
    second.expectOpen();
    rig.pass(1_100); // they give way only when a header could have come
    EmbeddedPeer fourth = connection();
    fourth.expectOpen();
    first.expectClosed();
    rig.expectEndings("limit_connections=1");
    second.sendBefore("UNKNOWN\r\n");
    second.expectOpen();
  }

  // Refusals -------------------------------------------------------------------------------------

  @Test
  void connectionsOfOthersAreClosedUnread() {
    EmbeddedPeer stranger = rig.clientFrom(new InetSocketAddress("192.0.2.9", 1), options);
    stranger.expectClosed();
    EmbeddedPeer another = rig.clientFrom(new InetSocketAddress("11.0.0.1", 1), options);
    another.expectClosed();
    assertEquals(
        "connection refused client=192.0.2.9 suppressed=0: not one of proxy_protocol",
        logged().get(0));
    rig.expectEndings("proxy_peer=2");
  }

  @Test
  void aPeerOnAUnixSocketIsRefusedUnlessItIsNamed() throws Exception {
    options = ListenOptions.PLAIN.introducedBy(networks("{ '10.0.0.0/8' }"));
    rig.clientFrom(UnixDomainSocketAddress.of(""), options).expectClosed();
    options = ListenOptions.PLAIN.introducedBy(networks("'unix'"));
    EmbeddedPeer client = rig.clientFrom(UnixDomainSocketAddress.of(""), options);
    client.expectOpen();
    connection().expectClosed();
    rig.expectEndings("proxy_peer=2");
  }

  private static @Nullable TrustedProxies networks(String list) throws Exception {
    return EmbeddedRig.config("listen = { address = '127.0.0.1:0', proxy_protocol = " + list + " }")
        .listen()
        .get(0)
        .options()
        .proxyProtocol();
  }

  @Test
  void anIpv4MappedPeerIsInANetworkOfIpv4() throws Exception {
    byte[] mapped = new byte[16];
    mapped[10] = (byte) 0xff;
    mapped[11] = (byte) 0xff;
    mapped[12] = 10;
    var address = Inet6Address.getByAddress(null, mapped, 0);
    EmbeddedPeer client = rig.clientFrom(new InetSocketAddress(address, 1), options);
    client.sendBefore(V1);
    client.send(GET);
    served(client, rig.backend(), "192.0.2.1");
    rig.expectEndings("served=1");
  }

  static List<String> faults() {
    return List.of(
        GET,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\u0016\u0003\u0001\u0002\0\u0001",
        "PROXY TCP4 192.0.2.1 198.51.100.2 56580\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.2 56580 443\n",
        "PROXY UNKNOWN " + "a".repeat(100),
        V2.replace("!\u0011", "\u0011\u0011"),
        V2.replace("\0\u000c", "\0\u000b"),
        V2.replace("\0\u000c", "\u00ff\u00ff"),
        "\0");
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFaultClosesTheConnectionWithoutAnAnswer(String bytes) {
    EmbeddedPeer client = connection(bytes + GET);
    client.expectNothing();
    client.expectClosed();
    rig.expectNoConnect();
    rig.expectEndings("proxy_header=1");
  }

  @Test
  void faultsAreLoggedOnceASecond() {
    for (int i = 0; i < 100; i++) {
      connection(GET).expectClosed();
    }
    assertEquals(
        "connection refused client=10.0.0.7 suppressed=0: no PROXY header", logged().get(0));
    assertTrue(logged().size() < 20, () -> logged().size() + " lines");
    rig.expectEndings("proxy_header=100");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "PROXY TCP4 ", "\r\n\r\n\0\r\nQUIT\n!\u0011"})
  void aHeaderThatIsLateClosesTheConnection(String part) throws Exception {
    serve("timeouts = { head = 3 }");
    EmbeddedPeer client = connection(part);
    rig.pass(2_800);
    client.expectOpen();
    rig.pass(400);
    client.expectClosed();
    rig.expectEndings("proxy_header=1");
  }

  @Test
  void bytesThatTrickleDoNotExtendTheTime() throws Exception {
    serve("timeouts = { head = 3 }");
    EmbeddedPeer client = connection();
    for (String next : List.of("P", "R", "O", "X", "Y")) {
      client.sendBefore(next);
      rig.pass(700);
    }
    client.expectClosed();
    rig.expectEndings("proxy_header=1");
  }

  @Test
  void aConnectionWithoutAByteIsNoFault() {
    EmbeddedPeer check = connection();
    check.end();
    check.expectClosed();
    EmbeddedPeer reset = connection();
    reset.reset();
    reset.expectClosed();
    rig.expectEndings("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROXY UNKNOWN\r\n", LOCAL, V1, V2})
  void aConnectionThatClosesBehindItsHeaderIsNoFault(String header) {
    EmbeddedPeer check = connection(header);
    check.end();
    check.expectEnd();
    check.expectClosed();
    EmbeddedPeer later = connection(header);
    rig.rest();
    later.end();
    later.expectClosed();
    rig.expectEndings("");
  }

  @Test
  void oneThatClosesInsideItsHeaderIs() {
    EmbeddedPeer client = connection("PROXY TCP4 192.0.2.1");
    client.end();
    client.expectClosed();
    EmbeddedPeer reset = connection("PROXY TCP4 192.0.2.1");
    rig.rest();
    reset.reset();
    reset.expectClosed();
    rig.expectEndings("proxy_header=2");
  }

  @Test
  void aClientThatEndsItsSideBehindItsRequestGetsTheResponse() {
    EmbeddedPeer client = connection(V1);
    client.send(GET);
    client.end();
    served(client, rig.backend(), "192.0.2.1");
    client.expectEnd();
    rig.expectEndings("served=1");
  }

  @Test
  void aStopClosesConnectionsThatHaveSentNothing() {
    EmbeddedPeer silent = connection();
    EmbeddedPeer begun = connection("PROXY ");
    rig.rest();
    rig.loop().drain();
    silent.expectClosed();
    begun.expectOpen();
    begun.sendBefore("UNKNOWN\r\n");
    begun.send(GET);
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("1"));
    assertTrue(begun.take().contains("Connection: close"));
    begun.expectClosed();
    rig.expectEndings("served=1");
  }

  @Test
  void memoryOfPartsOfHeadersIsHeldAndFreed() {
    EmbeddedPeer client = connection(V2.substring(0, 20));
    assertTrue(rig.held() > 0);
    client.reset();
    assertEquals(0, rig.held());
    rig.expectEndings("proxy_header=1");
  }

  // Reloads --------------------------------------------------------------------------------------

  @Test
  void aReloadAppliesToNewConnections() {
    EmbeddedPeer before = connection();
    options = ListenOptions.PLAIN;
    EmbeddedPeer after = connection();
    after.send(GET);
    EmbeddedPeer backend = rig.backend();
    served(after, backend, "10.0.0.7");
    before.sendBefore(V1);
    before.send(GET);
    served(before, backend, "192.0.2.1");
    rig.expectEndings("served=2");
  }
}
