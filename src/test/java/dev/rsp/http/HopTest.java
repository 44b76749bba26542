// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.http.h1.Heads;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a hop says of its client, to scripts and to backends. */
@Timeout(60)
final class HopTest {
  private static final TrustedProxies TEN =
      new TrustedProxies(
          false, true, List.of(Objects.requireNonNull(IpNetwork.parse("10.0.0.0/8"))));

  private static Hop hop(String ip) {
    InetSocketAddress client =
        new InetSocketAddress(
            Objects.requireNonNull(NetUtil.createInetAddressFromIpAddressString(ip)), 4711);
    return new Hop("http", client, () -> new InetSocketAddress(8080));
  }

  private static RequestHead request(String fields) {
    return Heads.request(Heads.with(fields));
  }

  private static RequestHead http10() {
    return Heads.request("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
  }

  private static String lines(Hop hop, RequestHead head, @Nullable String viaName) {
    return new String(hop.fieldLines(head, viaName), StandardCharsets.US_ASCII);
  }

  private static String expected(String via, String client) {
    return "Via: %s\r\nX-Forwarded-For: %s\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: "
        .formatted(via, client);
  }

  @ParameterizedTest
  @CsvSource({"192.0.2.1, 192.0.2.1", "2001:DB8:0:0:0:0:0:1, 2001:db8::1"})
  void namesAClientByItsAddress(String ip, String text) {
    Hop hop = hop(ip);
    assertEquals(text, hop.text());
    assertEquals(text, hop.client());
    assertEquals(text, hop.forwardedFor());
    assertEquals(4711, hop.clientPort());
    assertEquals(8080, hop.serverPort());
    assertEquals(new InetSocketAddress(ip, 4711), hop.source());
    assertEquals(new InetSocketAddress(8080), hop.destination());
    assertEquals(expected("1.1 rsp", text), lines(hop, request("X: y"), "rsp"));
  }

  @Test
  @Rule(39)
  void aClientOfAUnixSocketHasNoAddressAndNoPort() {
    Hop hop = new Hop("http", null, () -> null);
    assertEquals("unix:", hop.text());
    assertEquals("", hop.client());
    assertEquals("", hop.forwardedFor());
    assertEquals(0, hop.clientPort());
    assertEquals(0, hop.serverPort());
    assertNull(hop.source());
    assertNull(hop.destination());
    assertEquals(
        "Via: 1.1 rsp\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ",
        lines(hop, request("X: y"), "rsp"));
  }

  /** They are made once for the requests of a connection, whose version and proxy can change. */
  @Test
  void makesFieldLinesAgainForAnotherVersionOrAnotherNameOfTheProxy() {
    Hop hop = hop("192.0.2.1");
    byte[] first = hop.fieldLines(request("X: y"), "rsp");
    assertSame(first, hop.fieldLines(request("Z: z"), "rsp"));
    assertEquals(expected("1.0 rsp", "192.0.2.1"), lines(hop, http10(), "rsp"));
    assertEquals(expected("1.0 other", "192.0.2.1"), lines(hop, http10(), "other"));
    assertEquals(expected("1.1 other", "192.0.2.1"), lines(hop, request("X: y"), "other"));
    String withoutVia = expected("", "192.0.2.1").replace("Via: \r\n", "");
    assertEquals(withoutVia, lines(hop, request("X: y"), null));
    assertEquals(expected("1.1 rsp", "192.0.2.1"), lines(hop, request("X: y"), "rsp"));
  }

  @Test
  @Rule(39)
  void addsTheSchemeAndTheHostOnlyIfATrustedProxyHasNotSaidThem() {
    Hop hop = hop("10.0.0.1");
    String address = "X-Forwarded-For: 10.0.0.1\r\n";
    String proto = "X-Forwarded-Proto: https";
    String host = "X-Forwarded-Host: b";
    hop.begin(request("X: y"), TEN, null);
    assertEquals(
        address + "X-Forwarded-Proto: http\r\nX-Forwarded-Host: ",
        lines(hop, request("X: y"), null));
    assertEquals(address + "X-Forwarded-Host: ", lines(hop, request(proto), null));
    assertEquals(address + "X-Forwarded-Proto: http\r\n", lines(hop, request(host), null));
    assertEquals(address, lines(hop, request(proto + "\r\n" + host), null));
    // What is no scheme and no host is not passed on, so these of rsp are added.
    assertEquals(
        address + "X-Forwarded-Proto: http\r\nX-Forwarded-Host: ",
        lines(hop, request("X-Forwarded-Proto: ?\r\nX-Forwarded-Host: ?"), null));
    // What a client says that is not trusted is dropped.
    Hop client = hop("192.0.2.1");
    client.begin(request(proto), TEN, null);
    assertEquals(
        "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ",
        lines(client, request(proto + "\r\n" + host), null));
  }

  @Test
  void namesTheProxyThatHasNamedThePeer() {
    Hop hop = hop("10.0.0.1");
    hop.carriedBy(new InetSocketAddress("198.51.100.1", 1));
    assertEquals("198.51.100.1", hop.sender());
    hop.begin(request("X-Forwarded-For: 192.0.2.1"), TEN, null);
    assertEquals("192.0.2.1", hop.text());
    assertEquals("198.51.100.1", hop.sender());
    hop.carriedBy(null);
    assertEquals("unix:", hop.sender());
  }

  @Test
  @Rule(39)
  void namesTheClientOfATrustedProxyForEachRequest() throws Exception {
    Hop hop = hop("10.0.0.1");
    hop.begin(request("X-Forwarded-For: 192.0.2.1"), TEN, null);
    assertTrue(hop.trusted());
    assertEquals("192.0.2.1", hop.text());
    assertSame(hop.text(), hop.text());
    assertEquals("192.0.2.1", hop.client());
    assertEquals("10.0.0.1", hop.forwardedFor());
    assertEquals("10.0.0.1", hop.sender());
    assertEquals(0, hop.clientPort());
    assertEquals(new InetSocketAddress("192.0.2.1", 0), hop.source());
    assertEquals(InetAddress.getByName("192.0.2.1"), hop.namedClient());
    hop.begin(request("X-Forwarded-For: 192.0.2.2"), TEN, null);
    assertEquals("192.0.2.2", hop.text());
    hop.end();
    assertEquals("10.0.0.1", hop.text());
    assertNull(hop.sender());
    assertEquals(4711, hop.clientPort());
    hop.begin(request("X: y"), TEN, null);
    assertEquals("10.0.0.1", hop.text());
    assertNull(hop.namedClient());
    // A request of the proxy before, such as a health check, is nobody's.
    hop.begin(request("X-Forwarded-For: 10.0.0.7"), TEN, null);
    assertEquals("10.0.0.7", hop.text());
    assertNull(hop.namedClient());
    // After a reload the peer is no longer trusted.
    hop.begin(request("X-Forwarded-For: 192.0.2.3"), TrustedProxies.NONE, null);
    assertFalse(hop.trusted());
    assertEquals("10.0.0.1", hop.text());
    assertNull(hop.namedClient());
  }

  @Test
  @Rule(39)
  void namesTheClientOfATrustedProxyOnAUnixSocket() {
    Hop hop = new Hop("http", null, () -> null);
    hop.begin(request("X-Forwarded-For: 192.0.2.1"), TEN, null);
    assertEquals("192.0.2.1", hop.text());
    assertEquals("192.0.2.1", hop.client());
    assertEquals("", hop.forwardedFor());
    assertEquals(
        "X-Forwarded-Proto: http\r\nX-Forwarded-Host: ", lines(hop, request("X: y"), null));
    hop.end();
    assertEquals("unix:", hop.text());
  }

  /** Applications that read only X-Forwarded-… get what Forwarded says. */
  @Test
  @Rule(39)
  void saysInItsOwnFieldsWhatATrustedProxySaysInForwarded() {
    String forwarded = "Forwarded: for=192.0.2.1;proto=https;host=b.example";
    Hop hop = hop("10.0.0.1");
    hop.begin(request(forwarded), TEN, null);
    assertEquals("192.0.2.1", hop.text());
    assertEquals("192.0.2.1, 10.0.0.1", hop.forwardedFor());
    assertEquals("https", hop.scheme());
    assertEquals("b.example", hop.forwardedHost("a"));
    String all =
        String.join(
            "\r\n",
            "X-Forwarded-For: 192.0.2.1, 10.0.0.1",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: b.example",
            "");
    assertEquals(all, lines(hop, request(forwarded), null));
    // Each only if the field of that name does not say it.
    String list = "X-Forwarded-For: 192.0.2.2\r\n" + forwarded;
    hop.begin(request(list), TEN, null);
    assertEquals("192.0.2.2", hop.text());
    assertEquals(all.replace("192.0.2.1, ", ""), lines(hop, request(list), null));
    String rest = "X-Forwarded-Proto: http\r\nX-Forwarded-Host: c\r\n" + forwarded;
    hop.begin(request(rest), TEN, null);
    assertEquals("X-Forwarded-For: 192.0.2.1, 10.0.0.1\r\n", lines(hop, request(rest), null));
    // Each alone.
    hop.begin(request("Forwarded: proto=https"), TEN, null);
    assertEquals(
        "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: ",
        lines(hop, request("X: y"), null));
    hop.begin(request("Forwarded: host=b"), TEN, null);
    assertEquals(
        "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: b\r\n",
        lines(hop, request("X: y"), null));
    // Of this request only, and of a trusted proxy only.
    hop.end();
    assertEquals("a", hop.forwardedHost("a"));
    hop.begin(request("X: y"), TEN, null);
    String own = "X-Forwarded-For: %s\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ";
    assertEquals(own.formatted("10.0.0.1"), lines(hop, request("X: y"), null));
    Hop client = hop("192.0.2.9");
    client.begin(request(forwarded), TEN, null);
    assertEquals(own.formatted("192.0.2.9"), lines(client, request(forwarded), null));
    Hop unix = new Hop("http", null, () -> null);
    unix.begin(request(forwarded), TEN, null);
    assertEquals("192.0.2.1", unix.forwardedFor());
  }

  @Test
  void aRequestGetsAnIdUnlessATrustedPeerHasSentOne() {
    var id = new RequestIdField("X-Request-ID");
    Hop hop = hop("10.0.0.1");
    hop.begin(request("X-Request-ID: sent"), TEN, id);
    assertEquals("sent", hop.requestId());
    assertNull(hop.addsIdVariable());
    assertFalse(lines(hop, request("X-Request-ID: sent"), null).contains("X-Request-ID"));
    hop.begin(request("X: y"), TEN, id);
    String made = hop.requestId();
    assertNotNull(made);
    assertEquals("HTTP_X_REQUEST_ID", hop.addsIdVariable());
    assertTrue(
        lines(hop, request("X: y"), null).startsWith("X-Request-ID: " + made + "\r\nX-Forwarded"));
    hop.begin(request("Forwarded: for=192.0.2.1"), TEN, id);
    assertTrue(
        lines(hop, request("Forwarded: for=192.0.2.1"), null)
            .startsWith("X-Request-ID: " + hop.requestId() + "\r\nX-Forwarded"));
    hop.begin(request("X-Request-ID: forged"), TrustedProxies.NONE, id);
    assertNotEquals("forged", hop.requestId());
    hop.end();
    assertNull(hop.requestId());
    hop.begin(request("X: y"), TEN, null);
    assertNull(hop.requestId());
  }
}
