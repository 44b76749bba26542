// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static dev.rsp.http.h1.HeadWriter.Persistence.CLOSE;
import static dev.rsp.http.h1.HeadWriter.Persistence.KEEP;
import static dev.rsp.http.h1.HeadWriter.Persistence.KEEP_SAID;
import static dev.rsp.http.h1.HeadWriter.Persistence.UPGRADE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.Rule;
import dev.rsp.http.Refusal;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.h1.HeadWriter.Persistence;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The exact bytes that a client gets before a body: rules 1, 32, 34, 40, 67 and 75. */
final class ResponseWriterTest {
  private static final String DATE_TEXT = "Sat, 21 Nov 2026 00:00:00 GMT";
  private static final byte[] DATE = DATE_TEXT.getBytes(StandardCharsets.US_ASCII);
  private static final String OUR_DATE = "Date: " + DATE_TEXT + "\r\n";

  @ParameterizedTest(name = "\"{0}\" becomes \"{1}\"")
  @CsvSource({
    "HTTP/1.1 200 OK, HTTP/1.1 200 OK",
    "HTTP/1.0 200 OK, HTTP/1.1 200 OK",
    "HTTP/1.0 200, 'HTTP/1.1 200 '",
    "'HTTP/1.1 200 ', 'HTTP/1.1 200 '",
    "'HTTP/1.1 418   I am  ', 'HTTP/1.1 418   I am  '",
  })
  @Rule({1, 73})
  void statusLines(String in, String out) {
    assertEquals(out + "\r\n" + OUR_DATE + "\r\n", written(in + "\r\n\r\n", KEEP, true, false));
  }

