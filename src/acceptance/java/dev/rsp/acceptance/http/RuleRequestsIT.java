// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.Eventually;
import dev.rsp.Rule;
import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Wire;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rules of requests on the wire of the packaged program: bytes in, and what rsp makes of them.
 */
final class RuleRequestsIT {
  private static final String H = "\r\nHost: a\r\n\r\n";
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n";
  private static final String POST = "POST / HTTP/1.1\r\nHost: a\r\n";
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";
  private static final String SEEN_CHUNKED = POST + "Transfer-Encoding: chunked\r\n";

  @AutoClose private static RuleStage stage;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    stage = new RuleStage(directory);
  }

  /** The number of the rule, the bytes of a client, and the status that it gets. */
  static Stream<Arguments> refused() {
    return Stream.of(
        arguments(2, "\r\n\r\n\r\nGET / HTTP/1.1" + H, 400),
        arguments(2, "\0GET / HTTP/1.1" + H, 400),
        arguments(3, "Extra lineGET / HTTP/1.1" + H, 400),
        arguments(4, GET + "X: a\rb\r\n\r\n", 400),
        arguments(4, "GET / HTTP/1.1\rHost: a\r\r", 400),
        arguments(5, "GET / HTTP/1.1\nHost: a\n\n", 400),
        arguments(5, GET + "X: y\n\r\n", 400),
        arguments(6, "GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n", 400),
        arguments(7, "GET /a b HTTP/1.1" + H, 400),
        arguments(7, "GET\t/ HTTP/1.1" + H, 400),
        arguments(7, "GET  / HTTP/1.1" + H, 400),
        arguments(8, "GET /" + "a".repeat(8192) + " HTTP/1.1" + H, 414),
        arguments(9, "M".repeat(25) + " / HTTP/1.1" + H, 501),
        arguments(10, "GET / HTTP/2.0" + H, 505),
        arguments(10, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        arguments(10, "GET / HTTP/9.9" + H, 505),
        arguments(10, "GET / HTTP/1.10" + H, 400),
        arguments(10, "GET / HTTP/01.1" + H, 400),
        arguments(10, "GET / http/1.1" + H, 400),
        arguments(10, "GET /\r\n\r\n", 400),
        arguments(12, "GET http://b/ HTTP/1.1" + H, 400),
        arguments(13, "GET * HTTP/1.1" + H, 400),
        arguments(14, "CONNECT a:443 HTTP/1.1" + H, 501),
        arguments(14, "CONNECT a: HTTP/1.1" + H, 501),
        arguments(14, "GET a:80 HTTP/1.1" + H, 400),
        arguments(15, "GET /a#b HTTP/1.1" + H, 400),
        arguments(16, "GET http:///x HTTP/1.1" + H, 400),
        arguments(16, "GET http://u:p@a/ HTTP/1.1" + H, 400),
        arguments(17, "GET / HTTP/1.1\r\n\r\n", 400),
        arguments(17, "GET / HTTP/1.0\r\n\r\n", 400),
        arguments(18, GET + "Host: b\r\n\r\n", 400),
        arguments(18, GET + "hOST: a\r\n\r\n", 400),
        arguments(19, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        arguments(19, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", 400),
        arguments(19, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400),
        arguments(19, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400),
        arguments(19, "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400),
        arguments(19, "GET / HTTP/1.1\r\nHost: \u00e4\r\n\r\n", 400),
        arguments(23, "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        arguments(24, GET + "X: a\r\n b\r\n\r\n", 400),
        arguments(25, GET + "X: a\0b\r\n\r\n", 400),
        arguments(25, GET + "X: a\u007fb\r\n\r\n", 400),
        arguments(26, GET + ": a\r\n\r\n", 400),
        arguments(26, GET + "X[]: a\r\n\r\n", 400),
        arguments(26, GET + "X\u0085: a\r\n\r\n", 400),
        arguments(29, GET + "X: y\r\n".repeat(100) + "\r\n", 431),
        arguments(29, GET + "X: " + "y".repeat(17_000) + "\r\n\r\n", 431),
        arguments(32, GET + "Connection: a b\r\n\r\n", 400),
        arguments(37, GET + "Via: " + "1.1 edge-1,".repeat(5) + "\r\n\r\n", 508),
        arguments(38, "TRACE / HTTP/1.1" + H, 405),
        arguments(38, "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: x\r\n\r\n", 400),
        arguments(
            43, POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        arguments(44, POST + "Transfer-Encoding: gzip\r\n\r\n", 400),
        arguments(44, POST + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400),
        arguments(44, POST + "Transfer-Encoding: chunked;q=1\r\n\r\n", 400),
        arguments(44, POST + "Transfer-Encoding: \"chunked\"\r\n\r\n", 400),
        arguments(44, POST + "Transfer-Encoding:  ,chunked\r\n\r\n", 400),
        arguments(45, POST + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
        arguments(45, POST + "Transfer-Encoding: gzip,\tchunked\r\n\r\n", 501),
        arguments(46, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        arguments(47, POST + "Content-Length:\r\n\r\n", 400),
        arguments(47, POST + "Content-Length: +5\r\n\r\nhello", 400),
        arguments(47, POST + "Content-Length: 5, 5\r\n\r\nhello", 400),
        arguments(47, POST + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
        arguments(47, POST + "Content-Length: 18446744073709551621\r\n\r\nhello", 400),
        arguments(52, CHUNKED + "FFFFFFFFFFFFFFED\r\nx", 400),
        arguments(52, CHUNKED + "1000000000000000000001\r\nx", 400),
        arguments(53, CHUNKED + "0x1\r\nx\r\n0\r\n\r\n", 400),
        arguments(53, CHUNKED + "1 \r\nx\r\n0\r\n\r\n", 400),
        arguments(53, CHUNKED + "\r\nx\r\n0\r\n\r\n", 400),
        arguments(54, CHUNKED + "1;a=\"\r\n\"\r\nx\r\n0\r\n\r\n", 400),
        arguments(54, CHUNKED + "1;a\nb\r\nx\r\n0\r\n\r\n", 400),
        arguments(54, CHUNKED + "1;" + "e".repeat(300) + "\r\nx\r\n0\r\n\r\n", 400),
        arguments(55, CHUNKED + "1\r\nxy\r\n0\r\n\r\n", 400),
        arguments(55, CHUNKED + "1\r\nx\n0\r\n\r\n", 400),
        arguments(56, CHUNKED + "0\r\nX : y\r\n\r\n", 400),
        arguments(56, CHUNKED + "0\r\nX: " + "y".repeat(9000) + "\r\n\r\n", 431),
        arguments(74, POST + "Expect: x\r\n\r\n", 417));
  }

  @ParameterizedTest(name = "rule {0}: {2} for {1}")
  @MethodSource
  @Rule({
    2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 15, 16, 17, 18, 19, 23, 24, 25, 26, 29, 32, 37, 38, 43,
    44, 45, 46, 47, 52, 53, 54, 55, 56, 74
  })
  void refused(int rule, String bytes, int status) throws IOException {
    int before = stage.requests();
    try (RawClient client = stage.connect()) {
      client.send(bytes);
      Answer answer = client.read();
      assertEquals(status, answer.status(), answer.head());
      assertEquals("close", answer.field("Connection"));
      assertEquals("", client.wire().rest());
    }
    assertEquals(before, stage.requests());
  }

  /** The number of the rule, the bytes of a client, and what the backend gets. */
  static Stream<Arguments> passed() {
    String target = "/" + "a".repeat(8191);
    return Stream.of(
            arguments(1, "GET / HTTP/1.0\r\nHost: a\r\n\r\n", GET),
            arguments(2, "\r\n\r\nGET / HTTP/1.1" + H, GET),
            arguments(8, "GET " + target + " HTTP/1.1" + H, GET.replace(" / ", " " + target + " ")),
            arguments(9, "fOO / HTTP/1.1" + H, GET.replace("GET", "fOO")),
            arguments(10, "GET / HTTP/1.2" + H, GET),
            arguments(11, "GET http://a/x HTTP/1.1" + H, GET.replace(" / ", " /x ")),
            arguments(12, "GET http://A:80/ HTTP/1.1" + H, GET.replace(": a", ": A:80")),
            arguments(13, "OPTIONS http://a HTTP/1.1" + H, GET.replace("GET /", "OPTIONS *")),
            arguments(13, "OPTIONS * HTTP/1.1" + H, GET.replace("GET /", "OPTIONS *")),
            same(15, "GET /a/../b//c%2F%2e?x=%zz HTTP/1.1\r\nHost: a\r\n"),
            arguments(15, "GET http://a?b HTTP/1.1" + H, GET.replace(" / ", " /?b ")),
            same(20, GET.replace(": a", ": [::1]:8080")),
            same(21, GET.replace(": a", ": A.Example.:80")),
            same(25, GET + "X: \u00e4\tb\r\n"),
            same(27, GET + "X-Foo: bar\r\n"),
            same(28, GET + "X: 1\r\nY: 2\r\nx: 3\r\n"),
            arguments(
                32, GET + "Connection: X-A, close\r\nX-A: 1\r\nX-B: 2\r\n\r\n", GET + "X-B: 2\r\n"),
            arguments(
                33,
                GET + "Authorization: b\r\nConnection: Host, Authorization, Via\r\n\r\n",
                GET + "Authorization: b\r\n"),
            arguments(
                34,
                GET + "Keep-Alive: 1\r\nProxy-Connection: x\r\nUpgrade: x\r\nTrailer: X\r\n\r\n",
                GET),
            arguments(35, GET + "TE: trailers\r\nConnection: TE\r\n\r\n", GET),
            same(36, GET + "Via: 1.0 other\r\n"),
            same(37, GET + "Via: " + "1.1 edge-2, ".repeat(5) + "1.1 edge-1\r\n"),
            arguments(
                38,
                "OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5\r\n\r\n",
                "OPTIONS / HTTP/1.1\r\nMax-Forwards: 4\r\nHost: a\r\n"),
            same(38, "OPTIONS / HTTP/1.1\r\nHost: a\r\n"),
            arguments(
                39,
                GET + "X-Forwarded-For: 1\r\nX_Forwarded_Proto: https\r\nForwarded: for=1\r\n\r\n",
                GET),
            arguments(
                39,
                GET + "X-Real-IP: 1\r\nTransfer_Encoding: chunked\r\nProxy: http://a\r\n\r\n",
                GET),
            same(41, GET + "Cache-Control: no-transform\r\nAccept-Encoding: gzip\r\n"),
            same(42, GET + "If-Match: \"a\"\r\nIf-None-Match: W/\"b\"\r\nRange: bytes=0-1\r\n"),
            arguments(
                48,
                POST + "Content-Length: 005\r\n\r\nhello",
                POST + "Content-Length: 5\r\n",
                "hello"),
            arguments(
                50, GET + "Content-Length: 5\r\n\r\nhello", GET + "Content-Length: 5\r\n", "hello"),
            arguments(
                53,
                CHUNKED + "00a\r\n0123456789\r\n000\r\n\r\n",
                SEEN_CHUNKED,
                "00a\r\n0123456789\r\n000\r\n\r\n"),
            arguments(
                54, CHUNKED + "1;a=\"b\"\r\nx\r\n0;c\r\n\r\n", SEEN_CHUNKED, "1\r\nx\r\n0\r\n\r\n"),
            arguments(
                56,
                CHUNKED + "1\r\nx\r\n0\r\nHost: b\r\nContent-Length: 9\r\n\r\n",
                SEEN_CHUNKED,
                "1\r\nx\r\n0\r\n\r\n"),
            arguments(
                57,
                CHUNKED + "1\r\nx\r\n".repeat(1000) + "0\r\n\r\n",
                SEEN_CHUNKED,
                "1\r\nx\r\n".repeat(1000) + "0\r\n\r\n"),
            arguments(
                59,
                "POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
                POST + "Content-Length: 1\r\n",
                "x"),
            arguments(62, "GET / HTTP/1.0\r\nHost: a\r\n" + offer("websocket") + "\r\n", GET),
            arguments(62, GET + offer("h2c") + "HTTP2-Settings: AAMA\r\n\r\n", GET),
            arguments(
                62,
                GET + offer("foo, h2c") + "HTTP2-Settings: AAMA\r\n\r\n",
                "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: foo\r\nHost: a\r\n"),
            arguments(62, GET + "Upgrade: websocket\r\n\r\n", GET),
            arguments(65, GET + "Expect: 100-continue\r\n\r\n", GET))
        .map(
            row ->
                row.get().length == 4
                    ? row
                    : arguments(row.get()[0], row.get()[1], row.get()[2], ""));
  }

  private static Arguments same(int rule, String head) {
    return arguments(rule, head + "\r\n", head);
  }

  private static String offer(String protocol) {
    return "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + protocol + "\r\n";
  }

  @ParameterizedTest(name = "rule {0}: {1}")
  @MethodSource
  @Rule({
    1, 2, 8, 9, 10, 11, 12, 13, 15, 20, 21, 25, 27, 28, 32, 33, 34, 35, 36, 37, 38, 39, 41, 42, 48,
    50, 53, 54, 56, 57, 59, 62, 65
  })
  void passed(int rule, String bytes, String seen, String body) throws IOException {
    try (RawClient client = stage.connect()) {
      client.send(bytes);
      Answer answer = client.read();
      assertEquals(200, answer.status(), answer.body());
      String host = Wire.field(seen, "Host");
      String version = bytes.contains(" HTTP/1.0\r\n") ? "1.0" : "1.1";
      assertEquals(
          seen
              + ("Via: " + version + " edge-1\r\nX-Forwarded-For: 127.0.0.1\r\n")
              + ("X-Forwarded-Proto: http\r\nX-Forwarded-Host: " + host + "\r\n\r\n")
              + body,
          answer.body());
      StrictReader.assertRequest(answer.body());
    }
  }

  @ParameterizedTest
  @MethodSource("tables")
  void everyRuleThatATableClaimsHasARow(String table, Set<Integer> numbers) throws Exception {
    Method method =
        Arrays.stream(RuleRequestsIT.class.getDeclaredMethods())
            .filter(each -> each.getName().equals(table) && each.isAnnotationPresent(Rule.class))
            .findFirst()
            .orElseThrow();
    List<Integer> claimed =
        Arrays.stream(method.getAnnotation(Rule.class).value()).boxed().toList();
    assertEquals(claimed, numbers.stream().sorted().toList());
  }

  static Stream<Arguments> tables() {
    return Stream.of(
        arguments("refused", numbers(refused())), arguments("passed", numbers(passed())));
  }

  private static Set<Integer> numbers(Stream<Arguments> rows) {
    return rows.map(row -> (Integer) row.get()[0]).collect(Collectors.toSet());
  }

  @Test
  @Rule(22)
  void aHostWithoutAPlaceIsRefusedAndNoneIsMisdirected() throws IOException {
    try (RawClient client = stage.connect()) {
      assertEquals(200, client.get("nobody-knows.example", "/").status());
      Answer answer = client.get("refused.example", "/");
      assertEquals(503, answer.status());
      assertEquals("503 not here\n", answer.body());
      // It was a good request, so the connection stays.
      assertEquals(200, client.get("a", "/").status());
    }
  }

  @Test
  @Rule(38)
  void optionsThatMayGoNoFurtherAreAnsweredHere() throws IOException {
    int before = stage.requests();
    try (RawClient client = stage.connect()) {
      client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
      Answer answer = client.read();
      assertEquals(200, answer.status());
      assertTrue(answer.field("Allow").contains("GET"));
      assertEquals(before, stage.requests());
      assertEquals(200, client.get("a", "/").status());
    }
  }

  @Test
  @Rule(49)
  void aBodyThatEndsEarlyEndsTheBackendsConnection() throws IOException {
    for (String start :
        List.of(POST + "Content-Length: 5\r\n\r\nhel", CHUNKED + "5\r\nhello\r\n0\r\n")) {
      int heads = stage.heads();
      int aborted = stage.aborted();
      int before = stage.requests();
      try (RawClient client = stage.connect()) {
        client.send(start);
        Eventually.holds("the head arrives", () -> stage.heads() > heads);
        client.wire().halfClose();
        assertEquals("", client.wire().rest());
      }
      Eventually.holds("the backend sees the end", () -> stage.aborted() > aborted);
      assertEquals(before, stage.requests());
    }
  }

  @Test
  @Rule(58)
  void aContinueOfTheBackendIsRelayedBeforeTheBody() throws IOException {
    try (RawClient client = stage.connect()) {
      client.send(POST + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
      assertEquals(100, client.read().status());
      client.send("hello");
      assertTrue(client.read().body().endsWith("\r\n\r\nhello"));
    }
  }

  @Test
  @Rule(76)
  void nothingIsReadAfterARequestThatCloses() throws IOException {
    int before = stage.requests();
    try (RawClient client = stage.connect()) {
      client.send(GET + "Connection: close\r\n\r\n" + GET + "\r\n");
      Answer answer = client.read();
      assertEquals("close", answer.field("Connection"));
      assertEquals("", client.wire().rest());
    }
    assertEquals(before + 1, stage.requests());
  }
}
