// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.uwsgi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.rsp.Rule;
import dev.rsp.http.ClientTls;
import dev.rsp.http.Hop;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.RequestIdField;
import dev.rsp.http.TraceParent;
import dev.rsp.http.TrustedProxies;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.http.h1.Heads;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The variables that an application gets for a request in the uwsgi protocol. */
final class UwsgiWriterTest {
  private static final Hop HOP = hop(false);

  private final UwsgiWriter writer = new UwsgiWriter();

  private static InetSocketAddress address(String ip, int port) {
    return new InetSocketAddress(
        Objects.requireNonNull(NetUtil.createInetAddressFromIpAddressString(ip)), port);
  }

  /** A hop whose peer is trusted, or not. */
  private static Hop hop(boolean trust) {
    var hop = new Hop("http", address("192.0.2.1", 4711), () -> address("127.0.0.1", 8080));
    hop.trusts(trust ? TrustedProxies.EVERY_PEER : TrustedProxies.NONE);
    return hop;
  }

  private Map<String, String> variables(String head, boolean trust) {
    assertNull(writer.request(Heads.request(head), 0, hop(trust), "rsp"));
    return read();
  }

  /** Reads a packet as the protocol describes it; a name must not stand there twice. */
  private Map<String, String> read() {
    byte[] bytes = writer.bytes();
    assertEquals(0, bytes[0]);
    assertEquals(0, bytes[3]);
    int end = 4 + (bytes[1] & 0xFF) + ((bytes[2] & 0xFF) << 8);
    assertEquals(writer.length(), end);
    Map<String, String> found = new LinkedHashMap<>();
    int at = 4;
    while (at < end) {
      int nameSize = (bytes[at] & 0xFF) + ((bytes[at + 1] & 0xFF) << 8);
      String name = new String(bytes, at + 2, nameSize, StandardCharsets.ISO_8859_1);
      at += 2 + nameSize;
      int valueSize = (bytes[at] & 0xFF) + ((bytes[at + 1] & 0xFF) << 8);
      String value = new String(bytes, at + 2, valueSize, StandardCharsets.ISO_8859_1);
      assertNull(found.put(name, value), name);
      at += 2 + valueSize;
    }
    assertEquals(end, at);
    return found;
  }

  private static String get(String target, String fields) {
    return "GET " + target + " HTTP/1.1\r\nHost: A.example:80\r\n" + fields + "\r\n";
  }

  @Test
  void saysAllThatWsgiAsksForAndWhatThisHopAdds() {
    Map<String, String> expected = new LinkedHashMap<>();
    expected.put("REQUEST_METHOD", "GET");
    expected.put("REQUEST_URI", "/a%20b?c=%20d");
    expected.put("PATH_INFO", "/a b");
    expected.put("QUERY_STRING", "c=%20d");
    expected.put("CONTENT_LENGTH", "");
    expected.put("CONTENT_TYPE", "");
    expected.put("SERVER_PROTOCOL", "HTTP/1.1");
    expected.put("REQUEST_SCHEME", "http");
    expected.put("SERVER_NAME", "a.example");
    expected.put("SERVER_PORT", "8080");
    expected.put("REMOTE_ADDR", "192.0.2.1");
    expected.put("REMOTE_PORT", "4711");
    expected.put("HTTP_HOST", "A.example:80");
    expected.put("HTTP_VIA", "1.1 rsp");
    expected.put("HTTP_X_FORWARDED_FOR", "192.0.2.1");
    expected.put("HTTP_X_FORWARDED_PROTO", "http");
    expected.put("HTTP_X_FORWARDED_HOST", "A.example:80");
    expected.put("HTTP_ACCEPT", "*/*");
    assertEquals(expected, variables(get("/a%20b?c=%20d", "Accept: */*\r\n"), false));
  }

  @ParameterizedTest(name = "{0} is {1}, asked for as {2}")
  @CsvSource({
    "/, /, /",
    "/a/.b//./c..d/.../e%2E, /a/.b//./c..d/.../e., /a/.b//./c..d/.../e%2E",
    "/%252e%252e/a, /%2e%2e/a, /%252e%252e/a",
    "/a?b/../c%00, /a, /a?b/../c%00",
    "/a?/.., /a, /a?/..",
    "/%41%7e%2F%e4, /A~/\u00e4, /%41%7e%2F%e4",
    "/%zz%4, /%zz%4, /%zz%4",
    "/%a, /%a, /%a",
    "/%g1%1g, /%g1%1g, /%g1%1g",
    "/?, /, /?",
    "http://b/c?d, /c, /c?d",
    "http://b, /, /",
    "http://b?d, /, /?d",
  })
  void decodesThePathAndKeepsTheTarget(String target, String pathInfo, String uri) {
    Map<String, String> variables =
        variables("GET " + target + " HTTP/1.1\r\nHost: b\r\n\r\n", false);
    assertEquals(pathInfo, variables.get("PATH_INFO"));
    assertEquals(uri, variables.get("REQUEST_URI"));
  }

