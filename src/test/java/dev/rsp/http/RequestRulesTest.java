// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static dev.rsp.http.h1.Heads.with;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.Rule;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.http.h1.Heads;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests must say of their host and connection: rules 12 to 19, 32 to 38, 58 to 62, 75. */
final class RequestRulesTest {
  static Stream<Arguments> hosts() {
    return Stream.of(
        arguments("no Host", "GET / HTTP/1.1\r\n\r\n", 400, "no Host field"),
        arguments("none but a target", "GET http://a/ HTTP/1.1\r\n\r\n", 400, "no Host field"),
        arguments("two", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, two()),
        arguments("two equal", "GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n", 400, two()),
        arguments("two in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nX: y\r\nHost: a\r\n\r\n", 400, two()),
        arguments("empty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "invalid host"),
        arguments("empty in 1.0", "GET / HTTP/1.0\r\nHost: \r\n\r\n", 400, "invalid host"),
        arguments("a list", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "invalid host"),
        arguments("a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, "invalid host"),
        arguments("bad beside a target", "GET http://a/ HTTP/1.1\r\nHost: a/\r\n\r\n", 400, bad()),
        arguments("empty beside a target", "GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", 400, bad()));
  }

  @ParameterizedTest(name = "a Host field: {0}")
  @MethodSource
  @Rule({17, 18, 19})
  void hosts(String what, String head, int status, String why) {
    assertEquals(new Refusal(status, why), Heads.refusedRequest(head));
  }

  @Test
  @Rule({12, 20})
  void routesByTheTargetsHost() {
    String head = "GET http://A.Example:80/ HTTP/1.1\r\nHost: a.example.:81\r\n\r\n"; // rule 12
    assertEquals("a.example", Heads.request(head).host());
    assertEquals("b", Heads.request("GET http://B HTTP/1.0\r\n\r\n").host());
    assertEquals("[::1]", Heads.request("GET http://[0::1]/ HTTP/1.0\r\n\r\n").host());
    assertEquals("a", Heads.request("GET http://a?b HTTP/1.0\r\n\r\n").host());
    RequestHead bytes = Heads.request("GET http://AZ. HTTP/1.0\r\n\r\n");
    assertEquals(2, bytes.hostLength());
    assertEquals("az", new String(bytes.hostBytes(), 0, 2, StandardCharsets.US_ASCII));
  }

  @Test
  @Rule(17)
  void letsOnlyHttp10NameNoHost() {
    assertEquals(0, Heads.request("GET / HTTP/1.0\r\n\r\n").hostLength()); // rule 17
  }

  @ParameterizedTest(name = "{0}, {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "1.1|X: y|true",
        "1.1|Connection: close|false",
        "1.1|Connection: keep-alive, Close|false",
        "1.1|Connection: x,,close ,|false",
        "1.1|Connection: closed|true",
        "1.1|Connection: x / Connection: close|false",
        "1.0|X: y|false",
        "1.0|Connection: keep-alive|true",
        "1.0|Connection: Keep-Alive|true",
        "1.0|Connection: keep-alive, close|false",
      })
  @Rule({75, 76})
  void persistence(String version, String fields, boolean keptAlive) {
    String head = "GET / HTTP/" + version + "\r\nHost: a\r\n" + lines(fields) + "\r\n\r\n";
    assertEquals(keptAlive, Heads.request(head).keepAlive());
  }

  @ParameterizedTest(name = "Connection \"{0}\" is refused")
  @ValueSource(strings = {"a b", "a;b", "\"close\"", "close=1", "a, b c", "\u00e4", "(a)"})
  @Rule(32)
  void noOptions(String field) {
    Refusal refusal = new Refusal(400, "malformed Connection field");
    assertEquals(refusal, Heads.refusedRequest(with("Connection: " + field)));
  }

  @Test
  @Rule(32)
  void boundsTheOptions() {
    Heads.request(with("Connection: " + "a,".repeat(32)));
    Heads.refusedRequest(with("Connection: " + "a,".repeat(33)));
    assertFalse(Heads.request(with("Connection: " + ",".repeat(40) + "close")).keepAlive());
  }

  @Test
  @Rule({58, 59, 74})
  void knowsOneExpectation() {
    assertTrue(Heads.request(with("Expect: 100-Continue")).expectContinue());
    assertFalse(Heads.request(with("X: y")).expectContinue());
    assertFalse(Heads.request("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expectContinue());
    assertFalse(Heads.request("GET / HTTP/1.0\r\nExpect: x\r\n\r\n").expectContinue()); // rule 59
    Refusal refusal = new Refusal(417, "unknown expectation");
    assertEquals(refusal, Heads.refusedRequest(with("Expect: x")));
    assertEquals(refusal, Heads.refusedRequest(with("Expect:")));
    assertEquals(refusal, Heads.refusedRequest(with("Expect: 100-continue, x")));
    assertEquals(refusal, Heads.refusedRequest(with("Expect: 100-continue, 100-continue")));
    assertEquals(
        refusal, Heads.refusedRequest(with("Expect: 100-continue\r\nExpect: 100-continue")));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "Connection: upgrade / Upgrade: websocket|websocket",
        "Connection: keep-alive, Upgrade / Upgrade: a/1,b|a/1, b",
        "Upgrade: websocket|",
        "Connection: upgrade|",
        "Connection: upgrade / Upgrade:|",
        "Connection: upgrade / Upgrade: ,a, |a",
        "Connection: upgrade / Upgrade: a / Upgrade: b|",
        "Connection: upgrade / Upgrade: h2c|",
        "Connection: upgrade / Upgrade: h2|",
        "Connection: upgrade / Upgrade: websocket, H2C|websocket",
        "Connection: upgrade / Upgrade: h2c/1 ,WebSocket,TLS/1.3, HTTP/2.0, b|WebSocket, b",
        "Connection: upgrade / Upgrade: h2c, h2|",
        "Connection: upgrade / Upgrade: a b, c/, /d, e/f/g, h=1, \u00e9, h2cx|h2cx",
        "Connection: upgrade / Upgrade: HTTP/2.0|",
        "Connection: upgrade / Upgrade: TLS/1.2|",
        "Connection: upgrade / Upgrade: a / Content-Length: 1|a",
        "Connection: upgrade / Upgrade: a / Content-Length: 0|a",
        "Connection: upgrade / Upgrade: a / Transfer-Encoding: chunked|a",
        "Connection: upgrade / Upgrade: a / Content-Length: 1 / Expect: 100-continue|",
        "Connection: upgrade / Upgrade: a / Content-Length: 0 / Expect: 100-continue|a",
      })
  @Rule(62)
  void upgrades(String fields, String offered) { // rule 62
    RequestHead head = Heads.request(with(lines(fields)));
    assertEquals(offered, head.offer());
    assertEquals(offered != null, head.upgrade());
    boolean inHttp10 = !fields.contains("chunked");
    if (inHttp10) {
      assertFalse(Heads.request("GET / HTTP/1.0\r\n" + lines(fields) + "\r\n\r\n").upgrade());
    }
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "websocket|websocket|true",
        "a, WebSocket|websocket|true",
        "a,b|c|false",
        "websocket|websocket, a|false",
        "websocket||false",
      })
  @Rule(62)
  void offers(String offer, String answer, boolean offered) {
    assertEquals(offered, Upgrades.offered(offer, answer == null ? "" : answer));
  }

  @Test
  @Rule(37)
  void endsLoops() {
    Refusal loop = new Refusal(508, "the request came through here before"); // rule 37
    Heads.request(with("Via: 1.1 rsp, 1.1 rsp, 1.1 rsp, 1.1 rsp"));
    Heads.request(with("Via: 1.1 rspx, 1.1 xrsp, 1.1 a (rsp), rsp, 1.1  a, rsp 1.1, 1.1"));
    assertEquals(loop, Heads.refusedRequest(with("Via: " + "1.1 rsp,".repeat(5))));
    assertEquals(
        loop, Heads.refusedRequest(with("Via: 1.0 RSP\r\n".repeat(4) + "Via: 1.1\trsp x")));
  }

  @Test
  @Rule(37)
  void knowsItselfByItsOwnName() {
    var parser =
        new HeadParser(32 << 10, 100, 8 << 10, new WireOptions("rsp-A1", false, false, false));
    String four = "Via: 1.1 rsp-a1, HTTP/1.1 Rsp-A1 (a), 1.0\tRSP-A1\t,1.1 rsp-a1:80\r\n";
    Heads.request(
        parser, with(four + "Via: 1.1 rsp, 1.1 rsp-a, 1.1 rsp-a12, rsp-a1, , 1.1 (rsp-a1)"));
    assertEquals(508, Heads.refusedRequest(parser, with(four + "Via: 1.1 rsp-a1")).status());
    assertEquals(
        508, Heads.refusedRequest(parser, with("Via: " + "1.1  rsp-a1 , ".repeat(5))).status());
    Heads.request(parser, with("Via: " + "1.1 rsp, ".repeat(50)));
    Heads.request(parser, with("Via: " + "1.1 a (b rsp-a1 c) d rsp-a1, ".repeat(50)));
  }

  @ParameterizedTest(name = "{0} with Max-Forwards \"{1}\": {2}")
  @CsvSource({
    "OPTIONS, 0, true",
    "OPTIONS, 000, true",
    "OPTIONS, 1, false",
    "OPTIONS, 10, false",
    "OPTIONS, 99999999999999999999, false",
    "GET, 0, false",
    "GET, x, false",
    "POST, '', false",
  })
  @Rule(38)
  void endsOptionsThatMayGoNoFurther(String method, String value, boolean ends) {
    assertEquals(
        ends, Heads.request(method + with("Max-Forwards: " + value).substring(3)).endsHere());
    assertFalse(Heads.request(method + with("X: y").substring(3)).endsHere());
  }

  @ParameterizedTest(name = "Max-Forwards \"{0}\" is refused")
  @ValueSource(
      strings = {"", "-1", "+1", "1.0", "1 1", "x", "1x", "1:", "1/", "0\r\nMax-Forwards: 0"})
  @Rule(38)
  void noMaxForwards(String value) {
    assertEquals(
        new Refusal(400, "invalid Max-Forwards"),
        Heads.refusedRequest("OPTIONS" + with("Max-Forwards: " + value).substring(3)));
  }

  /** Field lines that stand in one line of a table. */
  private static String lines(String fields) {
    return fields.replace(" / ", "\r\n");
  }

  private static String two() {
    return "more than one Host field";
  }

  private static String bad() {
    return "invalid host";
  }
}