  static Stream<Arguments> fields() {
    return Stream.of(
        arguments("unknown fields", "X: y\r\nx: z\r\n", "X: y\r\nx: z\r\n"),
        arguments(
            "cookies", "Set-Cookie: a\r\nSet-Cookie: b\r\n", "Set-Cookie: a\r\nSet-Cookie: b\r\n"),
        arguments("a space before the colon", "X : y\r\nY\t:z\r\n", "X: y\r\nY: z\r\n"),
        arguments("a tab for the space", "X:\ty\r\n", "X: y\r\n"),
        arguments("a space before the colon alone", "X :y\r\n", "X: y\r\n"),
        arguments("white space around", "X:  y \t\r\nZ: z\r\n", "X: y\r\nZ: z\r\n"),
        arguments("a length", "Content-Length: 5\r\n", "Content-Length: 5\r\n"),
        arguments(
            "leading zeros", "Content-Length: 05\r\nX: y\r\n", "X: y\r\nContent-Length: 5\r\n"),
        arguments("Connection", "X: y\r\nConnection: close\r\n", "X: y\r\n"),
        arguments("Keep-Alive", "Keep-Alive: timeout=5\r\nX: y\r\n", "X: y\r\n"),
        arguments("Proxy-Connection", "Proxy-Connection: close\r\n", ""),
        arguments("Trailer", "Trailer: X\r\nX: y\r\n", "X: y\r\n"),
        arguments("Upgrade", "Upgrade: h2\r\nConnection: upgrade\r\nX: y\r\n", "X: y\r\n"),
        arguments("nominated", "X-A: 1\r\nConnection: x-a, close\r\nX: y\r\n", "X: y\r\n"),
        arguments("Allow", "Allow: GET\r\n", "Allow: GET\r\n"),
        arguments("Via", "Via: 1.1 other\r\n", "Via: 1.1 other\r\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  @Rule({23, 28, 32, 34, 41, 42})
  void fields(String what, String in, String out) {
    assertEquals(
        "HTTP/1.1 200 OK\r\n" + out + OUR_DATE + "\r\n",
        written("HTTP/1.1 200 OK\r\n" + in + "\r\n", KEEP, true, false));
  }

  @Test
  @Rule(40)
  void keepsADate() {
    String head = "HTTP/1.1 200 OK\r\ndate: then\r\nX: y\r\n\r\n";
    assertEquals(head, written(head, KEEP, true, false)); // rule 40
  }

  @Test
  void keepsTheFirstOfTwoDates() {
    assertEquals(
        "HTTP/1.1 200 OK\r\nDate: x\r\n\r\n",
        written("HTTP/1.1 200 OK\r\nDate: x\r\nDATE: y\r\n\r\n", KEEP, true, false));
  }

  @Test
  @Rule(67)
  void addsNoDateToInterims() {
    String head = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
    assertEquals(head, written(head, KEEP, false, false));
    assertEquals(
        head,
        written(head.replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n"), KEEP, false, false));
  }

  @Test
  @Rule(67)
  void framesTheBody() {
    String length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\n";
    String none = "HTTP/1.1 200 OK\r\nX: y\r\n" + OUR_DATE + "\r\n";
    assertEquals(none, written(length, KEEP, false, false)); // rule 67
    String chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding:chunked\r\nX: y\r\n\r\n";
    assertEquals(none, written(chunked, KEEP, false, false));
    assertEquals(
        "HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n" + OUR_DATE + "\r\n",
        written(chunked, KEEP, false, true));
  }

  @ParameterizedTest(name = "205 with \"{0}\"")
  @ValueSource(
      strings = {
        "",
        "Content-Length: 5\r\n",
        "Content-Length: 00\r\n",
        "Transfer-Encoding: chunked\r\n"
      })
  @Rule(68)
  void saysThat205HasNoContent(String framing) {
    String line = "HTTP/1.1 205 Reset Content\r\n";
    String end = "X: y\r\nContent-Length: 0\r\n" + OUR_DATE + "\r\n";
    assertEquals(line + end, written(line + framing + "X: y\r\n\r\n", KEEP, true, false));
    assertEquals(line + end, written(line + framing + "X: y\r\n\r\n", KEEP, false, false));
  }

  @Test
  @Rule(75)
  void saysWhatBecomesOfTheConnection() {
    String head = "HTTP/1.1 200 OK\r\nConnection: keep-alive, close\r\nX: y\r\n\r\n";
    String start = "HTTP/1.1 200 OK\r\nX: y\r\n" + OUR_DATE;
    assertEquals(start + "\r\n", written(head, KEEP, true, false));
    assertEquals(start + "Connection: keep-alive\r\n\r\n", written(head, KEEP_SAID, true, false));
    assertEquals(start + "Connection: close\r\n\r\n", written(head, CLOSE, true, false));
  }

  @Test
  @Rule(62)
  void passesAnUpgrade() {
    String line = "HTTP/1.1 101 Switching Protocols\r\n";
    String kept = "Upgrade: websocket\r\nX: y\r\n";
    assertEquals(
        line + kept + "Connection: upgrade\r\n\r\n",
        written(
            line + "Connection: upgrade\r\nContent-Length: 0\r\n" + kept + "\r\n",
            UPGRADE,
            false,
            false));
  }

  @Test
  @Rule(31)
  void writesChunkLines() {
    var writer = new HeadWriter();
    writer.startChunk(0x1a2b, false);
    assertEquals("1a2b\r\n", Heads.text(writer));
    writer.startChunk(1, true);
    assertEquals("\r\n1\r\n", Heads.text(writer));
    writer.startChunk(Integer.MAX_VALUE, true);
    assertEquals("\r\n7fffffff\r\n", Heads.text(writer));
    writer.lastChunk(true);
    assertEquals("\r\n0\r\n\r\n", Heads.text(writer));
    writer.lastChunk(false);
    assertEquals("0\r\n\r\n", Heads.text(writer));
  }

  @Test
  void putsAChunkLineBehindAHead() {
    var writer = new HeadWriter();
    writer.response(Heads.response("HTTP/1.1 200 \r\nDate: x\r\n\r\n"), KEEP, false, true, DATE);
    writer.appendChunkSize(16, false);
    assertEquals(
        "HTTP/1.1 200 \r\nDate: x\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n", Heads.text(writer));
  }

  @Test
  @Rule(74)
  void refuses() {
    var refusal = new Refusal(400, "no Host field");
    String start =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n" + OUR_DATE;
    assertEquals(start + "\r\n400 no Host field\n", refusal(refusal, false, true, false));
    assertEquals(start + "\r\n", refusal(refusal, false, false, false));
    assertEquals(
        start + "Connection: close\r\n\r\n400 no Host field\n",
        refusal(refusal, true, true, false));
    assertEquals(
        start + "Connection: keep-alive\r\n\r\n400 no Host field\n",
        refusal(refusal, false, true, true));
    assertTrue(refusal(new Refusal(503, "x"), true, true, false).contains("\r\nRetry-After: "));
    assertTrue(refusal(new Refusal(405, "x"), true, true, false).contains("\r\nAllow: GET, "));
    assertTrue(refusal(new Refusal(200, "x"), false, true, false).contains("\r\nAllow: GET, "));
    assertFalse(start.contains("Allow") || start.contains("Retry-After"));
  }

  @Test
  void answersAProgramWithTheTextAlone() {
    assertEquals(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n"
            + OUR_DATE
            + "\r\ntoken.x",
        refusal(Refusal.answer("token.x"), false, true, false));
  }

  @Test
  void refusesWithTheIdOfTheRequest() {
    var writer = new HeadWriter();
    var refusal = new Refusal(502, "x");
    writer.refusal(refusal, false, true, false, DATE, "a-1");
    assertTrue(Heads.text(writer).endsWith("\r\n\r\n502 x\nrequest id: a-1\n"));
    writer.refusal(new Refusal(503, "it starts").asPage(), false, true, false, DATE, "a-1");
    assertTrue(Heads.text(writer).contains("\n<p>Request id: a-1</p>\n</body>"));
    writer.refusal(new Refusal(503, "it starts").asPage(), false, true, false, DATE, null);
    assertFalse(Heads.text(writer).contains("Request id"));
    writer.refusal(refusal, false, true, false, DATE, "");
    assertTrue(Heads.text(writer).endsWith("\r\n\r\n502 x\n"));
  }

  @Test
  void addsAFieldThatTheHeadDoesNotHave() {
    var writer = new HeadWriter();
    ResponseHead without = Heads.response("HTTP/1.1 200 \r\nDate: x\r\n\r\n");
    writer.response(without, KEEP, false, false, DATE);
    writer.addField(without, "A-Field", "A-Field: 1\r\n".getBytes(StandardCharsets.US_ASCII));
    assertEquals("HTTP/1.1 200 \r\nDate: x\r\nA-Field: 1\r\n\r\n", Heads.text(writer));
    ResponseHead with = Heads.response("HTTP/1.1 200 \r\nDate: x\r\na-field: 2\r\n\r\n");
    writer.response(with, KEEP, false, false, DATE);
    writer.addField(with, "A-Field", "A-Field: 1\r\n".getBytes(StandardCharsets.US_ASCII));
    assertEquals("HTTP/1.1 200 \r\nDate: x\r\na-field: 2\r\n\r\n", Heads.text(writer));
  }

  @Test
  void addsAFieldHoweverLongItIs() {
    var writer = new HeadWriter();
    ResponseHead head = Heads.response("HTTP/1.1 200 \r\nDate: x\r\n\r\n");
    writer.response(head, KEEP, false, false, DATE);
    String line = "A-Field: " + "1".repeat(100_000) + "\r\n";
    writer.addField(head, "A-Field", line.getBytes(StandardCharsets.US_ASCII));
    assertEquals("HTTP/1.1 200 \r\nDate: x\r\n" + line + "\r\n", Heads.text(writer));
  }

  @Test
  void aRedirectNamesItsLocation() {
    var writer = new HeadWriter();
    writer.refusal(Refusal.redirect("https://a/?b"), false, true, false, DATE, null);
    String text = Heads.text(writer);
    assertTrue(text.startsWith("HTTP/1.1 308 Permanent Redirect\r\n"), text);
    assertTrue(text.contains("\r\nLocation: https://a/?b\r\n"), text);
  }

  @ParameterizedTest(name = "an answer of our own with {0} is one that we would take")
  @CsvSource({
    "200", "308", "400", "403", "404", "405", "408", "413", "414", "417", "421", "429", "431",
    "500", "501", "502", "503", "504", "505", "508", "599"
  })
  @Rule(31)
  void refusalsAreStrict(int status) {
    String text = refusal(new Refusal(status, "\u00e4 why\r\n".repeat(3000)), true, true, false);
    ResponseHead head = Heads.response(text); // rule 31
    assertEquals(status, head.status());
    assertEquals(text.length() - head.length(), head.contentLength());
  }

  private static String refusal(
      Refusal refusal, boolean close, boolean withBody, boolean sayKeepAlive) {
    var writer = new HeadWriter();
    writer.refusal(refusal, close, withBody, sayKeepAlive, DATE, null);
    return Heads.text(writer);
  }

  private static String written(
      String head, Persistence persistence, boolean hasLength, boolean chunked) {
    var writer = new HeadWriter();
    writer.response(Heads.response(head), persistence, hasLength, chunked, DATE);
    return Heads.text(writer);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "426|Upgrade: websocket|Upgrade: websocket/Connection: upgrade/",
        "426|Connection: Upgrade/Upgrade: TLS/1.0|Upgrade: TLS/1.0/Connection: upgrade/",
        "426|X: y|X: y/",
        "400|Connection: Upgrade/Upgrade: h2c|''",
        "200|Upgrade: h2,h2c|''",
      })
  @Rule(34)
  void keepsTheProtocolsThatA426Requires(int status, String fields, String kept) {
    var writer = new HeadWriter();
    String date = "Sat, 21 Nov 2026 00:00:00 GMT";
    String lines = "Date: " + date + "/" + fields + "//";
    ResponseHead head = Heads.response(crlf("HTTP/1.1 " + status + " /" + lines));
    writer.response(head, Persistence.KEEP, true, false, date.getBytes(StandardCharsets.US_ASCII));
    assertEquals(
        crlf("HTTP/1.1 " + status + " /Date: " + date + "/" + kept + "/"), Heads.text(writer));
  }

  private static String crlf(String lines) {
    return lines.replaceAll("/(?!1\\.)", "\r\n");
  }
}
