// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.http.h1.Heads;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Response heads: rules 66 to 73. */
final class ResponseHeadTest {
  private static final Refusal FRAMING = new Refusal(502, "ambiguous framing of the response");

  @ParameterizedTest(name = "\"{0}\" is {1}")
  @CsvSource({
    "HTTP/1.1 200 OK, 200",
    "'HTTP/1.1 200 ', 200",
    "HTTP/1.1 200, 200",
    "HTTP/1.0 404 Not Found, 404",
    "HTTP/1.9 503 \u00e4\t!, 503",
    "HTTP/1.1 100 Continue, 100",
    "HTTP/1.1 999 , 999",
  })
  @Rule(73)
  void statusLines(String line, int status) {
    assertEquals(status, Heads.response(line + "\r\n\r\n").status());
  }

  @ParameterizedTest(name = "\"{0}\" is refused") // rule 73
  @ValueSource(
      strings = {
        "",
        " HTTP/1.1 200 OK",
        "\r\n\r\n\r\nHTTP/1.1 200 OK",
        "\r\n \r\nHTTP/1.1 200 OK",
        "\rHTTP/1.1 200 OK",
        "\nHTTP/1.1 200 OK",
        "HTTP/1.1  200 OK",
        "HTTP/1.1\t200 OK",
        "HTTP/2.0 200 OK",
        "HTTP/0.9 200 OK",
        "HTTP/1.a 200 OK",
        "HTTP/11 200 OK",
        "http/1.1 200 OK",
        "ICY 200 OK",
        "HTTP/1.1 099 OK",
        "HTTP/1.1 1000 OK",
        "HTTP/1.1 20 OK",
        "HTTP/1.1 9X9 OK",
        "HTTP/1.1 200\tOK",
        "HTTP/1.1 200OK",
        "HTTP/1.1 OK",
        "HTTP/1.1 200 O\0K",
        "HTTP/1.1 200 O\rK",
        "HTTP/1.1 200 O\nK",
        "<html>",
        "HTTP/1.1 -20 OK"
      })
  @Rule({5, 73})
  void noStatusLines(String line) {
    Refusal refusal = new Refusal(502, "malformed status line");
    assertEquals(refusal, Heads.refusedResponse(line + "\r\nX: y\r\n\r\n"));
  }

  @Test
  @Rule(73)
  void writesBlanksOverControlsInAReason() {
    ResponseHead head = Heads.response("HTTP/1.1 200 O\u007fK\u0001!\r\nX: y\r\n\r\n");
    assertEquals("HTTP/1.1 200 O K !\r\n", head.text(0, head.startLineEnd()));
    assertEquals("y", head.field("x"));
  }

  @ParameterizedTest(name = "{0} is refused") // rule 69
  @ValueSource(
      strings = {
        "Content-Length:",
        "Content-Length: x",
        "Content-Length: -1",
        "Content-Length: +1",
        "Content-Length: 1, 1",
        "Content-Length: 9223372036854775808",
        "Content-Length: 1\r\nContent-Length: 1",
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 1",
        "Transfer-Encoding:",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: gzip, chunked, chunked",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunked,",
        "Transfer-Encoding: ,chunked",
        "Transfer-Encoding: chunked;a=b",
        "Transfer-Encoding: chunked chunked",
        "Transfer-Encoding: chunked, chunked\r\nContent-Length: 1",
        "Transfer-Encoding: identity",
        "Transfer-Encoding : x\r\nContent-Length: 1",
      })
  @Rule(69)
  void noFraming(String fields) {
    assertEquals(FRAMING, Heads.refusedResponse("HTTP/1.1 200 OK\r\n" + fields + "\r\n\r\n"));
  }

  @Test
  @Rule(69)
  void readsChunksOfHttp10AndEndsTheConnection() {
    ResponseHead head =
        Heads.response(
            "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n");
    assertTrue(head.chunked());
    assertFalse(head.keepAlive());
    assertEquals(
        FRAMING,
        Heads.refusedResponse(
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked ,\tCHUNKED",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      })
  @Rule(69)
  void readsChunksThatAreNamedTwiceAndEndsTheConnection(String fields) {
    ResponseHead head = Heads.response("HTTP/1.1 200 OK\r\n" + fields + "\r\n\r\n");
    assertTrue(head.chunked());
    assertFalse(head.keepAlive());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"\r\n", "\r\n\r\n"})
  @Rule(73)
  void dropsEmptyLinesBeforeAStatusLine(String lines) {
    String text = lines + "HTTP/1.1 404 No\r\nX: y\r\n\r\n";
    ResponseHead head = Heads.response(text);
    assertEquals(404, head.status());
    assertEquals(text.length(), head.length());
    assertFalse(head.http10());
  }

  @Test
  @Rule(23)
  void readsTheFraming() {
    ResponseHead chunked = Heads.response("HTTP/1.1 200 OK\r\nTransfer-encoding: Chunked\r\n\r\n");
    assertTrue(chunked.chunked());
    assertEquals(-1, chunked.contentLength());
    ResponseHead length = Heads.response("HTTP/1.1 200 OK\r\ncontent-length: 007\r\n\r\n");
    assertFalse(length.chunked());
    assertEquals(7, length.contentLength());
    ResponseHead spaced = Heads.response("HTTP/1.1 200 OK\r\nContent-Length : 7\r\n\r\n");
    assertEquals(7, spaced.contentLength());
  }

  @ParameterizedTest(name = "HTTP/{0}, {1}: {2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "1.1|X: y|true",
        "1.1|Connection: close|false",
        "1.1|Connection: x, CLOSE|false",
        "1.0|X: y|false",
        "1.0|Connection: keep-alive|false",
      })
  @Rule(76)
  void persistence(String version, String fields, boolean keptAlive) {
    assertEquals(
        keptAlive,
        Heads.response("HTTP/" + version + " 200 OK\r\n" + fields + "\r\n\r\n").keepAlive());
  }

  @Test
  @Rule(32)
  void refusesWhatIsNoConnectionField() {
    assertEquals(
        new Refusal(502, "malformed Connection field in the response"),
        Heads.refusedResponse("HTTP/1.1 200 OK\r\nConnection: a b\r\n\r\n"));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({"100, true", "101, false", "102, true", "103, true", "199, true", "200, false"})
  @Rule(61)
  void interims(int status, boolean interim) {
    assertEquals(interim, Heads.response("HTTP/1.1 " + status + " \r\n\r\n").interim());
  }

  @Test
  @Rule(62)
  void namesTheNewProtocolOnlyOfAnUpgrade() {
    String line = "HTTP/1.1 101 Switching Protocols\r\n";
    assertEquals(
        "websocket",
        Heads.response(line + "Upgrade: WebSocket\r\nConnection: Upgrade\r\n\r\n").upgradeTo());
    assertEquals("", Heads.response(line + "Upgrade: WebSocket\r\n\r\n").upgradeTo());
    assertEquals("", Heads.response(line + "Connection: upgrade\r\n\r\n").upgradeTo());
  }
}
