// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.Rule;
import dev.rsp.http.Octets;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Field lines of requests and responses: rules 4 to 6 and 23 to 30. */
final class FieldLinesTest {
  private static final Refusal NAME = new Refusal(400, "malformed field name");
  private static final Refusal COLON = new Refusal(400, "white space between field name and colon");
  private static final Refusal START = new Refusal(400, "white space at the start of a field line");
  private static final Refusal VALUE = new Refusal(400, "invalid octet in a field value");
  private static final Refusal LINE_END = new Refusal(400, "a line must end with CR LF");
  private static final Refusal IN_RESPONSE = new Refusal(502, "malformed field in the response");

  /** What both requests and responses must not have. */
  static Stream<Arguments> refused() {
    return Stream.of(
        arguments("an empty name", ": b\r\n", NAME),
        arguments("a colon alone", ":\r\n", NAME),
        arguments("no colon", "X\r\n", NAME),
        arguments("brackets in a name", "X[]: b\r\n", NAME),
        arguments("an at sign in a name", "X@: b\r\n", NAME),
        arguments("a NUL in a name", "X\0: b\r\n", NAME),
        arguments("NEL in a name", "X\u0085: b\r\n", NAME),
        arguments("a DEL in a name", "X\u007f: b\r\n", NAME),
        arguments("a control in a name", "\u000bX: b\r\n", NAME),
        arguments("a space in a name", "X Y: b\r\n", COLON),
        arguments("a folded line", "X: b\r\n c\r\n", START),
        arguments("a line folded with a tab", "X: b\r\n\tc\r\n", START),
        arguments("a space before the name", " X: b\r\n", START),
        arguments("a space for the empty line", " \r\n", START),
        arguments("a bare CR in a value", "X: a\rb\r\n", LINE_END),
        arguments("two CR at the end of a line", "X: a\r\r\n", LINE_END),
        arguments("a bare LF at the end of a line", "X: a\n", LINE_END),
        arguments("a bare CR for the empty line", "\rX: a\r\n", LINE_END),
        arguments("a NUL in a value", "X: a\0b\r\n", VALUE));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  @Rule({4, 5, 6, 24, 25, 26})
  void refused(String what, String line, Refusal why) {
    assertEquals(why, Heads.refusedRequest("GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n"));
    assertEquals(why, Heads.refusedRequest("GET / HTTP/1.1\r\n" + line + "Host: a\r\n\r\n"));
    assertEquals(IN_RESPONSE, Heads.refusedResponse("HTTP/1.1 200 OK\r\n" + line + "\r\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  @Rule({4, 5, 6, 24, 25, 26})
  void refusedInEveryPlace(String what, String line, Refusal why) {
    String many = "A: b\r\n".repeat(20);
    assertEquals(why, Heads.refusedRequest("GET / HTTP/1.1\r\n" + many + line + many + "\r\n"));
  }

  static Stream<Arguments> values() {
    return Stream.of(
        arguments("no space", "X:b\r\n", "b"),
        arguments("one space", "X: b\r\n", "b"),
        arguments("spaces and tabs around", "X: \t b \t\r\n", "b"),
        arguments("spaces and tabs inside", "X: a \t b\r\n", "a \t b"),
        arguments("empty", "X:\r\n", ""),
        arguments("white space alone", "X: \t \r\n", ""),
        arguments("octets above 127", "X: \u00e4\u0085\u00ff\r\n", "\u00e4\u0085\u00ff"),
        arguments("colons and quotes", "X: \":\"::\r\n", "\":\"::"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  @Rule({25, 27})
  void values(String what, String line, String value) {
    assertEquals(value, Heads.request("GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n").field("x"));
    assertEquals(value, Heads.response("HTTP/1.1 200 OK\r\n" + line + "\r\n").field("X"));
  }

  @ParameterizedTest(name = "\"{0}\"")
  @CsvSource(
      ignoreLeadingAndTrailingWhitespace = false,
      delimiter = '|',
      value = {
        "a\u0001b|a b",
        "a\u0008\u000b\u000c\u000eb|a    b",
        "\u001b[1mred\u001b[0m|[1mred [0m",
        "a\u007f|a",
        "a\u001f\t|a",
        "\u0001 \u007fa|a",
        "\u0001|''",
        "a\u0085\u0001b|a\u0085 b",
      })
  @Rule(25)
  void writesBlanksOverControlsInValuesOfResponsesOnly(String sent, String value) {
    String line = "X: " + sent + "\r\n";
    ResponseHead head = Heads.response("HTTP/1.1 200 OK\r\n" + line + "Y: z\r\n\r\n");
    assertEquals(value, head.field("x"));
    assertEquals("z", head.field("y"));
    for (int at = 0; at < head.length(); at++) {
      assertFalse(Octets.is(Octets.HARMLESS_CONTROL, head.bytes()[at]), "at " + at);
    }
    assertEquals(VALUE, Heads.refusedRequest("GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Date", "Via", "Forwarded", "X-Forwarded-Host", "Expect", "Host", "Proxy"})
  @Rule(25)
  void writesBlanksOverControlsWhateverHasAMeaningInRequestsOnly(String name) {
    assertEquals(
        "a b", Heads.response("HTTP/1.1 200 OK\r\n" + name + ": a\u0001b\r\n\r\n").field(name));
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "Transfer-Encoding: \u000bchunked",
        "Transfer-Encoding: chunked\u0001",
        "Transfer_Encoding: \u000bchunked",
        "Content-Length: 1\u0001",
        "Content-Length: \u00011",
        "Connection: \u007fclose",
        "Keep-Alive: timeout=\u00015",
        "X: \u0001\0",
        "X: \u0001\rb",
        "X: \u0001\nb",
      })
  @Rule({25, 69})
  void keepsRefusingControlsWhereTheyMatter(String line) {
    assertEquals(IN_RESPONSE, Heads.refusedResponse("HTTP/1.1 200 OK\r\n" + line + "\r\n\r\n"));
  }

  @Test
  @Rule(23)
  void refusesSpaceBeforeTheColonOfRequestsOnly() {
    assertEquals(COLON, Heads.refusedRequest("GET / HTTP/1.1\r\nHost : a\r\n\r\n")); // rule 23
    assertEquals(COLON, Heads.refusedRequest("GET / HTTP/1.1\r\nHost\t: a\r\n\r\n"));
    assertEquals("b", Heads.response("HTTP/1.1 200 OK\r\nX \t : b\r\n\r\n").field("x"));
  }

  @Test
  @Rule(5)
  void refusesALineFeedForTheEmptyLine() {
    assertEquals(NAME, Heads.refusedRequest("GET / HTTP/1.1\r\nHost: a\r\n\n"));
    assertEquals(IN_RESPONSE, Heads.refusedResponse("HTTP/1.1 200 OK\r\nX: a\r\n\n"));
  }

  @Test
  void findsTheFirstOfAName() {
    RequestHead head = Heads.request("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\nXx: 3\r\n\r\n");
    assertEquals("1", head.field("x"));
    assertEquals("1", head.field("X"));
    assertNull(head.field("y"));
    assertNull(head.field(""));
  }

  @Test
  @Rule(28)
  void tellsEachFieldInItsOrder() {
    List<String> given = new ArrayList<>();
    Heads.request("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx:\r\n\r\n")
        .eachField((name, value) -> given.add(name + "=" + value));
    assertEquals(List.of("Host=a", "X=1", "x="), given);
  }

  @Test
  @Rule(29)
  void takesAsManyFieldsAsAllowed() {
    var parser = new HeadParser(32 << 10, 40, 8 << 10);
    String most = "GET / HTTP/1.1\r\nHost: a\r\n" + "X: b\r\n".repeat(39); // rule 29
    Heads.request(parser, most + "\r\n");
    assertEquals(
        new Refusal(431, "too many fields"), Heads.refusedRequest(parser, most + "X: b\r\n\r\n"));
    assertEquals(
        new Refusal(502, "too many response fields"),
        Heads.refusedResponse("HTTP/1.1 200 OK\r\n" + "X: b\r\n".repeat(101) + "\r\n"));
  }

  @Test
  @Rule({29, 30, 73})
  void refusesAHeadThatDoesNotEnd() {
    var parser = new HeadParser(512, 100, 64);
    var tooLarge = new Refusal(431, "request head too large");
    String line = "GET / HTTP/1.1\r\n";
    assertEquals(tooLarge, Heads.refusedRequest(parser, line + "X: " + "a".repeat(512)));
    assertEquals(tooLarge, Heads.refusedRequest(parser, line + "a".repeat(512)));
    var head = new ResponseHead();
    String endless = "HTTP/1.1 200 " + "a".repeat(512);
    assertEquals(Parsed.REFUSED, Heads.parse(parser, endless, head));
    assertEquals(new Refusal(502, "response head too large"), head.refusal());
  }

  @Test
  void forgetsTheHeadBefore() {
    var head = new RequestHead();
    String first =
        "GET http://a/b HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\nX: y\r\n\r\n";
    assertEquals(Parsed.DONE, Heads.parse(Heads.PARSER, first, head));
    assertEquals(
        Parsed.DONE, Heads.parse(Heads.PARSER, "PUT /c HTTP/1.1\r\nHost: d\r\n\r\n", head));
    assertEquals("/c", head.path());
    assertEquals("d", head.host());
    assertEquals(-1, head.contentLength());
    assertNull(head.field("x"));
    assertEquals(true, head.keepAlive());
    assertEquals(false, head.http10());
  }
}
