// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A backend with {@code send_proxy}: each connection begins with the client's address, and carries
 * requests of that client only.
 */
@Timeout(20)
final class SendProxyTest {
  private static final String V2 =
      "\r\n\r\n\0\r\nQUIT\n!\u0011\0\u000c\u007f\0\0\1\u007f\0\0\1\0\1\0\2";

  /** Of the embedded clients: see {@link EmbeddedSocket}. */
  private static final String V1 = "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n";

  private static final SocketAddress UNIX = UnixDomainSocketAddress.of("");

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig(sending("v1"));
    rig.leaveBackendsUnjudged(); // a header of this protocol is not HTTP
  }

  /** Both backends have a version; null for none. */
  private static String sending(@Nullable String version, String... lines) {
    String key = version == null ? "" : ", send_proxy = '" + version + "'";
    return "backends = { { name = 'a', address = '127.0.0.1:1'%s },".formatted(key)
        + " { name = 'b', address = '127.0.0.1:2'%s } }\n".formatted(key)
        + String.join("\n", lines);
  }

  private void reload(String lines) throws Exception {
    rig.serve(EmbeddedRig.config(lines));
  }

  /** A new connection begins with a header and this request, which is answered. */
  private EmbeddedPeer serves(EmbeddedPeer client, String header, String path) {
    EmbeddedPeer backend = rig.backend();
    backend.expectStart(header + "GET " + path + " HTTP/1.1\r\nHost: a\r\n");
    backend.send(ok(path));
    client.expect(ok(path));
    return backend;
  }

  /** A request goes over an idle connection, without another header. */
  private void servesAgain(EmbeddedPeer backend, EmbeddedPeer client, String path) {
    rig.expectNoConnect();
    backend.expectStart("GET " + path + " HTTP/1.1\r\nHost: a\r\n");
    backend.send(ok(path));
    client.expect(ok(path));
  }

  @Test
  void aConnectionBeginsWithTheClientsAddress() {
    EmbeddedPeer client = rig.client(GET);
    serves(client, V1, "/");
    rig.expectEndings("served=1");
  }

  @Test
  void soItDoesInVersion2() throws Exception {
    reload(sending("v2"));
    EmbeddedPeer client = rig.client(GET);
    serves(client, V2, "/");
    rig.expectEndings("served=1");
  }

  @Test
  void theHeaderLeavesInOneWriteWithTheRequest() {
    rig.client(GET);
    EmbeddedPeer backend = rig.connecting();
    backend.takes(5);
    backend.accept();
    assertEquals("PROXY", backend.take());
    backend.takesAll();
    String rest = backend.take();
    assertTrue(rest.startsWith(V1.substring(5) + "GET / HTTP/1.1\r\n"), rest);
    rig.leave();
    rig.expectEndings("client_gone_waiting=1");
  }

  @Test
  void theClientsNextRequestsGoOverItWithoutAnother() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = serves(client, V1, "/");
    client.send(get("a", "/2"));
    servesAgain(backend, client, "/2");
    client.send(get("a", "/3") + get("a", "/4"));
    servesAgain(backend, client, "/3");
    servesAgain(backend, client, "/4");
    rig.expectEndings("served=4");
  }

  @Test
  void anotherClientsRequestsDoNot() {
    EmbeddedPeer first = rig.client(GET);
    EmbeddedPeer own = serves(first, V1, "/");
    EmbeddedPeer second = rig.client(get("a", "/2"));
    EmbeddedPeer another = serves(second, V1, "/2");
    own.expectNothing();
    first.send(get("a", "/3"));
    servesAgain(own, first, "/3");
    another.expectNothing();
    rig.expectEndings("served=3");
  }

  @Test
  void itIsClosedWhenTheClientGoes() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = serves(client, V1, "/");
    client.end();
    backend.expectClosed();
    rig.expectEndings("served=1");
  }

  @Test
  void itIsIdleForAsLongAsConnectionsOfAll() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = serves(client, V1, "/");
    rig.pass(3_500); // timeouts.backend_keepalive is 4 s
    backend.expectOpen();
    rig.pass(700);
    backend.expectClosed();
    client.send(get("a", "/2"));
    serves(client, V1, "/2");
    rig.expectEndings("served=2");
  }

  @Test
  void withoutIdleConnectionsEachRequestHasItsOwn() throws Exception {
    reload(sending("v1", "limits = { backend_idle = 0 }"));
    EmbeddedPeer client = rig.client(GET);
    serves(client, V1, "/").expectClosed();
    client.send(get("a", "/2"));
    serves(client, V1, "/2").expectClosed();
    rig.expectEndings("served=2");
  }

  @Test
  void aClientThatATrustedProxyNamesIsTheOneThatTheHeaderNames() throws Exception {
    reload(sending("v1", "trusted_proxies = '127.0.0.0/8'"));
    String from = "GET %s HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %s\r\n\r\n";
    EmbeddedPeer proxy = rig.client(from.formatted("/1", "192.0.2.1"));
    EmbeddedPeer one = serves(proxy, "PROXY TCP4 192.0.2.1 127.0.0.1 0 2\r\n", "/1");
    proxy.send(from.formatted("/2", "2001:db8::2"));
    EmbeddedPeer other = serves(proxy, "PROXY TCP6 2001:db8::2 ::ffff:127.0.0.1 0 2\r\n", "/2");
    proxy.send(from.formatted("/3", "192.0.2.1"));
    servesAgain(one, proxy, "/3");
    proxy.send(get("a", "/4"));
    EmbeddedPeer own = serves(proxy, V1, "/4");
    proxy.send(from.formatted("/5", "2001:db8::2"));
    servesAgain(other, proxy, "/5");
    own.expectOpen();
    rig.expectEndings("served=5");
  }

  @Test
  void aClientOfAUnixSocketIsUnknown() throws Exception {
    EmbeddedPeer client = rig.clientFrom(UNIX, GET);
    EmbeddedPeer backend = serves(client, "PROXY UNKNOWN\r\n", "/");
    client.send(get("a", "/2"));
    servesAgain(backend, client, "/2");
    reload(sending("v2"));
    EmbeddedPeer other = rig.clientFrom(UNIX, GET);
    serves(other, "\r\n\r\n\0\r\nQUIT\n \0\0\0", "/");
    rig.expectEndings("served=3");
  }

  @Test
  void aRequestThatIsSentAgainHasItsOwnHeader() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = serves(client, V1, "/");
    client.send(get("a", "/2"));
    rig.expectNoConnect();
    backend.expectStart("GET /2 HTTP/1.1");
    backend.end();
    serves(client, V1, "/2");
    rig.expectEndings("served=2");
  }

  @Test
  void aPostDoesNotGoOverAConnectionThatTheBackendMayBeClosing() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    backend.send(lines("HTTP/1.1 200 OK", "Date: x", "Keep-Alive: timeout=2", "Content-Length: 0"));
    client.take();
    backend.take();
    rig.pass(1_900);
    client.send(post("Content-Length: 2") + "hi");
    EmbeddedPeer another = rig.backend();
    another.expectStart(V1 + "POST / HTTP/1.1\r\n");
    another.send(ok("1"));
    client.expect(ok("1"));
    backend.expectClosed();
    rig.expectEndings("served=2");
  }

  @Test
  void theNextPlaceGetsItsOwnHeader() throws Exception {
    reload(sending("v1", "failover = 1"));
    EmbeddedPeer client = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    serves(client, V1, "/");
    rig.expectEndings("served=1");
  }

  @Test
  void aPlaceThatIsTriedAgainGetsOneHeader() throws Exception {
    reload(sending("v1", "timeouts = { connect_retry = 2 }"));
    EmbeddedPeer client = rig.client(GET);
    assertTrue(rig.refusedIfAsked());
    rig.pass(200);
    serves(client, V1, "/");
    rig.expectEndings("served=1");
  }

  @Test
  void aReloadThatTurnsItOnUsesNoIdleConnectionFromBefore() throws Exception {
    reload(sending(null));
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer before = serves(client, "", "/");
    reload(sending("v1"));
    before.expectClosed();
    client.send(get("a", "/2"));
    EmbeddedPeer after = serves(client, V1, "/2");
    reload(sending("v2"));
    after.expectClosed();
    client.send(get("a", "/3"));
    serves(client, V2, "/3");
    rig.expectEndings("served=3");
  }

  @Test
  void aConnectionThatWasBusyAtTheReloadIsClosedWithItsResponse() throws Exception {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    reload(sending(null));
    backend.expectStart(V1 + "GET / HTTP/1.1");
    backend.send(ok("1"));
    client.expect(ok("1"));
    backend.expectClosed();
    client.send(get("a", "/2"));
    serves(client, "", "/2");
    rig.expectEndings("served=2");
  }

  @Test
  void slotsOfOneAddressWithAndWithoutAHeaderAreTwoPlaces() throws Exception {
    reload(
        "backends = { { name = 'a', address = '127.0.0.1:1' },"
            + " { name = 'b', address = '127.0.0.1:1', send_proxy = 'v1' } }");
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer plain = serves(client, "", "/");
    client.send(get("b", "/2"));
    EmbeddedPeer proxied = rig.backend();
    proxied.expectStart(V1 + "GET /2 HTTP/1.1\r\nHost: b\r\n");
    proxied.send(ok("2"));
    client.expect(ok("2"));
    client.send(get("a", "/3"));
    servesAgain(plain, client, "/3");
    rig.expectEndings("served=3");
  }

  @Test
  void aClientKeepsSixteen() throws Exception {
    reload(sending("v1", "trusted_proxies = '127.0.0.0/8'"));
    String from = "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.%d\r\n\r\n";
    EmbeddedPeer proxy = rig.client();
    List<EmbeddedPeer> own = new ArrayList<>();
    for (int i = 1; i <= 17; i++) {
      proxy.send(from.formatted(i));
      EmbeddedPeer backend =
          serves(proxy, "PROXY TCP4 192.0.2.%d 127.0.0.1 0 2\r\n".formatted(i), "/");
      own.add(backend);
    }
    own.get(0).expectClosed();
    own.get(1).expectOpen();
    rig.expectEndings("served=17");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void aUwsgiBackendGetsItInFrontOfThePacket(String version) throws Exception {
    reload(sending(version).replace("127.0.0.1:1", "uwsgi:127.0.0.1:1"));
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backend();
    String sent = backend.take();
    String header = version.equals("v1") ? V1 : V2;
    assertEquals(header + "\0", sent.substring(0, header.length() + 1));
    assertEquals(
        header.length()
            + 4
            + sent.charAt(header.length() + 1)
            + 256 * sent.charAt(header.length() + 2),
        sent.length(),
        "one packet follows");
    backend.send(ok("1"));
    backend.end();
    client.expect(ok("1"));
    rig.expectEndings("served=1");
  }

  @Test
  void streamsOfOneClientOfHttp2ShareItsConnections() {
    Http2Peer client = Http2Peer.of(rig);
    client.get(1, "a", "/1");
    EmbeddedPeer backend = rig.backend();
    backend.expectStart(V1 + "GET /1 HTTP/1.1\r\n");
    backend.send(ok("1"));
    client.expect("HEADERS 1 :status=200 content-length=1", "DATA 1 1 END");
    client.get(3, "a", "/2");
    rig.expectNoConnect();
    backend.expectStart("GET /2 HTTP/1.1\r\n");
    client.get(5, "a", "/3");
    EmbeddedPeer another = rig.backend();
    another.expectStart(V1 + "GET /3 HTTP/1.1\r\n");
    another.send(ok("3"));
    backend.send(ok("2"));
    rig.rest();
    Http2Peer other = Http2Peer.of(rig);
    other.get(1, "a", "/4");
    rig.backend().expectStart(V1 + "GET /4 HTTP/1.1\r\n");
    client.peer().end();
    backend.expectClosed();
    another.expectClosed();
    rig.leave();
    rig.expectEndings("served=3 client_gone_waiting=1");
  }

  private static final String NAMED = "PROXY TCP4 192.0.2.%d 127.0.0.1 0 2\r\n";

  /** A client of HTTP/2 that names others, and backends of HTTP/2. */
  private Http2Peer proxyToHttp2() throws Exception {
    String key = "protocol = 'h2c', send_proxy";
    reload(sending("v1", "trusted_proxies = '127.0.0.0/8'").replace("send_proxy", key));
    return Http2Peer.of(rig);
  }

  private static void getFor(Http2Peer proxy, int stream, int client) {
    List<String> fields = new ArrayList<>(List.of(Http2Peer.request("GET", "a", "/" + stream)));
    fields.addAll(List.of("x-forwarded-for", "192.0.2." + client));
    proxy.headers(stream, true, fields.toArray(String[]::new));
  }

  /** A connection has begun with a header about this client. */
  private static Http2Peer http2Backend(EmbeddedPeer connection, int client) {
    String header = NAMED.formatted(client);
    String came = connection.take();
    assertEquals(header, came.substring(0, Math.min(header.length(), came.length())));
    Http2Peer backend = Http2Peer.backendOn(connection, came.substring(header.length()));
    assertEquals(Http2Peer.PROXY_GREETING, backend.frames());
    return backend;
  }

  /** A GET of this path has come over HTTP/2 after the settings, and is answered. */
  private void servesHttp2(Http2Peer backend, Http2Peer proxy, int stream) {
    backend.settings();
    List<String> frames = backend.frames();
    assertEquals(2, frames.size(), frames::toString);
    String path = ":path=/" + stream + " ";
    assertTrue(frames.get(1).contains(path), frames::toString);
    backend.headers(1, true, ":status", "204");
    proxy.expect("HEADERS " + stream + " :status=204 END");
  }

  @Test
  void aConnectionThatIsBeingOpenedIsNotJoinedForAnotherClientOfTheSameProxy() throws Exception {
    Http2Peer proxy = proxyToHttp2();
    getFor(proxy, 1, 1);
    EmbeddedPeer first = rig.connecting();
    proxy.reset(1);
    getFor(proxy, 3, 2);
    servesHttp2(http2Backend(rig.backend(), 2), proxy, 3);
    first.accept();
    first.expectClosed();
    rig.expectEndings("served=1 client_gone_waiting=1");
  }

  @Test
  void norIsOneWhoseBackendHasNotGreetedYet() throws Exception {
    Http2Peer proxy = proxyToHttp2();
    getFor(proxy, 1, 1);
    Http2Peer first = http2Backend(rig.backend(), 1);
    proxy.reset(1);
    getFor(proxy, 3, 2);
    servesHttp2(http2Backend(rig.backend(), 2), proxy, 3);
    getFor(proxy, 5, 1);
    rig.expectNoConnect();
    servesHttp2(first, proxy, 5);
    rig.expectEndings("served=2 client_gone_waiting=1");
  }

  @Test
  void nothingIsSentBeforeThereIsARequest() {
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.connecting();
    client.reset();
    rig.rest();
    backend.accept();
    backend.expectNothing();
    backend.expectClosed();
    assertNull(rig.backendIfAsked());
    rig.expectEndings("client_gone_waiting=1");
  }
}
