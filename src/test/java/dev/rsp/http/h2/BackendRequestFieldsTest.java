// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.http.Hop;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import dev.rsp.http.TrustedProxies;
import dev.rsp.http.WireOptions;
import dev.rsp.http.h1.HeadParser;
import io.netty.buffer.Unpooled;
import io.netty.util.AsciiString;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the fields of a request are in HTTP/2. */
@Timeout(10)
final class BackendRequestFieldsTest {
  private static final String ADDED =
      "|x-forwarded-for=127.0.0.9|x-forwarded-proto=http|x-forwarded-host=a";

  private final BackendRequestFields fields = new BackendRequestFields();
  private final Hop hop = new Hop("http", new InetSocketAddress("127.0.0.9", 1), () -> null);
  private final RequestHead head = new RequestHead();

  private void parse(String lines) {
    byte[] bytes = (lines.replace("|", "\r\n") + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1);
    assertEquals(
        Parsed.DONE, new HeadParser(4096, 10, 100).request(Unpooled.wrappedBuffer(bytes), head));
  }

  private String of(String lines) {
    parse(lines);
    return said(false, false);
  }

  private String said(boolean secure, boolean tunnel) {
    var said = new StringJoiner("|");
    fields.each(head, hop, null, secure, tunnel, (name, value) -> said.add(name + "=" + value));
    return said.toString();
  }

  private static String get(String path) {
    return ":method=GET|:scheme=http|:authority=a|:path=" + path;
  }

  @Test
  void pseudoFieldsComeFirstAndNamesAreInLowerCase() {
    assertEquals(
        get("/p?q") + "|x-name=Value" + ADDED, of("GET /p?q HTTP/1.1|Host: a|X-Name:  Value "));
  }

  @Test
  void textsAreUsedAgainForTheNextRequest() {
    parse("GET /p HTTP/1.1|Host: a.example|X-Name: value|Cookie: a=b");
    List<AsciiString> first = new ArrayList<>();
    fields.each(head, hop, null, false, false, (name, value) -> first.addAll(List.of(name, value)));
    List<AsciiString> second = new ArrayList<>();
    parse("GET /p HTTP/1.1|Host: a.example|X-Name: value|Cookie: a=b");
    fields.each(
        head, hop, null, false, false, (name, value) -> second.addAll(List.of(name, value)));
    assertEquals(first, second);
    for (int i = 0; i < first.size(); i++) {
      assertSame(first.get(i), second.get(i));
    }
  }

  @Test
  void theSchemeIsThatOfTheConnection() {
    parse("GET / HTTP/1.1|Host: a");
    assertTrue(said(true, false).contains("|:scheme=https|"));
  }

  @Test
  void fieldsOfOneHopStayBehind() {
    assertEquals(
        get("/") + ADDED,
        of("GET / HTTP/1.1|Host: a|Connection: x|X: 1|Keep-Alive: 5|TE: trailers|Proxy: p"));
  }

  @Test
  void aTargetInAbsoluteFormBecomesItsPath() {
    assertEquals(get("/p?q") + ADDED, of("GET http://a/p?q HTTP/1.1|Host: a"));
    assertEquals(get("/?q") + ADDED, of("GET http://a?q HTTP/1.1|Host: a"));
    assertEquals(
        get("*").replace("GET", "OPTIONS") + ADDED, of("OPTIONS http://a HTTP/1.1|Host: a"));
  }

  @Test
  void theLengthIsRewritten() {
    assertEquals(
        get("/").replace("GET", "POST") + "|content-length=5" + ADDED,
        of("POST / HTTP/1.1|Host: a|Content-Length: 005"));
    assertEquals(
        get("/").replace("GET", "POST") + ADDED,
        of("POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked"));
  }

  @Test
  void expectPassesOnlyWithContent() {
    assertEquals(
        get("/").replace("GET", "POST") + "|expect=100-continue|content-length=5" + ADDED,
        of("POST / HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 5"));
    assertEquals(get("/") + ADDED, of("GET / HTTP/1.1|Host: a|Expect: 100-continue"));
  }

  @Test
  void maxForwardsCountsDown() {
    assertEquals(
        get("*").replace("GET", "OPTIONS") + "|max-forwards=4" + ADDED,
        of("OPTIONS * HTTP/1.1|Host: a|Max-Forwards: 5"));
  }

  @Test
  void trailersAreAskedForIfTheClientCanGetThem() {
    String request = "GET / HTTP/1.1|Host: a|TE: trailers";
    assertEquals(get("/") + ADDED, of(request));
    hop.overHttp2();
    assertEquals(get("/") + "|te=trailers" + ADDED, of(request));
    assertEquals(get("/") + ADDED, of("GET / HTTP/1.1|Host: a"));
  }

  @Test
  void aRequestWithoutAHostHasTheOneThatIsAssumed() {
    parse("GET / HTTP/1.0");
    head.assumeHost("b".getBytes(StandardCharsets.US_ASCII));
    assertTrue(said(false, false).contains("|:authority=b|"));
  }

  @Test
  void octetsThatAreNotAsciiAreEncoded() {
    byte[] bytes = "GET /\u00e4 HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    var lenient = new HeadParser(4096, 10, 100, new WireOptions("rsp", false, false, true));
    assertEquals(Parsed.DONE, lenient.request(Unpooled.wrappedBuffer(bytes), head));
    assertTrue(said(false, false).contains("|:path=/%E4"));
  }

  @Test
  void theFieldsOfATrustedProxyStayAndItsHostIsNotSaidAgain() {
    parse(
        "GET / HTTP/1.1|Host: a|X-Forwarded-For: 10.0.0.1|X-Forwarded-Host: c|X-Forwarded-Proto: https");
    hop.begin(head, TrustedProxies.EVERY_PEER, null);
    assertEquals(
        get("/")
            + "|x-forwarded-for=10.0.0.1|x-forwarded-host=c|x-forwarded-proto=https"
            + "|x-forwarded-for=127.0.0.9",
        said(false, false));
  }

  @Test
  void aWebSocketIsAnExtendedConnect() {
    assertFalse(BackendRequestFields.isWebSocket(head));
    parse("GET /w HTTP/1.1|Host: a|Connection: upgrade|Upgrade: other");
    assertFalse(BackendRequestFields.isWebSocket(head));
    parse(
        "GET /w HTTP/1.1|Host: a|Connection: upgrade|Upgrade: websocket|Sec-WebSocket-Key: k"
            + "|Sec-WebSocket-Version: 13");
    assertTrue(BackendRequestFields.isWebSocket(head));
    assertEquals(
        ":method=CONNECT|:protocol=websocket|:scheme=http|:authority=a|:path=/w"
            + "|sec-websocket-version=13"
            + ADDED,
        said(false, true));
  }
}
