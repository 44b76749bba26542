// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.http.Trailers;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which fields make a request, what it is in the layout of HTTP/1.1, and what is malformed. */
@Timeout(10)
final class RequestFieldsTest {
  private static final String[] GET = {
    ":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/"
  };

  private final RequestFields fields = new RequestFields();

  private void add(String... all) {
    fields.start(65_536);
    for (int i = 0; i < all.length; i += 2) {
      fields.add(octets(all[i]), octets(all[i + 1]));
    }
  }

  /** In an array with other octets around them. */
  private static AsciiString octets(String text) {
    byte[] bytes = ("<" + text + ">").getBytes(StandardCharsets.ISO_8859_1);
    return new AsciiString(bytes, 1, text.length(), false);
  }

  private static String[] with(String[] some, String... more) {
    List<String> all = new ArrayList<>(Arrays.asList(some));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  private static String[] request(String method, String authority, String path) {
    return new String[] {
      ":method", method, ":scheme", "https", ":authority", authority, ":path", path
    };
  }

  private void expect(String head, boolean bodyFollows, String... all) {
    add(all);
    assertNull(fields.compose(bodyFollows));
    assertEquals(head, new String(fields.bytes(), 0, fields.length(), StandardCharsets.ISO_8859_1));
  }

  private void refused(String why, String... all) {
    add(all);
    assertEquals(why, fields.compose(false));
  }

  @Test
  void aRequestIsWrittenInTheLayoutOfHttp1() {
    expect(
        "GET /p?q HTTP/1.1\r\nhost: a:80\r\naccept: */*\r\nempty: \r\nte: trailers\r\n\r\n",
        false,
        with(request("GET", "a:80", "/p?q"), "accept", "*/*", "empty", "", "te", "trailers"));
  }

  @Test
  void theHostIsThatOfAuthorityOrOfTheHostField() {
    expect("GET / HTTP/1.1\r\nhost: A\r\n\r\n", false, with(request("GET", "A", "/"), "host", "a"));
    String[] noAuthority = {":method", "GET", ":scheme", "HTTP", ":path", "/", "host", "b"};
    expect("GET / HTTP/1.1\r\nhost: b\r\n\r\n", false, noAuthority);
    expect("GET / HTTP/1.1\r\n\r\n", false, Arrays.copyOf(noAuthority, 6));
  }

  @Test
  void contentOfUnknownLengthIsSaidToBeChunked() {
    expect(
        "PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n",
        true,
        request("PUT", "a", "/"));
    expect(
        "PUT / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n",
        true,
        with(request("PUT", "a", "/"), "content-length", "5"));
  }

  @Test
  void crumbsAreJoinedInOrder() {
    expect(
        "GET / HTTP/1.1\r\nhost: a\r\nx: y\r\ncookie: a=1; b=2; c=3\r\n\r\n",
        false,
        with(GET, "cookie", "a=1", "cookie", "b=2", "x", "y", "cookie", "c=3"));
  }

  @Test
  void optionsMayAskForAllOfAHost() {
    expect("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n", false, request("OPTIONS", "a", "*"));
  }

  @Test
  void connectHasAnAuthorityOnly() {
    expect(
        "CONNECT a:443 HTTP/1.1\r\nhost: a:443\r\n\r\n",
        false,
        ":method",
        "CONNECT",
        ":authority",
        "a:443");
    String why = "CONNECT with :scheme or :path, or without :authority";
    refused(why, ":method", "CONNECT");
    refused(why, ":method", "CONNECT", ":authority", "a", ":path", "/");
    refused(why, ":method", "CONNECT", ":authority", "a", ":scheme", "http");
  }

  @Test
  void aRequestForAWebSocketIsOneToChangeTheProtocol() {
    String[] asks = {
      ":method",
      "CONNECT",
      ":protocol",
      "WebSocket",
      ":scheme",
      "https",
      ":authority",
      "a",
      ":path",
      "/chat",
    };
    add(with(asks, "sec-websocket-key", "own", "x", "y"));
    assertNull(fields.compose(true));
    assertTrue(fields.isWebSocket());
    String head = new String(fields.bytes(), 0, fields.length(), StandardCharsets.ISO_8859_1);
    assertTrue(
        head.matches(
            String.join(
                "\r\n",
                "GET /chat HTTP/1.1",
                "host: a",
                "connection: upgrade",
                "upgrade: websocket",
                "sec-websocket-key: [A-Za-z0-9+/]{22}==",
                "x: y",
                "",
                "")),
        head);
    String why = ":protocol without CONNECT or :authority, or with a length";
    refused(why, with(asks, "content-length", "0"));
    refused(why, with(new String[] {":protocol", "websocket"}, GET));
    refused(why, ":method", "CONNECT", ":protocol", "x", ":scheme", "http", ":path", "/");
    refused("a pseudo-field twice", with(new String[] {":protocol", "x"}, asks));
    refused("no valid :path", Arrays.copyOf(asks, 8));
  }

  @Test
  void anotherProtocolStaysARequestToConnect() {
    expect(
        "CONNECT / HTTP/1.1\r\nhost: a\r\n\r\n",
        false,
        ":method",
        "CONNECT",
        ":protocol",
        "x",
        ":scheme",
        "http",
        ":authority",
        "a",
        ":path",
        "/");
    assertFalse(fields.isWebSocket());
    add(with(GET, "sec-websocket-key", "x"));
    assertFalse(fields.isWebSocket());
  }

  @Test
  void longListsOfFieldsGrowTheHead() {
    String value = "v".repeat(5_000);
    expect("GET / HTTP/1.1\r\nhost: a\r\nx: " + value + "\r\n\r\n", false, with(GET, "x", value));
  }

  @Test
  void aHeadRequestIsKnownEvenIfItIsRefused() {
    add(request("HEAD", "a", "x"));
    assertTrue(fields.isHead());
    assertNotNull(fields.compose(false));
    add(GET);
    assertFalse(fields.isHead());
    add();
    assertFalse(fields.isHead());
  }

  @Test
  void aListAboveItsLimitIsNotKept() {
    fields.start(3 * 32 + 3);
    fields.add(octets("a"), octets("b"));
    fields.add(octets("c"), octets(""));
    fields.add(octets(""), octets(""));
    assertFalse(fields.tooLarge());
    fields.add(octets("d"), octets(""));
    assertTrue(fields.tooLarge());
  }

  // Names and values -----------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "A",
        "a b",
        "a\tb",
        "a:b",
        "a\r",
        "a\n",
        "a\0",
        "a\u00e4",
        "a\u007f",
        "x: y\r\nz"
      })
  void aNameIsATokenInLowerCase(String name) {
    refused("a malformed field name", with(GET, name, "1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a\rb", "a\nb", "a\0b", "a\r\nhost: b", " a", "a ", "\ta", "a\t", "a\u007fb"})
  void aValueHasNoEndOfALineAndNoSpaceAroundIt(String value) {
    refused("a field value with an octet that is not allowed", with(GET, "x", value));
    String[] path = GET.clone();
    path[7] = value;
    refused("a field value with an octet that is not allowed", path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"})
  void fieldsOfTheConnectionAreRefused(String name) {
    refused("a field of the connection", with(GET, name, "x"));
  }

  @Test
  void teIsForTrailersOnly() {
    refused("a TE field with another value than trailers", with(GET, "te", "gzip"));
    refused("a TE field with another value than trailers", with(GET, "te", "trailers, gzip"));
  }

  @Test
  void hostIsThereOnceAndTheSameAsAuthority() {
    refused("the Host field twice", with(GET, "host", "a", "host", "a"));
    refused(":authority and Host differ", with(GET, "host", "b"));
  }

  @Test
  void nothingBehindAMalformedFieldCounts() {
    refused("a malformed field name", with(GET, "A", "1", "connection", "x"));
  }

  // Pseudo-fields --------------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {":method", ":scheme", ":authority", ":path"})
  void aPseudoFieldIsThereOnce(String name) {
    refused("a pseudo-field twice", with(GET, name, "/"));
  }

  @Test
  void aPseudoFieldIsKnownAndBeforeAllOthers() {
    refused("an unknown pseudo-field", with(GET, ":status", "200"));
    refused("an unknown pseudo-field", with(GET, ":", "200"));
    refused(
        "a pseudo-field behind another field",
        ":method",
        "GET",
        ":scheme",
        "http",
        "x",
        "y",
        ":path",
        "/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "G T", "G\tT", "GET / HTTP/1.1", "G(T", "\u00e4"})
  void aMethodIsAToken(String method) {
    refused("no valid :method", request(method, "a", "/"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a/b", "a?b", "a#b", "u@a", "a\\b", "a,b", "a b", "a\tb", "\u00e4"})
  void anAuthorityIsNoMoreThanAHostWithAPort(String authority) {
    refused("an :authority that is not a host with a port", request("GET", authority, "/"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "x", "http://b/", "*", "/a b", "/a\tb", "/ HTTP/1.1", "/a#b", "**", "?q"})
  void aPathBeginsWithASlashAndHasNoSpace(String path) {
    refused("no valid :path", request("GET", "a", path));
  }

  @Test
  void onlyOptionsAsksForAnAsteriskAndNothingElse() {
    refused("no valid :path", request("OPTIONS", "a", "**"));
    refused("no valid :path", request("OPTIONS", "a", "+"));
  }

  @Test
  void octetsAboveAsciiInAPathAreForTheParser() {
    expect("GET /\u00e4 HTTP/1.1\r\nhost: a\r\n\r\n", false, request("GET", "a", "/\u00e4"));
  }

  @Test
  void methodSchemeAndPathMustBeThere() {
    refused("no valid :method", ":scheme", "http", ":path", "/");
    refused("no :scheme that is http or https", ":method", "GET", ":path", "/");
    refused("no :scheme that is http or https", ":method", "GET", ":scheme", "ftp", ":path", "/");
    refused("no valid :path", ":method", "GET", ":scheme", "http");
  }

  // Trailers -------------------------------------------------------------------------------------

  @Test
  void trailersThatMayBeTrailersArePassedOn() {
    add("x-checksum", "1", "host", "a", "grpc-status", "0");
    assertNull(fields.trailerProblem());
    assertEquals("[x-checksum, 1, grpc-status, 0]", text(fields.trailers()));
    add("host", "a");
    assertNull(fields.trailers());
    add();
    assertNull(fields.trailers());
  }

  private static String text(@Nullable Trailers trailers) {
    return Objects.requireNonNull(trailers).fields().toString();
  }

  @Test
  void trailersAboveTheLimitAreMalformed() {
    fields.start(64);
    fields.add(octets("x-name"), octets("a value that is too long for that"));
    assertEquals("trailers too large", fields.trailerProblem());
  }

  @Test
  void trailersHaveNoPseudoFieldsAndFollowTheSameRules() {
    add("x-checksum", "1");
    assertNull(fields.trailerProblem());
    add(":path", "/");
    assertEquals("a pseudo-field behind the content", fields.trailerProblem());
    add("X", "1");
    assertEquals("a malformed field name", fields.trailerProblem());
  }
}
