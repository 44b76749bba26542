// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.ResponseHead;
import dev.rsp.http.WireOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What an installation may choose to let pass, and what it may not even then. */
final class LenientTest {
  private static final HeadParser LF =
      new HeadParser(32 << 10, 100, 8 << 10, new WireOptions("rsp", true, false, false));
  private static final HeadParser EQUAL =
      new HeadParser(32 << 10, 100, 8 << 10, new WireOptions("rsp", false, true, false));
  private static final byte[] DATE =
      "Sat, 21 Nov 2026 00:00:00 GMT".getBytes(StandardCharsets.US_ASCII);

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\nDate: x\nX: y\nZ:\n\n",
        "HTTP/1.1 200 OK\r\nDate: x\nX: y\r\nZ:\n\r\n",
        "HTTP/1.1 200 OK\nDate: x \nX : y\t\nZ: \n\n",
        "HTTP/1.1 200 OK\nDate:x\r\nX:\ty\nZ:  \n\n",
        "HTTP/1.1 200 OK\nDate: x\nX:y \nZ:\r\n\n",
      })
  @Rule(5)
  void endsLinesOfResponsesWithLf(String text) {
    ResponseHead head = Heads.response(LF, text);
    assertEquals(text.length(), head.length());
    var writer = new HeadWriter();
    writer.response(head, HeadWriter.Persistence.KEEP, true, false, DATE);
    // Whatever came, every line ends with CR LF again.
    String written = Heads.text(writer);
    assertEquals(
        "HTTP/1.1 200 OK\nDate: x\nX: y\nZ:\n\n",
        written.replace("\r\n", "\n").replace("Date:x", "Date: x").replace("Z: ", "Z:"));
    assertFalse(written.replace("\r\n", "").contains("\n"), written);
  }

  @Test
  @Rule(5)
  void endsAStatusLineWithoutReasonWithLf() {
    assertEquals(200, Heads.response(LF, "HTTP/1.1 200\n\n").status());
    assertEquals(200, Heads.response(LF, "HTTP/1.1 200 \n\r\n").status());
    assertEquals(200, Heads.response(LF, "\n\r\nHTTP/1.1 200 \n\r\n").status());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\rX: y\n\n",
        "HTTP/1.1 200 OK\nX: a\rb\n\n",
        "HTTP/1.1 200 OK\nX: a\n b\n\n",
        "HTTP/1.1 200 OK\nX: a\r\r\n\n",
        "HTTP/1.1 200 OK\n\rX: a\n\n",
        "HTTP/1.1 200 OK\nX\n\n",
        "HTTP/1.1 200 OK\nX: \0\n\n",
      })
  @Rule({4, 24, 25})
  void takesNothingElseForALineEnd(String text) {
    assertEquals(502, Heads.refusedResponse(LF, text).status());
  }

  @Test
  @Rule(5)
  void endsNoLineOfARequestWithLf() {
    assertEquals(400, Heads.refusedRequest(LF, "GET / HTTP/1.1\nHost: a\n\n").status());
    assertEquals(400, Heads.refusedRequest(LF, "GET / HTTP/1.1\r\nHost: a\n\r\n").status());
    assertEquals(400, Heads.refusedRequest(LF, "GET / HTTP/1.1\r\nHost: a\r\n\n").status());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "Content-Length: 5 / Content-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: 5,5\t, 005",
        "Content-Length: 5 / X: y / content-length: 5 ,5",
        "Content-Length: 05",
        "Content-Length: 5",
      })
  @Rule({47, 48, 69})
  void saysEqualLengthsOnce(String lines) {
    String fields = lines.replace(" / ", "\r\n").replace("\\t", "\t") + "\r\n\r\n";
    RequestHead request = Heads.request(EQUAL, "POST / HTTP/1.1\r\nHost: a\r\n" + fields);
    assertEquals(5, request.contentLength());
    var writer = new HeadWriter();
    writer.request(request, new byte[0], false);
    assertOneLength(Heads.text(writer));
    ResponseHead response = Heads.response(EQUAL, "HTTP/1.1 200 OK\r\n" + fields);
    assertEquals(5, response.contentLength());
    writer.response(response, HeadWriter.Persistence.KEEP, true, false, DATE);
    assertOneLength(Heads.text(writer));
  }

  @Test
  @Rule(47)
  void saysZeroOnceToo() {
    String fields = "Content-Length: 0, 0\r\nContent-Length: 0\r\n\r\n";
    assertEquals(0, Heads.request(EQUAL, "GET / HTTP/1.1\r\nHost: a\r\n" + fields).contentLength());
    assertEquals(0, Heads.response(EQUAL, "HTTP/1.1 200 OK\r\n" + fields).contentLength());
  }

  @Test
  @Rule({5, 31})
  void hasRoomForManyLinesThatGrow() {
    var many =
        new HeadParser(32 << 10, 10_000, 8 << 10, new WireOptions("rsp", true, false, false));
    var head = new ResponseHead();
    String text = "HTTP/1.1 200 OK\n" + "X:\n".repeat(10_000) + "\n";
    assertEquals(Parsed.DONE, Heads.parse(many, text, head));
    var writer = new HeadWriter();
    writer.response(head, HeadWriter.Persistence.CLOSE, true, false, DATE);
    assertTrue(Heads.text(writer).startsWith("HTTP/1.1 200 OK\r\n" + "X: \r\n".repeat(10_000)));
  }

  private static void assertOneLength(String head) {
    String lower = head.toLowerCase(java.util.Locale.ROOT);
    assertTrue(lower.contains("\r\ncontent-length: 5\r\n"), head);
    assertEquals(lower.indexOf("content-length"), lower.lastIndexOf("content-length"), head);
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 6",
        "Content-Length: 5, 5, 6",
        "Content-Length: 5,",
        "Content-Length: 0, 5",
        "Content-Length: 5, 0",
        "Content-Length: , 5",
        "Content-Length: 5 5",
        "Content-Length: 5,x",
        "Content-Length:",
        "Content-Length: 5\r\nContent-Length: x",
        "Content-Length: 5\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
      })
  @Rule({43, 47, 69})
  void refusesLengthsThatDiffer(String fields) {
    String end = fields + "\r\n\r\n";
    assertEquals(400, Heads.refusedRequest(EQUAL, "POST / HTTP/1.1\r\nHost: a\r\n" + end).status());
    assertEquals(502, Heads.refusedResponse(EQUAL, "HTTP/1.1 200 OK\r\n" + end).status());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      nullValues = "none",
      value = {
        "HTTP/1.1 200 OK^Date: x^^ | response_lf",
        "HTTP/1.1 200 OK/Date: x^X: y/^ | response_lf",
        "HTTP/1.1 200^/ | response_lf",
        "HTTP/1.1 200 OK^Date: x | response_lf",
        "HTTP/1.1 200 OK/Content-Length: 5, 5// | equal_lengths",
        "HTTP/1.1 200 OK/Content-Length: 5/Content-Length: 5// | equal_lengths",
        "HTTP/1.1 200 OK/Content-Length: 5/Content-Length: 6// | none",
        "HTTP/1.1 200 OK/Content-Length: 5/Content-Length: 5/Content-Length: 6// | none",
        "HTTP/1.1 200 OK/Content-Length: 5, 5/Transfer-Encoding: chunked// | none",
        "HTTP/1.1 200 OK^X: a/ b^^ | none",
        "SSH-2.0-x^ | none",
      })
  void namesTheOptionThatWouldAcceptAResponse(String lines, @Nullable String key) {
    String text = lines.replace("/", "\r\n").replace("^", "\n").replace("HTTP\r\n", "HTTP/");
    ByteBuf in = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    var head = new ResponseHead();
    assertEquals(Parsed.REFUSED, Heads.PARSER.response(in, head));
    Refusal plain = head.refusal();
    Refusal refusal = Heads.PARSER.refusal(in, head);
    assertEquals(key, refusal.lenientKey());
    assertEquals(plain.why(), refusal.why());
    assertEquals(key, refusal.asPage().lenientKey());
    in.release();
  }

  @Test
  void namesNoOptionThatIsSet() {
    ByteBuf in = Unpooled.copiedBuffer("HTTP/1.1 200 OK\nX\n\n", StandardCharsets.ISO_8859_1);
    var both = new HeadParser(32 << 10, 100, 8 << 10, new WireOptions("rsp", true, true, false));
    var head = new ResponseHead();
    assertEquals(Parsed.REFUSED, both.response(in, head));
    assertNull(both.refusal(in, head).lenientKey());
    in.release();
  }

  @ParameterizedTest(name = "\"{0}\"")
  @ValueSource(strings = {"", "a b", "a,b", "a:80", "(a)", "\u00e4", "\u0130"})
  void refusesNamesThatCannotStandInVia(String name) {
    assertFalse(WireOptions.validViaName(name));
    assertThrows(IllegalArgumentException.class, () -> new WireOptions(name, false, false, false));
  }

  @Test
  void boundsTheNameInVia() {
    assertTrue(WireOptions.validViaName("a".repeat(64)));
    assertFalse(WireOptions.validViaName("a".repeat(65)));
  }
}
