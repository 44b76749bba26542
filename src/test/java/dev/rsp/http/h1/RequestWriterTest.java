// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.Rule;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The exact bytes that a backend gets for a request: rules 1, 12 to 15, 21 to 39, 48 and 62. */
final class RequestWriterTest {
  private static final String FORWARDING =
      "Via: 1.1 rsp\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: ";

  static Stream<Arguments> lines() {
    return Stream.of(
        arguments("a path", "GET /a?b", "GET /a?b", ""),
        arguments("what a normaliser would change", "GET /a/../b//c%2F%2e?x=%zz", null, ""),
        arguments("an unknown method", "fOO /", "fOO /", ""),
        arguments("an asterisk", "OPTIONS *", "OPTIONS *", ""),
        arguments("a whole URL", "GET http://a/b?c", "GET /b?c", "Host: a\r\n"),
        arguments("a whole URL without path", "GET http://a", "GET /", "Host: a\r\n"),
        arguments("a whole URL with only a query", "GET http://a?b", "GET /?b", "Host: a\r\n"),
        arguments("OPTIONS of a host", "OPTIONS http://a", "OPTIONS *", "Host: a\r\n"),
        arguments("OPTIONS of a path", "OPTIONS http://a/", "OPTIONS /", "Host: a\r\n"),
        arguments("OPTIONS of a query", "OPTIONS http://a?b", "OPTIONS /?b", "Host: a\r\n"));
  }

  @ParameterizedTest(name = "the request line of {0}")
  @MethodSource
  @Rule({1, 12, 13, 15})
  void lines(String what, String line, String written, String host) {
    String expected = written == null ? line : written;
    String fields = host.isEmpty() ? "Host: a\r\nX: y\r\n" : host + "X: y\r\n";
    assertEquals(
        expected + " HTTP/1.1\r\n" + fields + FORWARDING + "a\r\n\r\n",
        written(line + " HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"));
    assertEquals(
        expected + " HTTP/1.1\r\n" + fields + FORWARDING + "a\r\n\r\n",
        written("\r\n" + line + " HTTP/1.0\r\nHost: a\r\nX: y\r\n\r\n"));
  }