  /** Applications join PATH_INFO to names of files, and write it into logs and fields. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../a",
        "/a/..",
        "/..",
        "/a/../b",
        "/a/%2e%2e/b",
        "/a/.%2E/b",
        "/a%2f..%2fb",
        "/a/..%2fb",
        "/a%2f%2e%2e",
        "http://a.example/..",
        "/..?b",
      })
  @Rule(39)
  void refusesASegmentThatLeadsOutOfADirectory(String target) {
    assertRefused(target, "segment .. in the path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"00", "01", "09", "0a", "0D", "1f", "7F"})
  @Rule(39)
  void refusesAnEncodedControlCharacterInThePath(String code) {
    assertRefused("/a%" + code + "b", "control character in the path");
    assertRefused("/%" + code, "control character in the path");
    assertRefused("/%" + code + "?b", "control character in the path");
  }

  private void assertRefused(String target, String why) {
    String request = "GET " + target + " HTTP/1.1\r\nHost: a.example\r\n\r\n";
    Refusal refusal = writer.request(Heads.request(request), 0, HOP, "rsp");
    assertEquals(new Refusal(400, why), refusal);
    assertEquals(refusal, PathInfo.refusal(Heads.request(request)));
  }

  @Test
  void refusesWhatDoesNotFitInTheSizeOfAPacket() {
    var parser = new HeadParser(1 << 20, 100, 1 << 20);
    String fits = get("/", "X: " + "a".repeat(60_000) + "\r\n");
    assertNull(writer.request(Heads.request(parser, fits), 0, HOP, "rsp"));
    assertEquals("a".repeat(60_000), read().get("HTTP_X"));
    String large = get("/" + "a".repeat(40_000), "X: " + "a".repeat(30_000) + "\r\n");
    Refusal refusal = writer.request(Heads.request(parser, large), 0, HOP, "rsp");
    assertNotNull(refusal);
    assertEquals(431, refusal.status());
  }

  @Test
  void givesTheLengthOfTheBodyThatFollowsWhateverTheClientsFramingWas() {
    var head =
        Heads.request(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Type: t/x\r\n\r\n");
    assertNull(writer.request(head, 1234, HOP, "rsp"));
    Map<String, String> variables = read();
    assertEquals("1234", variables.get("CONTENT_LENGTH"));
    assertEquals("t/x", variables.get("CONTENT_TYPE"));
    assertFalse(variables.containsKey("HTTP_TRANSFER_ENCODING"));
    assertFalse(variables.containsKey("HTTP_CONTENT_TYPE"));
  }

  @Test
  void givesEachFieldOnceWithItsValuesInOrder() {
    Map<String, String> variables =
        variables(
            get(
                "/",
                "X-A: 1\r\nCookie: a=b\r\nx-a: 2\r\nX-B: \r\nX-B: 3\r\nCookie: c=d\r\nAZ09: 4\r\n"),
            false);
    assertEquals("1, 2", variables.get("HTTP_X_A"));
    assertEquals("3", variables.get("HTTP_X_B"));
    assertEquals("a=b; c=d", variables.get("HTTP_COOKIE"));
    assertEquals("4", variables.get("HTTP_AZ09"));
  }

  @Test
  void takesEveryHeadOfSixteenKibibytes() {
    var parser = new HeadParser(1 << 20, 1 << 20, 1 << 20);
    int most = 16 * 1024;
    String start = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (String piece : List.of("a:\r\n", "ab:\r\n", "a:b\r\n")) {
      // Different names, so that their values do not share a variable.
      StringBuilder fields = new StringBuilder(start);
      for (int i = 0; fields.length() < most - 20; i++) {
        fields.append(Integer.toString(i, 36)).append(piece);
      }
      assertTakesWithAnyLength(parser, fields + "\r\n");
    }
    assertTakesWithAnyLength(parser, get("/" + "a".repeat(most - 60), ""));
    assertTakesWithAnyLength(parser, get("/?" + "a".repeat(most - 60), ""));
  }

  private void assertTakesWithAnyLength(HeadParser parser, String text) {
    var head = new RequestHead();
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    assertEquals(Parsed.DONE, parser.request(Unpooled.wrappedBuffer(bytes), head));
    assertNull(writer.request(head, Long.MAX_VALUE, hop(true), "rsp"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "X_A: 1, HTTP_X_A",
    "X!: 1, HTTP_X!",
    "X~: 1, HTTP_X~",
    "X.A: 1, HTTP_X.A",
    "Proxy: http://evil, HTTP_PROXY",
    "Connection: X-A | X-A: 1, HTTP_X_A",
    "Connection: close, HTTP_CONNECTION",
    "Keep-Alive: 5, HTTP_KEEP_ALIVE",
    "TE: trailers, HTTP_TE",
    "Content-Length: 0, HTTP_CONTENT_LENGTH",
    "Content-Type: a, HTTP_CONTENT_TYPE",
    "Forwarded: for=x, HTTP_FORWARDED",
  })
  void leavesOutWhatIsOfOneHopOrCouldPassForSomethingElse(String fields, String variable) {
    String lines = fields.replace(" | ", "\r\n") + "\r\n";
    assertFalse(variables(get("/", lines), false).containsKey(variable));
  }

  @Test
  void passesWhatATrustedClientSaysOfTheHopsBeforeItBeforeOurs() {
    String fields =
        String.join(
            "\r\n",
            "Via: 1.0 old",
            "X-Forwarded-For: 10.0.0.1",
            "X-Forwarded-For: 10.0.0.2",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: h",
            "Forwarded: for=x",
            "X-Real-IP: 192.0.2.66",
            "X-Real-IP: 192.0.2.77",
            "");
    Map<String, String> trusted = variables(get("/", fields), true);
    assertEquals("10.0.0.1, 10.0.0.2, 192.0.2.1", trusted.get("HTTP_X_FORWARDED_FOR"));
    assertEquals("https", trusted.get("HTTP_X_FORWARDED_PROTO"));
    assertEquals("h", trusted.get("HTTP_X_FORWARDED_HOST"));
    assertEquals("https", trusted.get("REQUEST_SCHEME"));
    assertEquals("on", trusted.get("HTTPS"));
    assertEquals("A.example:80", trusted.get("HTTP_HOST"));
    assertEquals("for=x", trusted.get("HTTP_FORWARDED"));
    assertEquals("192.0.2.77", trusted.get("HTTP_X_REAL_IP"));
    assertEquals("1.0 old, 1.1 rsp", trusted.get("HTTP_VIA"));
    Map<String, String> untrusted = variables(get("/", fields), false);
    assertEquals("192.0.2.1", untrusted.get("HTTP_X_FORWARDED_FOR"));
    assertEquals("http", untrusted.get("HTTP_X_FORWARDED_PROTO"));
    assertEquals("A.example:80", untrusted.get("HTTP_X_FORWARDED_HOST"));
    assertEquals("http", untrusted.get("REQUEST_SCHEME"));
    assertFalse(untrusted.containsKey("HTTPS"));
    assertFalse(untrusted.containsKey("HTTP_FORWARDED"));
    assertFalse(untrusted.containsKey("HTTP_X_REAL_IP"));
    assertEquals("1.0 old, 1.1 rsp", untrusted.get("HTTP_VIA"));
  }

  @ParameterizedTest(name = "{0} is the scheme {1}")
  @CsvSource({"https, https", "HTTPS, https", "wss, https", "ws, http", "http, http", "ftp, http"})
  void takesTheSchemeOfATrustedProxy(String proto, String scheme) {
    Map<String, String> variables =
        variables(get("/", "X: y\r\nX-Forwarded-Proto: http, " + proto + "\r\n"), true);
    assertEquals(scheme, variables.get("REQUEST_SCHEME"));
    assertEquals(scheme.equals("https") ? "on" : null, variables.get("HTTPS"));
    assertEquals(proto, variables.get("HTTP_X_FORWARDED_PROTO"));
  }

  @Test
  void namesTheClientOfATrustedProxyAsTheRemoteAddress() {
    RequestHead head = Heads.request(get("/", "X-Forwarded-For: 10.0.0.1, 192.0.2.9\r\n"));
    Hop hop = hop(true);
    hop.begin(head, TrustedProxies.EVERY_PEER, null);
    assertNull(writer.request(head, 0, hop, "rsp"));
    Map<String, String> variables = read();
    assertEquals("192.0.2.9", variables.get("REMOTE_ADDR"));
    assertEquals("0", variables.get("REMOTE_PORT"));
    assertEquals("10.0.0.1, 192.0.2.9, 192.0.2.1", variables.get("HTTP_X_FORWARDED_FOR"));
  }

  @Test
  void theTraceOfARequestIsAVariable() {
    RequestHead head = Heads.request(get("/", "X: y\r\n"));
    Hop hop = hop(true);
    hop.begin(head, TrustedProxies.NONE, null);
    hop.traceParent(new TraceParent("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", true));
    assertNull(writer.request(head, 0, hop, "rsp"));
    assertEquals(
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", read().get("HTTP_TRACEPARENT"));
  }

  @Test
  void saysTheIdOfARequestInTheVariableOfItsField() {
    RequestHead head = Heads.request(get("/", "X: y\r\n"));
    Hop hop = hop(true);
    hop.begin(head, TrustedProxies.NONE, new RequestIdField("X-Request-ID"));
    assertNull(writer.request(head, 0, hop, "rsp"));
    assertEquals(hop.requestId(), read().get("HTTP_X_REQUEST_ID"));
  }

  @Test
  void saysInVariablesWhatATrustedProxySaysInForwarded() {
    RequestHead head =
        Heads.request(get("/", "Forwarded: for=192.0.2.9;proto=https;host=www.example\r\n"));
    Hop hop = hop(true);
    hop.begin(head, TrustedProxies.EVERY_PEER, null);
    assertNull(writer.request(head, 0, hop, "rsp"));
    Map<String, String> variables = read();
    assertEquals("https", variables.get("REQUEST_SCHEME"));
    assertEquals("on", variables.get("HTTPS"));
    assertEquals("192.0.2.9, 192.0.2.1", variables.get("HTTP_X_FORWARDED_FOR"));
    assertEquals("https", variables.get("HTTP_X_FORWARDED_PROTO"));
    assertEquals("www.example", variables.get("HTTP_X_FORWARDED_HOST"));
    assertEquals("A.example:80", variables.get("HTTP_HOST"));
  }

  @Test
  void saysNothingOfAPeerWithoutAddressAndOfAProxyWithoutVia() {
    var unix = new Hop("http", null, () -> null);
    assertNull(writer.request(Heads.request(get("/", "Via: 1.0 old\r\n")), 0, unix, null));
    Map<String, String> variables = read();
    assertEquals("", variables.get("REMOTE_ADDR"));
    assertEquals("1.0 old", variables.get("HTTP_VIA"));
    assertFalse(variables.containsKey("HTTP_X_FORWARDED_FOR"));
    assertNull(writer.request(Heads.request(get("/", "X: y\r\n")), 0, unix, null));
    assertFalse(read().containsKey("HTTP_VIA"));
    unix.trusts(TrustedProxies.EVERY_PEER);
    assertNull(writer.request(Heads.request(get("/", "X-Forwarded-For: 1\r\n")), 0, unix, null));
    assertEquals("1", read().get("HTTP_X_FORWARDED_FOR"));
  }

  @Test
  void saysHttpsAndTheVersionOfTheClient() {
    var head = Heads.request("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    var hop = new Hop("https", address("::1", 1), () -> address("::1", 443));
    assertNull(writer.request(head, 0, hop, "rsp"));
    Map<String, String> variables = read();
    assertEquals("on", variables.get("HTTPS"));
    assertEquals("https", variables.get("HTTP_X_FORWARDED_PROTO"));
    assertEquals("HTTP/1.0", variables.get("SERVER_PROTOCOL"));
    assertFalse(variables(get("/", ""), false).containsKey("HTTPS"));
  }

  @ParameterizedTest(name = "a subject of {0}")
  @CsvSource(
      value = {"null, null, null", "'', NONE, null", "CN=a, SUCCESS, CN=a"},
      nullValues = "null")
  void saysInVariablesWhatTheClientsCertificateIs(
      @Nullable String subject, @Nullable String verified, @Nullable String passedOn) {
    var tls = new ClientTls("TLSv1.3", "TLS_AES_128_GCM_SHA256", "a.example", "h2", subject);
    var hop = new Hop("https", address("192.0.2.1", 1), () -> address("192.0.2.2", 443), tls);
    String forged = "X-SSL-Client-Verify: SUCCESS\r\nX-SSL-Client-S-DN: CN=forged\r\n";
    assertNull(writer.request(Heads.request(get("/", forged)), 0, hop, "rsp"));
    Map<String, String> variables = read();
    assertEquals(verified, variables.get("HTTP_X_SSL_CLIENT_VERIFY"));
    assertEquals(passedOn, variables.get("HTTP_X_SSL_CLIENT_S_DN"));
  }

  @Test
  void givesTheLengthOfAnEmptyBodyInChunks() {
    String chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    assertNull(writer.request(Heads.request(chunked), 0, HOP, "rsp"));
    assertEquals("0", read().get("CONTENT_LENGTH"));
  }

  @Test
  void namesTheHostThatIsAssumedAndTakesDigitsInNames() {
    var head = Heads.request("GET / HTTP/1.0\r\nX-B3-0a9: 1\r\n\r\n");
    head.assumeHost("default.example".getBytes(StandardCharsets.US_ASCII));
    assertNull(writer.request(head, 0, HOP, "rsp"));
    Map<String, String> variables = read();
    assertEquals("default.example", variables.get("HTTP_HOST"));
    assertEquals("1", variables.get("HTTP_X_B3_0A9"));
  }
}
