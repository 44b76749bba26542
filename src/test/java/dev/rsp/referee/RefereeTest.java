// SPDX-License-Identifier: Apache-2.0
package dev.rsp.referee;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The referee's own tests: what it must accept and reject. In tables, "|" is a line end. */
final class RefereeTest {
  private static final String VIA = "Host: a|Via: 1.1 rsp|";
  private static final String DATE = "Date: x|";

  private static String bytes(String text) {
    return text.replace("|", "\r\n");
  }

  private static Verdict requests(String stream) {
    return Referee.requests(bytes(stream), End.FIN);
  }

  private static Verdict responses(String stream, End end, Asked... asked) {
    return Referee.responses(bytes(stream), end, List.of(asked));
  }

  /** A summary of the messages: start line, length of the body, "+" if complete. */
  private static String brief(Verdict verdict) {
    return verdict.sound().stream()
        .map(m -> m.startLine() + " " + m.bodyBytes() + (m.whole() ? "+" : "-"))
        .collect(Collectors.joining(", "));
  }

  private static void assertFoul(Verdict verdict) {
    assertNotNull(verdict.violation(), () -> "let through: " + verdict.messages());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "",
        "GET / HTTP/1.1|" + VIA + "|",
        "OPTIONS * HTTP/1.1|" + VIA + "|",
        "QUERY /?a=%zz|b HTTP/1.1|" + VIA + "Content-Length: 3||abc",
        "GET / HTTP/1.1|" + VIA + "|GET / HTTP/1.1|" + VIA + "|",
        "GET / HTTP/1.1|Host: a.example:80|Via: 1.0 x, 1.1 rsp (rsp)|X:|Y: \u00e9|Y: z||",
        "GET / HTTP/1.1|Host: [::1]:80|Via: 1.1 rsp||",
        "GET / HTTP/1.1|" + VIA + "Connection: upgrade|Upgrade: websocket||",
        "GET / HTTP/1.1|" + VIA + "Connection: TE|TE: trailers||",
        "PUT / HTTP/1.1|" + VIA + "Content-Length: 0||",
        "PUT / HTTP/1.1|" + VIA + "Expect: 100-continue|Content-Length: 1||a",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||3|abc|A|0123456789|0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked|Trailer: X||0|X: y||",
        // truncated, detectable
        "GET / HTTP/1.1|Ho",
        "GET / HTTP/1.1|" + VIA,
        "PUT / HTTP/1.1|" + VIA + "Content-Length: 3||ab",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||3|abc|",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||3|abc|0|"
      })
  void acceptsRequests(String stream) {
    // The third one has a "|" in its target that is not a line end.
    requests(stream.replace("%zz|b", "%zz%7Cb")).sound();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "|GET / HTTP/1.1|" + VIA + "|",
        "GET  / HTTP/1.1|" + VIA + "|",
        "GET / HTTP/1.1 |" + VIA + "|",
        "GET / HTTP/1.0|" + VIA + "|",
        "GET / HTTP/2.0|" + VIA + "|",
        "GET / http/1.1|" + VIA + "|",
        "GET / HTTP/1.1\n" + VIA + "|",
        "GET / HTTP/1.1\rX|" + VIA + "|",
        "G@T / HTTP/1.1|" + VIA + "|",
        "GET /a#b HTTP/1.1|" + VIA + "|",
        "GET /\u00e9 HTTP/1.1|" + VIA + "|",
        "GET /\0 HTTP/1.1|" + VIA + "|",
        "GET http://a/ HTTP/1.1|" + VIA + "|",
        "GET * HTTP/1.1|" + VIA + "|",
        "CONNECT a:80 HTTP/1.1|" + VIA + "|",
        "GET / HTTP/1.1|Via: 1.1 rsp||",
        "GET / HTTP/1.1|Host: a||",
        "GET / HTTP/1.1|" + VIA + "Host: a||",
        "GET / HTTP/1.1|Host: a b|Via: 1.1 rsp||",
        "GET / HTTP/1.1|Host:|Via: 1.1 rsp||",
        "GET / HTTP/1.1|Host: u@a|Via: 1.1 rsp||",
        "GET / HTTP/1.1|Host: a:1:2|Via: 1.1 rsp||",
        "GET / HTTP/1.1|" + VIA + ": y||",
        "GET / HTTP/1.1|" + VIA + "X||",
        "GET / HTTP/1.1|" + VIA + "X : y||",
        "GET / HTTP/1.1|" + VIA + "X:  y||",
        "GET / HTTP/1.1|" + VIA + "X: y ||",
        "GET / HTTP/1.1|" + VIA + "X:\ty||",
        "GET / HTTP/1.1|" + VIA + "X: y| folded||",
        "GET / HTTP/1.1|" + VIA + "X[]: y||",
        "GET / HTTP/1.1|" + VIA + "X: a\0b||",
        "GET / HTTP/1.1|" + VIA + "X: a\u007fb||",
        "GET / HTTP/1.1|" + VIA + "X: a\nb||",
        "GET / HTTP/1.1|" + VIA + "X: a\rb||",
        "GET / HTTP/1.1|" + VIA + "Connection: close, X||",
        "GET / HTTP/1.1|" + VIA + "Connection: keep-alive||",
        "GET / HTTP/1.1|" + VIA + "Connection:||",
        "GET / HTTP/1.1|" + VIA + "Keep-Alive: 5||",
        "GET / HTTP/1.1|" + VIA + "Proxy-Connection: close||",
        "GET / HTTP/1.1|" + VIA + "HTTP2-Settings: x||",
        "GET / HTTP/1.1|" + VIA + "Upgrade: websocket||",
        "GET / HTTP/1.1|" + VIA + "Connection: upgrade||",
        "GET / HTTP/1.1|" + VIA + "TE: trailers||",
        "GET / HTTP/1.1|" + VIA + "Connection: TE|TE: gzip||",
        "GET / HTTP/1.1|" + VIA + "Expect: 100-continue||",
        "PUT / HTTP/1.1|" + VIA + "Expect: tea|Content-Length: 1||a",
        "PUT / HTTP/1.1|" + VIA + "Content-Length: 03||abc",
        "PUT / HTTP/1.1|" + VIA + "Content-Length: +3||abc",
        "PUT / HTTP/1.1|" + VIA + "Content-Length:||",
        "PUT / HTTP/1.1|" + VIA + "Content-Length: 3, 3||abc",
        "PUT / HTTP/1.1|" + VIA + "Content-Length: 3|Content-Length: 3||abc",
        "PUT / HTTP/1.1|" + VIA + "Content-Length: 1000000000000000000||",
        "PUT / HTTP/1.1|" + VIA + "Content-Length: 3||abcd",
        "PUT / HTTP/1.1|" + VIA + "Content-Length: 3|Transfer-Encoding: chunked||0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: gzip, chunked||0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: identity||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked|Transfer-Encoding: chunked||0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||0x1|a|0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||1;x|a|0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||1 |a|0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||-1|a|0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked|||a|0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||1\na|0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||1|ab|0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||1|a\n0||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||1000000000000000|",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||0|X: y||",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked|Trailer: x||0|Host: b||",
        // truncated, but invalid before that, or truncated where no head can be
        "GE",
        "GET / HT",
        "\0",
        "GET  /",
        "GET / HTTP/1.1|X: \0",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||x",
        "PUT / HTTP/1.1|" + VIA + "Transfer-Encoding: chunked||1|ab",
      })
  void refusesRequests(String stream) {
    assertFoul(requests(stream));
  }

  @Test
  void readsRequests() {
    String put = "PUT / HTTP/1.1|" + VIA;
    assertEquals(
        "PUT / HTTP/1.1 3+, PUT / HTTP/1.1 12+, PUT / HTTP/1.1 1-",
        brief(
            requests(
                put
                    + ("Content-Length: 3||abc" + put)
                    + ("Transfer-Encoding: chunked||2|ab|a|0123456789|0||" + put)
                    + "Content-Length: 2||a")));
    Message chunks =
        requests(put + "Transfer-Encoding: chunked|Trailer: X||2|ab|1|c|0|X: y||").sound().get(0);
    assertEquals("abc", chunks.body());
    assertEquals(List.of(new Field("X", "y")), chunks.trailers());
    assertEquals(new Field("Via", "1.1 rsp"), chunks.fields().get(1));
  }

  @Test
  void takesATunnelForATunnelOnlyIfBothSidesAgreed() {
    String offer = "GET / HTTP/1.1|" + VIA + "Connection: upgrade|Upgrade: websocket||";
    assertEquals(
        "GET / HTTP/1.1 0+", brief(Referee.requests(bytes(offer + "\0\0\n"), End.RESET, true)));
    assertFoul(Referee.requests(bytes(offer + "\0\0\n"), End.FIN, false));
    assertFoul(Referee.requests(bytes("GET / HTTP/1.1|" + VIA + "|" + "\0\0\n"), End.FIN, true));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 200 OK|" + DATE + "Content-Length: 3||abc",
        "HTTP/1.1 200 |" + DATE + "Content-Length: 0||",
        "HTTP/1.1 204 No Content|" + DATE + "|",
        "HTTP/1.1 205 Reset|" + DATE + "Content-Length: 0||",
        "HTTP/1.1 304 Not Modified|" + DATE + "Content-Length: 5||",
        "HTTP/1.1 200 OK|" + DATE + "Transfer-Encoding: chunked||3|abc|0||",
        "HTTP/1.1 200 OK|" + DATE + "Connection: close|Content-Length: 3||abc",
        "HTTP/1.1 103 Early Hints|Link: x||HTTP/1.1 100 ||HTTP/1.1 204 |" + DATE + "|",
        // truncated, detectable
        "HT",
        "HTTP/1.1 200 O",
        "HTTP/1.1 200 OK|Da",
        "HTTP/1.1 200 OK|" + DATE + "Content-Length: 3||ab",
        "HTTP/1.1 200 OK|" + DATE + "Transfer-Encoding: chunked||3|abc|",
        "HTTP/1.1 200 OK|" + DATE + "Transfer-Encoding: chunked||3|abc|0|",
      })
  void acceptsAResponse(String stream) {
    responses(stream, End.FIN, Asked.of("GET")).sound();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "HTTP/1.0 200 OK|" + DATE + "Content-Length: 0||",
        "HTTP/2 200 OK|" + DATE + "Content-Length: 0||",
        "HTTP/1.1 200|" + DATE + "Content-Length: 0||",
        "HTTP/1.1 099 OK|" + DATE + "Content-Length: 0||",
        "HTTP/1.1 1000 OK|" + DATE + "Content-Length: 0||",
        "HTTP/1.1 9X9 OK|" + DATE + "Content-Length: 0||",
        "HTTP/1.1  200 OK|" + DATE + "Content-Length: 0||",
        "HTTP/1.1 200 O\0K|" + DATE + "Content-Length: 0||",
        "|HTTP/1.1 200 OK|" + DATE + "Content-Length: 0||",
        "HTTP/1.1 200 OK|Content-Length: 0||",
        "HTTP/1.1 200 OK|" + DATE + DATE + "Content-Length: 0||",
        "HTTP/1.1 200 OK|" + DATE + "|abc",
        "HTTP/1.1 200 OK|" + DATE + "Connection: close||abc",
        "HTTP/1.1 200 OK|" + DATE + "Content-Length: 00||",
        "HTTP/1.1 200 OK|" + DATE + "Content-Length: 1|Content-Length: 1||a",
        "HTTP/1.1 200 OK|" + DATE + "Content-Length: 3|Transfer-Encoding: chunked||0||",
        "HTTP/1.1 200 OK|" + DATE + "Transfer-Encoding: chunked||0|X: y||",
        "HTTP/1.1 200 OK|" + DATE + "Transfer-Encoding: chunked||1;x|a|0||",
        "HTTP/1.1 200 OK|" + DATE + "Content-Length: 1||ab",
        "HTTP/1.1 200 OK|" + DATE + "Content-Length: 0||HTTP/1.1 200 OK|",
        "HTTP/1.1 200 OK|" + DATE + "Content-Length: 0||H",
        "HTTP/1.1 204 |" + DATE + "Content-Length: 0||",
        "HTTP/1.1 204 |" + DATE + "Transfer-Encoding: chunked||0||",
        "HTTP/1.1 204 |" + DATE + "|a",
        "HTTP/1.1 304 |" + DATE + "|a",
        "HTTP/1.1 103 |Content-Length: 0||",
        "HTTP/1.1 103 |Transfer-Encoding: chunked||",
        "HTTP/1.1 103 |Connection: close||",
        "HTTP/1.1 101 |Connection: upgrade|Upgrade: websocket||",
        "HTTP/1.1 200 OK|" + DATE + "Connection: X|Content-Length: 0||",
        "HTTP/1.1 200 OK|" + DATE + "Connection: close, X|Content-Length: 0||",
        "HTTP/1.1 200 OK|" + DATE + "Keep-Alive: timeout=5|Content-Length: 0||",
        "HTTP/1.1 200 OK|" + DATE + "Upgrade: h2c|Content-Length: 0||",
        "HTTP/1.1 200 OK|" + DATE + "X : y|Content-Length: 0||",
        "HTTP/1.1 200 OK|" + DATE + "X: y| z|Content-Length: 0||",
        "HTTP/1.1 200 OK\n" + DATE + "Content-Length: 0||",
        "garbage",
      })
  void refusesAResponse(String stream) {
    assertFoul(responses(stream, End.FIN, Asked.of("GET")));
  }

  @Test
  void knowsWhatWasAsked() {
    String length = "HTTP/1.1 200 OK|" + DATE + "Content-Length: 3|";
    assertEquals(
        "HTTP/1.1 200 OK 0+, HTTP/1.1 200 OK 3+",
        brief(
            responses(length + "|" + length + "|abc", End.FIN, Asked.of("HEAD"), Asked.of("GET"))));
    assertFoul(responses(length + "|abc", End.FIN, Asked.of("HEAD")));
    assertFoul(responses(length + "|abc", End.FIN));
    Asked last = new Asked("GET", false, false, "", false, true);
    assertFoul(responses(length + "|abc", End.FIN, last, last));
    String close = length + "Connection: close||abc";
    responses(close, End.FIN, last).sound();
    assertFoul(responses(close + close, End.FIN, last, last));
    Asked none = new Asked("", false, false, "", false, false);
    assertFoul(responses(close, End.FIN, none));
    responses(close.replace("200 OK", "400 Bad Request"), End.FIN, none).sound();
    responses(close.replace("200 OK", "503 No"), End.FIN).sound();
  }

  @Test
  @DisplayName("knows what HTTP/1.0 does not understand")
  void knowsHttp10() {
    String head = "HTTP/1.1 200 OK|" + DATE;
    Asked plain = Asked.of10("GET");
    Asked kept = new Asked("GET", true, true, "", false, true);
    assertEquals(
        "HTTP/1.1 200 OK 3+", brief(responses(head + "Connection: close||abc", End.FIN, plain)));
    for (End end : List.of(End.RESET, End.UNSEEN)) {
      assertEquals(
          "HTTP/1.1 200 OK 3-", brief(responses(head + "Connection: close||abc", end, plain)));
    }
    responses(head + "Connection: keep-alive|Content-Length: 0||", End.FIN, kept).sound();
    assertFoul(responses(head + "Content-Length: 0||", End.FIN, plain));
    assertFoul(responses(head + "Content-Length: 0||", End.FIN, kept));
    assertFoul(responses(head + "Connection: keep-alive||abc", End.FIN, kept));
    assertFoul(
        responses(head + "Connection: close|Transfer-Encoding: chunked||0||", End.FIN, plain));
    assertFoul(responses("HTTP/1.1 103 ||" + head + "Connection: close||", End.FIN, plain));
  }

  @Test
  void takesTrailersAndTunnelsWhereTheyWereAskedFor() {
    Asked both = new Asked("GET", false, true, "WebSocket", true, true);
    responses("HTTP/1.1 200 OK|" + DATE + "Transfer-Encoding: chunked||0|X: y||", End.FIN, both)
        .sound();
    String tunnel = "HTTP/1.1 101 |Connection: upgrade|Upgrade: websocket||\0\n\0";
    assertEquals("HTTP/1.1 101  0+", brief(responses(tunnel, End.RESET, both)));
    assertFoul(responses(tunnel.replace("Upgrade: w", "Upgrade: x"), End.RESET, both));
    assertFoul(responses(tunnel.replace("Connection: upgrade|", ""), End.RESET, both));
  }

  @Test
  void learnsFromWhatTheClientSent() {
    String ok = "HTTP/1.1 200 OK|" + DATE + "Content-Length: 1||a";
    String bad = "HTTP/1.1 400 Bad Request|" + DATE + "Connection: close|Content-Length: 1||a";
    String get = "GET / HTTP/1.1|Host: a||";
    String post = "POST / HTTP/1.1|Host: a|Transfer-Encoding: chunked||1;x|a|0|T: y||";
    assertEquals(3, answered(ok + ok + ok, get + post + "||" + get).sound().size());
    assertFoul(answered(ok + ok, get));
    assertEquals(2, answered(ok + bad, get + "nonsense|").sound().size());
    assertEquals(1, answered(bad, "GET / HT").sound().size());
    assertFoul(answered(bad, "")); // only 408 and 503 may come without a request
    assertFoul(answered(ok, "GET / HTTP/1.1|Host : a||"));
    assertFoul(answered(ok, "GET / HTTP/1.0||"));
    assertFoul(answered(bad, "HEAD / HTTP/1.1|Host : a||")); // a body
  }

  private static Verdict answered(String stream, String sent) {
    return Referee.responses(bytes(stream), End.FIN, bytes(sent));
  }

  @Test
  @DisplayName("comes to the same verdict wherever the stream is split")
  void splits() {
    byte[] sent = bytes("HEAD / HTTP/1.1|Host: a||GET / HTTP/1.1|Host: a||").getBytes(ISO_8859_1);
    byte[] stream =
        bytes(
                "HTTP/1.1 200 OK|"
                    + DATE
                    + "Content-Length: 3||HTTP/1.1 200 OK|"
                    + DATE
                    + "Transfer-Encoding: chunked||3|abc|0||")
            .getBytes(ISO_8859_1);
    for (int split = 0; split <= stream.length; split++) {
      Watch watch = Watch.client();
      watch.sent(sent, 0, sent.length);
      watch.received(stream, 0, split);
      watch.received(stream, split, stream.length - split);
      watch.ended(End.FIN);
      assertEquals(null, watch.violation());
      watch = Watch.client();
      watch.sent(sent, 0, sent.length);
      watch.received(stream, 0, split);
      watch.received(new byte[1], 0, 1);
      watch.ended(End.FIN);
      boolean insideBody = stream.length - split <= 10 && stream.length - split > 7;
      assertEquals(insideBody, watch.violation() == null, "NUL at " + split);
    }
  }
}