  /** Field lines as they come, and as they go. */
  static Stream<Arguments> fields() {
    return Stream.of(
        same("unknown fields", "X-Foo: bar\r\nx-foo: BAR\r\nX-Foo: baz\r\n"),
        same("no space after the colon", "X:y\r\n"),
        same("octets above 127", "X: \u00e4\u0085\r\n"),
        same("an empty value", "X:\r\n"),
        same("Date", "Date: x\r\n"),
        same("Authorization and cookies", "Authorization: a\r\nCookie: b\r\nCookie: c\r\n"),
        same("conditions", "If-Match: \"a\"\r\nIf-None-Match: W/\"b\"\r\nRange: bytes=0-1\r\n"),
        same("Content-Length", "Content-Length: 5\r\n"),
        same("Content-Length 0", "Content-Length:0\r\n"),
        same("Content-Length 9", "Content-Length: 9\r\n"),
        same("Content-Length 10", "Content-Length: 10\r\n"),
        same("a long Content-Length", "Content-Length: 123456789012345678\r\n"),
        arguments("a leading zero", "Content-Length: 010\r\n", "Content-Length: 10\r\n"),
        same("an expectation with a body", "Content-Length: 5\r\nExpect: 100-continue\r\n"),
        same("Via", "Via: 1.0 other\r\n"),
        same("names like those of forwarding", "X-Forwarded-Foo: a\r\nX-Forwarded-F_r: a\r\n"),
        same(
            "a coding of the content", "Content-Encoding: gzip\r\nCache-Control: no-transform\r\n"),
        same("Max-Forwards of another method", "Max-Forwards: 5\r\n"),
        arguments("white space", "X: \t a \t b \t \r\nY:\tc\r\n", "X: a \t b\r\nY: c\r\n"),
        arguments("white space alone", "X:  \t \r\n", "X: \r\n"),
        arguments(
            "leading zeros", "Content-Length: 005\r\nX: y\r\n", "X: y\r\nContent-Length: 5\r\n"),
        arguments("zeros", "Content-Length:000\r\n", "Content-Length: 0\r\n"),
        arguments("chunks", "tRANSFER-ENCODING:Chunked\r\nX: y\r\n", "X: y\r\n" + chunked()),
        arguments("an expectation without a body", "Expect: 100-continue\r\nX: y\r\n", "X: y\r\n"),
        arguments("Connection", "X: y\r\nConnection: keep-alive\r\nY: z\r\n", "X: y\r\nY: z\r\n"),
        arguments("Keep-Alive", "Keep-Alive: timeout=5\r\nX: y\r\n", "X: y\r\n"),
        arguments("Proxy-Connection", "Proxy-Connection: close\r\nX: y\r\n", "X: y\r\n"),
        arguments("TE", "Connection: TE\r\nTE: trailers, gzip\r\nX: y\r\n", "X: y\r\n"),
        arguments("Trailer", "Trailer: X\r\nX: y\r\n", "X: y\r\n"),
        arguments("an Upgrade that is not asked for", "Upgrade: a\r\nX: y\r\n", "X: y\r\n"),
        arguments("h2c", h2c() + "X: y\r\n", "X: y\r\n"),
        arguments("settings of HTTP/2 alone", "HTTP2-Settings: AAMA\r\nX: y\r\n", "X: y\r\n"),
        arguments("nominated before", "X-A: 1\r\nConnection: X-A, close\r\nB: 2\r\n", "B: 2\r\n"),
        arguments("nominated after", "Connection: x-a\r\nB: 2\r\nX-A: 1\r\nx-A: 3\r\n", "B: 2\r\n"),
        arguments("nominated twice", "Connection: a\r\nConnection: b\r\nA: 1\r\nB: 2\r\n", ""),
        arguments("the start of a nominated name", "Connection: x\r\nX-A: 1\r\n", "X-A: 1\r\n"),
        arguments("another nominated", "Connection: y\r\nX: 1\r\n", "X: 1\r\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  @Rule({27, 28, 32, 34, 35, 36, 41, 42, 48, 58})
  void fields(String what, String in, String out) {
    assertEquals(
        "POST / HTTP/1.1\r\nHost: a\r\n" + out + FORWARDING + "a\r\n\r\n",
        written("POST / HTTP/1.1\r\nHost: a\r\n" + in + "\r\n"));
    // Between others, and with another before the Host field.
    boolean inPlace =
        !out.contains("Transfer-Encoding") && !in.contains(":000") && !in.contains(": 0");
    if (inPlace) {
      assertEquals(
          "POST / HTTP/1.1\r\nZ: z\r\nHost: a\r\n" + out + "Q: q\r\n" + FORWARDING + "a\r\n\r\n",
          written("POST / HTTP/1.1\r\nZ:  z\r\nHost: a\r\n" + in + "Q: q \r\n\r\n"));
    }
  }

  @ParameterizedTest(name = "a client cannot nominate {0}") // rule 33, CVE-2024-45410
  @MethodSource("protectedFields")
  @Rule(33)
  void protectedFields(String name, String value) {
    String line = name + ": " + value + "\r\n";
    assertEquals(
        "POST / HTTP/1.1\r\nHost: a\r\n" + line + FORWARDING + "a\r\n\r\n",
        written(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: Host, " + name + "\r\n" + line + "\r\n"));
  }

  static Stream<Arguments> protectedFields() {
    return Stream.of(
        arguments("Content-Length", "5"),
        arguments("Authorization", "Basic x"),
        arguments("cookie", "a=b"),
        arguments("Via", "1.1 other"),
        arguments("Date", "x"));
  }

  @ParameterizedTest(name = "{0} of a client") // rule 39, CVE-2026-39858
  @MethodSource("claims")
  @Rule(39)
  void dropsWhatClientsClaim(String name) {
    String in = "GET / HTTP/1.1\r\nHost: a\r\n" + name + ": spoofed\r\nX: y\r\n\r\n";
    assertEquals("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n" + FORWARDING + "a\r\n\r\n", written(in));
    // A spelling that only a backend confuses with ours is never forwarded, even if trusted.
    boolean kept = !name.contains("_");
    boolean host = name.equals("X-Forwarded-Host");
    String ours = host ? FORWARDING.replace("X-Forwarded-Host: ", "") : FORWARDING;
    var writer = new HeadWriter();
    writer.request(Heads.request(in), ours.getBytes(StandardCharsets.US_ASCII), true);
    assertEquals(
        "GET / HTTP/1.1\r\nHost: a\r\n"
            + (kept ? name + ": spoofed\r\n" : "")
            + "X: y\r\n"
            + ours
            + (host ? "" : "a\r\n")
            + "\r\n",
        Heads.text(writer));
  }

  static Stream<String> claims() {
    return Stream.of(
        "X-Forwarded-For",
        "x-forwarded-for",
        "X_Forwarded_For",
        "X-Forwarded_For",
        "X-FORWARDED-PROTO",
        "X_FORWARDED_PROTO",
        "X-Forwarded-Host",
        "x_forwarded-host",
        "Forwarded");
  }

  @ParameterizedTest(name = "Max-Forwards {0} becomes {1}")
  @CsvSource({"1, 0", "5, 4", "010, 9", "1001, 1000", "1000, 999", "99999999999999999999, 1000"})
  @Rule(38)
  void countsMaxForwards(String in, String out) {
    assertEquals(
        "OPTIONS * HTTP/1.1\r\nMax-Forwards: " + out + "\r\nHost: a\r\n" + FORWARDING + "a\r\n\r\n",
        written("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: " + in + "\r\n\r\n"));
  }

  @Test
  @Rule(48)
  void writesALengthAnewThatComesFirst() {
    assertEquals(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n" + FORWARDING + "a\r\n\r\n",
        written("POST / HTTP/1.1\r\nContent-Length: 05\r\nHost: a\r\n\r\n"));
  }

  @Test
  @Rule(32)
  void dropsTheLastOfAsManyFieldsAsThereIsRoomFor() {
    String many = "X: y\r\n".repeat(29);
    assertEquals(
        "GET / HTTP/1.1\r\nHost: a\r\n" + many + FORWARDING + "a\r\n\r\n",
        written("GET / HTTP/1.1\r\nHost: a\r\n" + many + "Connection: x-a\r\nX-A: b\r\n\r\n"));
    assertEquals(
        "b",
        Heads.response("HTTP/1.1 200 \r\n" + many + "Y: z\r\nConnection: x-a\r\nX-A: b\r\n\r\n")
            .field("x-a"));
  }

  @Test
  @Rule(38)
  void passesNothingBelowZero() {
    assertEquals(
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n" + FORWARDING + "a\r\n\r\n",
        written("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n"));
  }

  @Test
  @Rule(62)
  void passesAnUpgrade() {
    String passed =
        "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\nHost: a\r\nX: y\r\n"
            + FORWARDING
            + "a\r\n\r\n";
    for (String offer : List.of("WebSocket", "h2c, WebSocket", "WebSocket,TLS/1.2")) {
      assertEquals(
          passed,
          written(
              "GET / HTTP/1.1\r\nHost: a\r\nConnection: a, Upgrade, Upgrade\r\nUpgrade: "
                  + offer
                  + "\r\nX: y\r\n\r\n"));
    }
  }

  @Test
  @Rule({12, 21})
  void passesTheHostAsItWasWritten() {
    assertEquals( // rule 21
        "GET / HTTP/1.1\r\nhost: A.Example.:080\r\n" + FORWARDING + "A.Example.:080\r\n\r\n",
        written("GET / HTTP/1.1\r\nhost: A.Example.:080\r\n\r\n"));
    assertEquals( // rule 12
        "GET / HTTP/1.1\r\nHost: A.Example:80\r\n" + FORWARDING + "A.Example:80\r\n\r\n",
        written("GET http://A.Example:80/ HTTP/1.1\r\nhost: a.example\r\n\r\n"));
  }

  @Test
  @Rule(17)
  void namesTheHostThatIsAssumed() {
    RequestHead head = Heads.request("GET / HTTP/1.0\r\nX: y\r\n\r\n");
    head.assumeHost("default.example".getBytes(StandardCharsets.US_ASCII));
    assertEquals(
        "GET / HTTP/1.1\r\nHost: default.example\r\nX: y\r\n"
            + FORWARDING
            + "default.example\r\n\r\n",
        written(head));
  }

  @Test
  void writesHeadsOfAnySize() {
    String label = "h".repeat(63);
    String host = String.join(".", label, label, label, "h".repeat(61)) + ".:65535";
    for (int size = 0; size < 32_000; size += 997) {
      String value = "X:" + "v".repeat(size) + "\r\n";
      String in = "GET http://" + host + " HTTP/1.1\r\n" + value + "Host:" + host + "\r\n\r\n";
      var head = new RequestHead();
      assertEquals(Parsed.DONE, Heads.parse(Heads.PARSER, in, head));
      assertEquals(
          "GET / HTTP/1.1\r\nHost: " + host + "\r\n" + value + FORWARDING + host + "\r\n\r\n",
          written(head));
    }
  }

  private static Arguments same(String what, String fields) {
    return arguments(what, fields, fields);
  }

  private static String chunked() {
    return "Transfer-Encoding: chunked\r\n";
  }

  private static String h2c() {
    return "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n";
  }

  private static String written(String head) {
    return written(Heads.request(head));
  }

  private static String written(RequestHead head) {
    var writer = new HeadWriter();
    writer.request(head, FORWARDING.getBytes(StandardCharsets.US_ASCII), false);
    return Heads.text(writer);
  }
}
