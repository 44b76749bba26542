// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.Rule;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Request lines: rules 1 to 16. */
final class RequestLineTest {
  private static final String REST = "\r\nHost: a\r\n\r\n";

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "GET / HTTP/1.1",
        "GET / HTTP/1.0",
        "GET / HTTP/1.2",
        "\r\nGET / HTTP/1.1",
        "\r\n\r\nGET / HTTP/1.1",
        "get / HTTP/1.1",
        "M-SEARCH / HTTP/1.1",
        "!#$%&'*+-.^_`|~09 / HTTP/1.1",
        "UPDATEREDIRECTREF / HTTP/1.1",
        "ABCDEFGHIJKLMNOPQRSTUVWX / HTTP/1.1",
        "\r\n\r\nABCDEFGHIJKLMNOPQRSTUVWX / HTTP/1.1",
        "GET /a/../b//c%2F%2e?x=%zz HTTP/1.1",
        "GET /\"<>[\\]^`{|} HTTP/1.1",
        "GET //b.example/ HTTP/1.1",
        "GET /?http://b/ HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET http://a HTTP/1.1",
        "GET HTTP://A/x HTTP/1.1",
        "GET https://a:443/ HTTP/1.1",
      })
  @Rule({2, 9, 10, 11, 13, 15})
  void good(String line) {
    Heads.request(line + REST);
  }

  static Stream<Arguments> refused() {
    return Stream.of(
        arguments("three empty lines before it", "\r\n\r\n\r\nGET / HTTP/1.1", lines()),
        arguments("a bare LF before it", "\nGET / HTTP/1.1", malformed()),
        arguments("a bare CR before it", "\rGET / HTTP/1.1", malformed()),
        arguments("a space before it", " GET / HTTP/1.1", malformed()),
        arguments("a NUL before it", "\0GET / HTTP/1.1", malformed()),
        arguments("no method", " / HTTP/1.1", malformed()),
        arguments("a colon in the method", "GE:T / HTTP/1.1", malformed()),
        arguments("an octet above 127 in the method", "G\u00c9T / HTTP/1.1", malformed()),
        arguments("a tab after the method", "GET\t/ HTTP/1.1", malformed()),
        arguments("two spaces after the method", "GET  / HTTP/1.1", malformed()),
        arguments("words before it", "Extra lineGET / HTTP/1.1", version()),
        arguments("a method of 25", "ABCDEFGHIJKLMNOPQRSTUVWXY / HTTP/1.1", method()),
        arguments("a space in the target", "GET /a b HTTP/1.1", version()),
        arguments("a fragment", "GET /a#b HTTP/1.1", malformed()),
        arguments("a tab in the target", "GET /a\tb HTTP/1.1", malformed()),
        arguments("a NUL in the target", "GET /a\0b HTTP/1.1", malformed()),
        arguments("a DEL in the target", "GET /a\u007fb HTTP/1.1", malformed()),
        arguments("an octet above 127 in the target", "GET /\u00fc HTTP/1.1", raw()),
        arguments("two spaces before the version", "GET /  HTTP/1.1", version()),
        arguments("no version", "GET /", malformed()),
        arguments("no target", "GET HTTP/1.1", malformed()),
        arguments("a space after the version", "GET / HTTP/1.1 ", version()),
        arguments("a lower-case version", "GET / http/1.1", version()),
        arguments("two digits after the dot", "GET / HTTP/1.10", version()),
        arguments("two digits before the dot", "GET / HTTP/01.1", version()),
        arguments("a version without dot", "GET / HTTP/11", version()),
        arguments("a version of letters", "GET / HTTP/a.b", version()),
        arguments("another protocol", "GET / HTTQ/1.1", version()),
        arguments("version 0.9", "GET / HTTP/0.9", major()),
        arguments("version 2.0", "GET / HTTP/2.0", major()),
        arguments("version 9.9", "GET / HTTP/9.9", major()),
        arguments("the preface of HTTP/2", "PRI * HTTP/2.0", major()),
        arguments("an asterisk with GET", "GET * HTTP/1.1", target()),
        arguments("an asterisk with more", "OPTIONS *a HTTP/1.1", target()),
        arguments("a target without a slash", "GET a HTTP/1.1", target()),
        arguments("an authority alone", "GET a:80 HTTP/1.1", target()),
        arguments("a question mark alone", "GET ?a HTTP/1.1", target()),
        arguments("another scheme", "GET ftp://a/ HTTP/1.1", target()),
        arguments("a scheme cut short", "GET http:/a/ HTTP/1.1", target()),
        arguments("no host in the target", "GET http:///x HTTP/1.1", host()),
        arguments("nothing behind the scheme", "GET http:// HTTP/1.1", host()),
        arguments("only a port in the target", "GET http://:80/ HTTP/1.1", host()),
        arguments("user information", "GET http://u@a/ HTTP/1.1", host()),
        arguments("user information and password", "GET http://u:p@a/ HTTP/1.1", host()),
        arguments("another host in the target", "GET http://b/ HTTP/1.1", mismatch()),
        arguments("CONNECT with an authority", "CONNECT a:443 HTTP/1.1", connect()),
        arguments("CONNECT without a port", "CONNECT a HTTP/1.1", connect()),
        arguments("CONNECT with a path", "CONNECT / HTTP/1.1", connect()),
        arguments("TRACE", "TRACE / HTTP/1.1", trace()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  @Rule({2, 3, 4, 7, 9, 10, 13, 14, 15, 16, 38})
  void refused(String what, String line, Refusal why) {
    assertEquals(why, Heads.refusedRequest(line + REST));
  }

  @Test
  @Rule(5)
  void refusesBareLineFeeds() {
    assertEquals(version(), Heads.refusedRequest("GET / HTTP/1.1\nHost: a\n\n")); // rule 5
    assertEquals(malformed(), Heads.refusedRequest("GET /\n\n"));
  }

  @Test
  @Rule(4)
  void refusesBareCarriageReturns() {
    assertEquals(version(), Heads.refusedRequest("GET / HTTP/1.1\rHost: a\r\r")); // rule 4
  }

  @Test
  @Rule(8)
  void takesTargetsUpToTheLimit() {
    String most = "/" + "a".repeat((8 << 10) - 1);
    assertEquals(most, Heads.request("GET " + most + " HTTP/1.1" + REST).path()); // rule 8
    assertEquals(
        new Refusal(414, "request target too long"),
        Heads.refusedRequest("GET " + most + "a HTTP/1.1" + REST));
  }

  @Test
  @Rule(29)
  void takesHeadsUpToTheLimit() {
    var parser = new HeadParser(64, 100, 64);
    String start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    String most = "a".repeat(64 - start.length() - 4);
    assertEquals(64, Heads.request(parser, start + most + "\r\n\r\n" + "next").length());
    assertEquals(
        new Refusal(431, "request head too large"),
        Heads.refusedRequest(parser, start + most + "a\r\n\r\n"));
    assertEquals(
        new Refusal(414, "request target too long"),
        Heads.refusedRequest(parser, "GET /" + "a".repeat(59)));
  }

  @Test
  @Rule(10)
  void knowsTheVersion() {
    assertTrue(Heads.request("GET / HTTP/1.0\r\n\r\n").http10());
    assertFalse(Heads.request("GET / HTTP/1.1" + REST).http10());
    assertFalse(Heads.request("GET / HTTP/1.2" + REST).http10());
  }

  @Test
  @Rule(66)
  void knowsHeadFromWhatLooksLikeIt() {
    assertTrue(Heads.request("HEAD / HTTP/1.1" + REST).isHead());
    assertFalse(Heads.request("head / HTTP/1.1" + REST).isHead());
    assertFalse(Heads.request("GET / HTTP/1.1" + REST).isHead());
  }

  @Test
  @Rule({13, 15})
  void splitsTheTarget() {
    RequestHead head = Heads.request("PATCH /a//b?c?d=%3f HTTP/1.1" + REST);
    assertEquals("PATCH", head.methodText());
    assertEquals("/a//b", head.path());
    assertEquals("c?d=%3f", head.query());
    assertEquals("/", Heads.request("GET http://a?b HTTP/1.1" + REST).path());
    assertEquals("b", Heads.request("GET http://a?b HTTP/1.1" + REST).query());
    assertEquals("*", Heads.request("OPTIONS * HTTP/1.1" + REST).path());
    assertEquals("*", Heads.request("OPTIONS http://a HTTP/1.1" + REST).path()); // as forwarded
    assertEquals("", Heads.request("GET /? HTTP/1.1" + REST).query());
    assertEquals("", Heads.request("GET / HTTP/1.1" + REST).query());
    assertEquals("*", Heads.request("OPTIONS http://a HTTP/1.1" + REST).path());
    assertEquals("/", Heads.request("OPTIONS http://a?b HTTP/1.1" + REST).path());
    assertEquals("/", Heads.request("OPTIONS http://a/ HTTP/1.1" + REST).path());
    assertEquals("/", Heads.request("GET http://a HTTP/1.1" + REST).path());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
  @Rule(78)
  void repeatsOnlyWhatIsTheSameTwice(String method) {
    assertTrue(Heads.request(method + " / HTTP/1.1" + REST).idempotent());
    assertFalse(Heads.request(method + "X / HTTP/1.1" + REST).idempotent());
    assertFalse(Heads.request("POST / HTTP/1.1" + REST).idempotent());
  }

  private static Refusal raw() {
    return new Refusal(400, "the request target is not ASCII").liftedBy("raw_targets");
  }

  private static Refusal malformed() {
    return new Refusal(400, "malformed request line");
  }

  private static Refusal lines() {
    return new Refusal(400, "empty lines before the request");
  }

  private static Refusal version() {
    return new Refusal(400, "malformed HTTP version");
  }

  private static Refusal major() {
    return new Refusal(505, "this server speaks HTTP/1.1");
  }

  private static Refusal method() {
    return new Refusal(501, "unknown method");
  }

  private static Refusal target() {
    return new Refusal(400, "malformed request target");
  }

  private static Refusal host() {
    return new Refusal(400, "invalid host");
  }

  private static Refusal mismatch() {
    return new Refusal(400, "the target and the Host field name different hosts");
  }

  private static Refusal connect() {
    return new Refusal(501, "CONNECT is not for this server");
  }

  private static Refusal trace() {
    return new Refusal(405, "TRACE is not for this server");
  }
}
