// SPDX-License-Identifier: Apache-2.0
package dev.rsp.http.h1;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.Rule;
import dev.rsp.http.h1.BodyFraming.Progress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Chunked bodies: rules 52 to 57. Each is also fed cut in two at every byte, and byte by byte: what
 * is forwarded must be the same.
 */
final class ChunkedFramingTest {
  /** What the body is, what goes on in chunks, and what goes on without. */
  static Stream<Arguments> good() {
    return Stream.of(
        arguments("nothing", "0\r\n\r\n", null, ""),
        arguments("one chunk", "5\r\nhello\r\n0\r\n\r\n", null, "hello"),
        arguments("chunks", "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n", null, "abcdef"),
        arguments("leading zeros", "005\r\nhello\r\n000\r\n\r\n", null, "hello"),
        arguments("15 digits", "000000000000001\r\na\r\n000000000000000\r\n\r\n", null, "a"),
        arguments(
            "hex in both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", null, null),
        arguments("line ends as data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", null, "\r\n\r\n"),
        arguments("a last chunk as data", "5\r\n0\r\n\r\n\r\n0\r\n\r\n", null, "0\r\n\r\n"),
        arguments("an extension", "1;a\r\nx\r\n0\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "x"),
        arguments("a value", "1;a=b;c\r\nx\r\n0;d\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "x"),
        arguments("white space", "1; a = b \r\nx\r\n0\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "x"),
        arguments("quotes", "1;a=\"b;\\\"c\"\r\nx\r\n0\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "x"),
        arguments("blanks before", "1 \t;a\r\nx\r\n0\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "x"),
        arguments("empty quotes", "1;a=\"\" ;b\r\nx\r\n0\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "x"),
        arguments("256", "1;" + "e".repeat(255) + "\r\nx\r\n0\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "x"),
        arguments("a trailer", "1\r\nx\r\n0\r\nA: b\r\n\r\n", "1\r\nx\r\n0\r\n\r\n", "x"),
        arguments("trailers", "0\r\nA: b\r\nHost: c\r\nD:\r\n\r\n", "0\r\n\r\n", ""),
        arguments("all", "1;q\r\nx\r\n2;r=\"s\"\r\nyz\r\n0;t\r\nU: v\r\n\r\n", all(), "xyz"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  @Rule({54, 55, 56, 57})
  void good(String what, String body, String chunks, String content) {
    for (boolean keep : new boolean[] {true, false}) {
      String expected = keep ? chunks == null ? body : chunks : content;
      if (expected == null) {
        expected = "0123456789".repeat(2);
      }
      for (int cut = 0; cut <= body.length(); cut++) {
        assertEquals(expected + "|next", forwarded(body + "next", keep, cut), "cut at " + cut);
      }
      int[] everywhere = IntStream.range(0, body.length() + 4).toArray();
      assertEquals(expected + "|next", forwarded(body + "next", keep, everywhere));
    }
  }

  @ParameterizedTest(name = "{0} without its end")
  @MethodSource("good")
  @Rule(55)
  void endsOnlyAtTheEnd(String what, String body, String chunks, String content) {
    for (int end = 0; end < body.length(); end++) {
      var framing = new BodyFraming();
      framing.startChunked(true);
      assertEquals(Progress.MORE, accept(framing, body.substring(0, end)), "cut at " + end);
    }
  }

  static Stream<Arguments> malformed() {
    return Stream.of(
            "",
            "x",
            "g",
            "0x1",
            "+1",
            "-1",
            "1_0",
            " 1",
            "1 ",
            "1\t",
            "\t1",
            "1;",
            "1; ",
            "1;;a",
            "1;a;",
            "1;@",
            "1;=b",
            "1;a=",
            "1;a= ;b",
            "1;a b",
            "1;a=b c",
            "1;a=b=c",
            "1;a==b",
            "1;a=\"b\"c",
            "1;a=\"b",
            "1;a\"b\"",
            "1 1",
            "1 =a",
            "1" + " ".repeat(256) + ";a",
            ";a",
            "1,",
            "1:",
            "FFFFFFFFFFFFFFED",
            "00000000000000001",
            "1000000000000000000001",
            "1\r",
            "\n",
            "1\0",
            "1\n",
            "1;a\nb",
            "1;a\rb",
            "1;a\0b",
            "1;a\u007f",
            "1;a=\"b\r\nc\"",
            "1;a=\"b\rc\"",
            "1;a=\"b\nc\"",
            "1;a=\"\\\r\n\"",
            "1;" + "e".repeat(256))
        .map(line -> arguments("the chunk line " + shown(line), line + "\r\nx\r\n0\r\n\r\n"));
  }

  static Stream<Arguments> malformedData() {
    return Stream.of(
        arguments("more than the size", "1\r\nxy\r\n0\r\n\r\n"),
        arguments("less than the size", "3\r\nx\r\n0\r\n\r\n"),
        arguments("LF after data", "1\r\nx\n0\r\n\r\n"),
        arguments("CR after data", "1\r\nx\r0\r\n\r\n"),
        arguments("nothing after data", "1\r\nx0\r\n\r\n"),
        arguments("no size at all", "\r\n\r\n"),
        arguments("an extension of no size", ";a\r\n\r\n"),
        arguments("a space for the CR", "1 \nx\r\n0\r\n\r\n"),
        arguments("quotes that would hide a line end", "1;a=\"\r\nx\r\n0\r\n\r\n"),
        arguments("LF after the last size", "0\n\r\n"),
        arguments("LF for the end", "0\r\n\n"),
        arguments("CR for the end", "0\r\n\rX"),
        arguments("a trailer without colon", "0\r\nA\r\n\r\n"),
        arguments("a trailer without name", "0\r\n: a\r\n\r\n"),
        arguments("a space before the colon", "0\r\nA : b\r\n\r\n"),
        arguments("a folded trailer", "0\r\nA: b\r\n c\r\n\r\n"),
        arguments("a NUL in a trailer", "0\r\nA: \0\r\n\r\n"),
        arguments("a control in a trailer", "0\r\nA: \u0001\r\n\r\n"),
        arguments("a DEL in a trailer", "0\r\nA: \u007f\r\n\r\n"),
        arguments("a CR in a trailer", "0\r\nA: b\rc\r\n\r\n"),
        arguments("a LF in a trailer", "0\r\nA: b\nB: c\r\n\r\n"),
        arguments("an octet in a trailer's name", "0\r\nA\u0085: b\r\n\r\n"),
        arguments("a long trailer", "0\r\nA: " + "b".repeat(8192) + "\r\n\r\n"),
        arguments("many trailers", "0\r\n" + "A: b\r\n".repeat(2000) + "\r\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"malformed", "malformedData"})
  @Rule({52, 53, 54, 55, 56})
  void refused(String what, String body) {
    for (boolean keep : new boolean[] {true, false}) {
      assertEquals("malformed", forwarded(body, keep));
      for (int cut = 0; cut <= Math.min(body.length(), 60); cut++) {
        assertEquals("malformed", forwarded(body, keep, cut), "cut at " + cut);
      }
      int[] everywhere = IntStream.range(0, body.length()).toArray();
      assertEquals("malformed", forwarded(body, keep, everywhere));
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "1 /x/0// | any",
        "1\t \t/x/0 // | any",
        "1/x/0   // | any",
        "1 ;a \t/x/0 ;b// | any",
        "1/x/0/A: \u0001b\u007f// | any",
        "1/x/0/A: \\0// | none",
        "1/x/0/A\u0001: b// | none",
        "1;\u0001/x/0// | none",
        "1^x/0// | LF",
        "1/x^0// | LF",
        "1/x/0^/ | LF",
        "1/x/0/^ | LF",
        "1^x^0^^ | LF",
        "1;a=b^x^0;c ^A: b^^ | LF",
        "1 ^x/0/A: b^/ | LF",
        "' 1/x/0//' | none",
        "1 1/x/0// | none",
        "1\0/x/0// | none",
        "1;/x/0// | none",
        "1;a=\"^x\"/x/0// | none",
        "1;a=\"\\^\"/x/0// | none",
        "^1/x/0// | none",
        "1/x/0/A^/ | none",
        "1/x/0/A: b/ c// | none",
      })
  @Rule({5, 53, 54, 56})
  void acceptsMoreInResponses(String lines, String accepted) {
    String body = lines.replace("/", "\r\n").replace("^", "\n").replace("\\0", "\0");
    body = body.replace("\\t", "\t");
    for (boolean lf : new boolean[] {false, true}) {
      boolean good = accepted.equals("any") || (lf && accepted.equals("LF"));
      for (boolean keep : new boolean[] {false, true}) {
        String expected = !good ? "malformed" : keep && !lf ? "1\r\nx\r\n0\r\n\r\n|" : "x|";
        for (int cut = 0; cut <= body.length(); cut++) {
          var framing = new BodyFraming();
          framing.startResponseChunks(keep, lf);
          assertEquals(expected, forwarded(framing, body, cut), lines + " cut at " + cut);
          assertEquals(!lf && accepted.equals("LF"), framing.loneLfRefused(), lines);
        }
        int[] everywhere = IntStream.range(0, body.length()).toArray();
        var framing = new BodyFraming();
        framing.startResponseChunks(keep, lf);
        assertEquals(expected, forwarded(framing, body, everywhere));
      }
    }
  }

  @Test
  void blamesNoLineEndForALength() {
    var framing = new BodyFraming();
    framing.startLength(1);
    assertFalse(framing.loneLfRefused());
  }

  @Test
  @Rule(54)
  void countsExtensionsOfEachChunkAlone() {
    String extended = ("1;" + "e".repeat(200) + "\r\nx\r\n").repeat(100) + "0\r\n\r\n";
    assertEquals("x".repeat(100) + "|", forwarded(extended, false)); // rule 54
  }

  @Test
  @Rule(56)
  void takesTrailersUpToTheLimit() {
    // The octets of the lines with their CR, and the CR of the empty line.
    assertEquals("|", forwarded("0\r\nA:" + "b".repeat(8188) + "\r\n\r\n", false));
    assertEquals("malformed", forwarded("0\r\nA:" + "b".repeat(8189) + "\r\n\r\n", false));
  }

  @Test
  @Rule(52)
  void countsBeyondFourGigabytes() {
    var framing = new BodyFraming();
    framing.startChunked(false);
    assertEquals(Progress.MORE, accept(framing, "100000001\r\n"));
    ByteBuf block = Unpooled.wrappedBuffer(new byte[1 << 20]);
    for (int i = 0; i < 4096; i++) {
      assertEquals(Progress.MORE, framing.accept(block));
      assertEquals(block.writerIndex(), framing.forwardEnd());
    }
    block.release();
    assertEquals(Progress.DONE, accept(framing, "x\r\n0\r\n\r\n"));
  }

  @Test
  void startsAgainAfterEachBody() {
    var framing = new BodyFraming();
    for (String before :
        new String[] {"0\r\n\r\n", "5;x\r\nhel", "0\r\nA: b", "fffff", "zzz", "1;\""}) {
      framing.startChunked(true);
      accept(framing, before);
      framing.startChunked(true);
      assertEquals(Progress.DONE, accept(framing, "1\r\na\r\n0\r\n\r\n"));
    }
  }

  @Test
  @Rule(57)
  void takesRandomChunksCutAtRandom() {
    var random = new Random(20261121);
    for (int round = 0; round < 100; round++) {
      var body = new StringBuilder();
      var content = new StringBuilder();
      var chunks = new StringBuilder();
      for (int left = random.nextInt(20); left > 0; left--) {
        String data = text(random, 1 + random.nextInt(300));
        String size = Integer.toHexString(data.length());
        body.append(size).append(random.nextBoolean() ? ";e=\"" + left + "\"" : "");
        body.append("\r\n").append(data).append("\r\n");
        chunks.append(size).append("\r\n").append(data).append("\r\n");
        content.append(data);
      }
      body.append(random.nextBoolean() ? "0\r\nT: u\r\n\r\n" : "0\r\n\r\n");
      chunks.append("0\r\n\r\n");
      int[] cuts = random.ints(random.nextInt(10), 0, body.length() + 1).sorted().toArray();
      assertEquals(content + "|", forwarded(body.toString(), false, cuts));
      assertEquals(chunks + "|", forwarded(body.toString(), true, cuts));
    }
  }

  private static String all() {
    return "1\r\nx\r\n2\r\nyz\r\n0\r\n\r\n";
  }

  private static String text(Random random, int length) {
    return random
        .ints(length, 0, 256)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static String shown(String line) {
    String start = line.length() > 30 ? line.substring(0, 30) + "..." : line;
    return start.replace("\r", "CR").replace("\n", "LF").replace("\0", "NUL").replace("\t", "TAB");
  }

  private static Progress accept(BodyFraming framing, String text) {
    ByteBuf in = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    try {
      return framing.accept(in);
    } finally {
      in.release();
    }
  }

  /** The forwarded bytes of a body that arrives in parts, and, after a bar, what follows it. */
  private static String forwarded(String body, boolean keep, int... cuts) {
    var framing = new BodyFraming();
    framing.startChunked(keep);
    return forwarded(framing, body, cuts);
  }

  private static String forwarded(BodyFraming framing, String body, int... cuts) {
    byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
    var out = new StringBuilder();
    int start = 0;
    for (int part = 0; part <= cuts.length; part++) {
      int end = part < cuts.length ? cuts[part] : bytes.length;
      // Direct and heap buffers take turns: they move bytes differently.
      ByteBuf in = part % 2 == 0 ? Unpooled.directBuffer() : Unpooled.buffer();
      in.writeZero(3).skipBytes(3).writeBytes(bytes, start, end - start);
      try {
        Progress progress = framing.accept(in);
        assertEquals(3, in.readerIndex());
        if (progress == Progress.MALFORMED) {
          return "malformed";
        }
        out.append(in.toString(3, framing.forwardEnd() - 3, StandardCharsets.ISO_8859_1));
        if (progress == Progress.DONE) {
          int rest = in.writerIndex() - framing.consumedEnd();
          out.append('|');
          out.append(in.toString(framing.consumedEnd(), rest, StandardCharsets.ISO_8859_1));
          return out.append(body, end, body.length()).toString();
        }
        assertEquals(in.writerIndex(), framing.consumedEnd());
      } finally {
        in.release();
      }
      start = end;
    }
    return out + " and more is to come";
  }
}
