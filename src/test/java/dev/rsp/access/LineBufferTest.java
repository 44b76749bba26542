// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The octets of lines. */
@Timeout(20)
final class LineBufferTest {
  private static String written(Consumer<LineBuffer> what) {
    var buffer = new LineBuffer();
    what.accept(buffer);
    return StandardCharsets.UTF_8.decode(buffer.content()).toString();
  }

  private static String json(String text) {
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    return written(buffer -> buffer.putJson(octets, 0, octets.length));
  }

  @Test
  void numbersAreDecimal() {
    for (long number : new long[] {0, 9, 10, 99, 100, 12_345, Long.MAX_VALUE, -1, Long.MIN_VALUE}) {
      assertEquals(Long.toString(number), written(buffer -> buffer.put(number)));
    }
  }

  @Test
  void timesAreMillisecondsWithThreeDecimals() {
    assertEquals("0.000", written(buffer -> buffer.putMillis(999)));
    assertEquals("0.001", written(buffer -> buffer.putMillis(1_000)));
    assertEquals("12.345", written(buffer -> buffer.putMillis(12_345_678)));
  }

  @Test
  void jsonEscapesWhatAStringMayNotHave() {
    assertEquals("a\\\"b\\\\c", json("a\"b\\c"));
    assertEquals("\\u0000\\u000a\\u001f\\u007f", json("\0\n\u001f\u007f"));
  }

  @Test
  void jsonKeepsUtf8AndReadsOtherOctetsAsLatin1() {
    assertEquals("\u00fc\u20ac\ud83d\ude00", json("\u00fc\u20ac\ud83d\ude00"));
    byte[] latin1 = {'a', (byte) 0xfc};
    assertEquals("a\\u00fc", written(buffer -> buffer.putJson(latin1, 0, 2)));
    byte[] cut = {(byte) 0xe2, (byte) 0x82};
    assertEquals("\\u00e2\\u0082", written(buffer -> buffer.putJson(cut, 0, 2)));
  }

  @Test
  void patternsEscapeAsNginxDoes() {
    byte[] octets = "a\"b\\c\n\u00fc".getBytes(StandardCharsets.UTF_8);
    assertEquals(
        "a\\x22b\\x5cc\\x0a\\xc3\\xbc",
        written(buffer -> buffer.putEscaped(octets, 0, octets.length)));
  }

  @Test
  void aLongLineIsNotCut() {
    String text = "x".repeat(300_000);
    assertEquals(text, written(buffer -> buffer.put(text)));
  }

  @Test
  void timesAreWrittenInUtcAndInLocalTime() {
    var time = new TimeText(ZoneId.of("+01:00"));
    long millis = 1_795_784_399_007L;
    assertEquals(
        "2026-11-27T13:39:59.007Z", written(buffer -> time.putUtc(buffer, 1_795_786_799_007L)));
    assertEquals("2026-11-27T12:59:59.007Z", written(buffer -> time.putUtc(buffer, millis)));
    assertEquals("27/Nov/2026:13:59:59 +0100", written(buffer -> time.putLocal(buffer, millis)));
  }
}
