// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The format of a log line.
 *
 * <p>For a person or a file, {@code [2014-02-13 19:43:20.123456 +0000] message}, as in the original
 * rsp, with the level before the message if it is WARN or ERROR. For the systemd journal, which
 * records the time itself, only the message, with the prefix {@code <4>} or {@code <3>}
 * (sd-daemon(3)). A stack trace follows on the same line. Control characters are escaped, so that
 * text from a peer can neither forge a line nor control a terminal.
 */
final class LineFormat {
  /** Longest text in characters, to limit the memory of the queue. */
  static final int MAX_LENGTH = 8192;

  /** Maximum frames per exception, so that the line has space for its causes. */
  static final int MAX_FRAMES = 20;

  /** Maximum causes: with all their frames the line is full. */
  static final int MAX_CAUSES = 3;

  private static final String CUT = "...";

  private final @Nullable DateTimeFormatter time;

  private LineFormat(@Nullable DateTimeFormatter time) {
    this.time = time;
  }

  /** A format with local time. */
  static LineFormat terminal(ZoneId zone) {
    return new LineFormat(
        DateTimeFormatter.ofPattern("'['yyyy-MM-dd HH:mm:ss.SSSSSS xx'] '", Locale.ROOT)
            .withZone(zone));
  }

  /** A format with a priority prefix unless the level is INFO. */
  static LineFormat journal() {
    return new LineFormat(null);
  }

  /** The event as a line, in UTF-8, with its line feed. */
  byte[] line(ILoggingEvent event) {
    return line(event.getInstant(), event.getLevel(), withTrace(event));
  }

  /** The text of the event's line alone, without time, level and line feed. */
  static String message(ILoggingEvent event) {
    return escaped(withTrace(event));
  }

  /** A text without control characters, and cut if it is too long. */
  static String escaped(CharSequence text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    appendEscaped(escaped, text);
    return escaped.toString();
  }

  private static CharSequence withTrace(ILoggingEvent event) {
    StringBuilder text = new StringBuilder(160);
    text.append(event.getFormattedMessage());
    appendTrace(text, event.getThrowableProxy());
    return text;
  }

  /** The text as a line, in UTF-8, with its line feed. */
  byte[] line(Instant instant, Level level, CharSequence text) {
    StringBuilder line = new StringBuilder(text.length() + 48);
    if (time != null) {
      time.formatTo(instant, line);
    }
    if (level.isGreaterOrEqual(Level.ERROR)) {
      line.append(time != null ? "ERROR " : "<3>");
    } else if (level.isGreaterOrEqual(Level.WARN)) {
      line.append(time != null ? "WARN " : "<4>");
    }
    appendEscaped(line, text);
    return line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void appendTrace(StringBuilder text, @Nullable IThrowableProxy thrown) {
    String joint = ": ";
    // Causes may be cyclic; the limit also ends a cycle.
    for (int causes = 0; thrown != null && causes <= MAX_CAUSES; causes++) {
      text.append(joint).append(thrown.getClassName());
      if (thrown.getMessage() != null) {
        text.append(": ").append(thrown.getMessage());
      }
      StackTraceElementProxy[] frames = thrown.getStackTraceElementProxyArray();
      int own = frames.length - thrown.getCommonFrames();
      for (int i = 0; i < Math.min(own, MAX_FRAMES); i++) {
        text.append("; ").append(frames[i].getSTEAsString());
      }
      thrown = thrown.getCause();
      joint = "; caused by ";
    }
    if (thrown != null) {
      text.append(joint).append(CUT);
    }
  }

  private static void appendEscaped(StringBuilder line, CharSequence text) {
    int length = Math.min(text.length(), MAX_LENGTH);
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\n' -> line.append("\\n");
        case '\r' -> line.append("\\r");
        case '\t' -> line.append("\\t");
        case '\u2028', '\u2029' -> line.append(String.format("\\u%04x", (int) c));
        default -> {
          if (Character.isISOControl(c)) {
            line.append(String.format("\\x%02x", (int) c));
          } else {
            line.append(c);
          }
        }
      }
    }
    if (text.length() > MAX_LENGTH) {
      line.append(CUT);
    }
  }
}
