// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class LineFormatTest {
  private static final Instant THEN = Instant.parse("2014-02-13T19:43:20.123456789Z");

  @Test
  void writesTheLineOfTheOriginal() {
    LineFormat utc = LineFormat.terminal(ZoneId.of("UTC"));
    assertEquals("[2014-02-13 19:43:20.123456 +0000] hello\n", line(utc, Level.INFO, "hello"));
  }

  @Test
  void writesLocalTimeWithItsZone() {
    LineFormat india = LineFormat.terminal(ZoneId.of("Asia/Kolkata"));
    assertEquals("[2014-02-14 01:13:20.123456 +0530] hello\n", line(india, Level.INFO, "hello"));
  }

  static Stream<Arguments> levels() {
    return Stream.of(
        arguments(Level.DEBUG, "", ""),
        arguments(Level.INFO, "", ""),
        arguments(Level.WARN, "WARN ", "<4>"),
        arguments(Level.ERROR, "ERROR ", "<3>"));
  }

  @ParameterizedTest
  @MethodSource("levels")
  void marksWhatNeedsAttention(Level level, String word, String priority) {
    LineFormat utc = LineFormat.terminal(ZoneId.of("UTC"));
    assertEquals("[2014-02-13 19:43:20.123456 +0000] " + word + "x\n", line(utc, level, "x"));
    assertEquals(priority + "x\n", line(LineFormat.journal(), level, "x"));
  }

  static Stream<Arguments> escaped() {
    return Stream.of(
        arguments("a line feed", "a\nb", "a\\nb"),
        arguments("a forged line", "a\r\n<3>b", "a\\r\\n<3>b"),
        arguments("a tab", "a\tb", "a\\tb"),
        arguments("a terminal sequence", "\u001b[31m", "\\x1b[31m"),
        arguments("a C1 control", "\u009b31m", "\\x9b31m"),
        arguments("NUL and DEL", "\0\u007f", "\\x00\\x7f"),
        arguments("a line separator", "a\u2028b", "a\\u2028b"),
        arguments("letters of any kind", "Bücher ☃ \ud83d\ude00", "Bücher ☃ \ud83d\ude00"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("escaped")
  void escapesControls(String what, String message, String expected) {
    assertEquals(expected + "\n", line(LineFormat.journal(), Level.INFO, message), what);
  }

  @Test
  void cutsWhatIsTooLong() {
    String line = line(LineFormat.journal(), Level.INFO, "x".repeat(LineFormat.MAX_LENGTH + 1));
    assertEquals(LineFormat.MAX_LENGTH + "...\n".length(), line.length());
  }

  @Test
  void keepsAStackTraceOnTheLine() {
    var cause = new IllegalStateException("deep\nthing");
    var thrown = new RuntimeException("wide", cause);
    String line = eventLine("it failed", thrown);
    assertEquals(line.length() - 1, line.indexOf('\n'));
    assertTrue(
        line.startsWith(
            "<3>it failed: java.lang.RuntimeException: wide; at " + getClass().getName()),
        line);
    assertTrue(
        line.contains("; caused by java.lang.IllegalStateException: deep\\nthing; at "), line);
  }

  @Test
  void writesTheFirstFramesOfEachExceptionAndTheFirstCauses() {
    // Short frames, so that all fit into the longest line.
    Throwable thrown = new RuntimeException("cause 0");
    for (int i = 0; i < 5; i++) {
      frames(thrown, 100);
      thrown = new RuntimeException("outer " + i, thrown);
    }
    frames(thrown, 100);
    String line = eventLine("it failed", thrown);
    assertEquals(1 + LineFormat.MAX_CAUSES, line.split("RuntimeException: outer", -1).length - 1);
    assertEquals(
        LineFormat.MAX_FRAMES * (1 + LineFormat.MAX_CAUSES), line.split("; at ", -1).length - 1);
    assertTrue(line.endsWith("; caused by ...\n"), line);
  }

  private static void frames(Throwable thrown, int count) {
    StackTraceElement[] frames = new StackTraceElement[count];
    for (int i = 0; i < count; i++) {
      // Own frames for each exception, because frames shared with the enclosing exception are
      // omitted.
      frames[i] = new StackTraceElement("C", "m" + System.identityHashCode(thrown), "C.java", i);
    }
    thrown.setStackTrace(frames);
  }

  @Test
  void endsOnACauseThatIsItsOwn() {
    var first = new RuntimeException("first");
    var second = new RuntimeException("second", first);
    first.initCause(second);
    assertTrue(eventLine("round", first).length() <= LineFormat.MAX_LENGTH + 20);
  }

  private static String eventLine(String message, @Nullable Throwable thrown) {
    var logger = new LoggerContext().getLogger("test");
    var event =
        new LoggingEvent(
            LineFormatTest.class.getName(), logger, Level.ERROR, message, thrown, null);
    return new String(LineFormat.journal().line(event), StandardCharsets.UTF_8);
  }

  private static String line(LineFormat format, Level level, String message) {
    return new String(format.line(THEN, level, message), StandardCharsets.UTF_8);
  }
}
