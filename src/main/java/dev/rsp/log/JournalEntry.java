// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.KeyValuePair;

/**
 * An event as an entry of the systemd journal, in its native protocol.
 *
 * <p>Besides the fields of systemd.journal-fields(7), an entry has one for each {@code key={}} of
 * the message's pattern and for each key-value pair of the event: {@code slot={}} is {@code
 * RSP_SLOT}. Keys come from the pattern only, which is code; so the text of a peer cannot add a
 * field. Values are escaped as in the line.
 */
final class JournalEntry {
  /** Longest name of a field that the journal takes: systemd's journal-file.h. */
  private static final int MAX_NAME = 64;

  private static final String PREFIX = "RSP_";
  private static final String PLACEHOLDER = "{}";

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);

  private JournalEntry() {}

  /**
   * The bytes of an entry: one datagram.
   *
   * @param message its text, as the line has it
   */
  static byte[] of(ILoggingEvent event, String message) {
    var entry = new JournalEntry();
    entry.add("MESSAGE", message);
    entry.add("PRIORITY", priority(event.getLevel()));
    entry.add("SYSLOG_IDENTIFIER", "rsp");
    entry.add("SYSLOG_FACILITY", "3"); // daemon, as for the lines of a unit
    entry.add("LOGGER", event.getLoggerName());
    entry.add("THREAD_NAME", event.getThreadName());
    entry.addArguments(event.getMessage(), event.getArgumentArray());
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    if (pairs != null) {
      pairs.forEach(pair -> entry.addValue(pair.key, pair.value));
    }
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      entry.add("EXCEPTION", thrown.getClassName());
      entry.add("TRACEBACK", traceback(thrown));
    }
    return entry.bytes.toByteArray();
  }

  /** The number of syslog(3): debug is 7, which no prefix of a line says. */
  private static String priority(Level level) {
    if (level.isGreaterOrEqual(Level.ERROR)) {
      return "3";
    }
    if (level.isGreaterOrEqual(Level.WARN)) {
      return "4";
    }
    return level.isGreaterOrEqual(Level.INFO) ? "6" : "7";
  }

  private void addArguments(@Nullable String pattern, Object @Nullable [] arguments) {
    if (pattern == null || arguments == null) {
      return;
    }
    int at = pattern.indexOf(PLACEHOLDER);
    for (int i = 0; i < arguments.length && at >= 0; i++) {
      String key = keyBefore(pattern, at);
      if (!key.isEmpty()) {
        addValue(key, arguments[i]);
      }
      at = pattern.indexOf(PLACEHOLDER, at + PLACEHOLDER.length());
    }
  }

  /** The key of {@code key={}} or {@code key="{}"}; empty if there is none. */
  private static String keyBefore(String pattern, int placeholder) {
    int end = placeholder;
    if (end > 0 && pattern.charAt(end - 1) == '"') {
      end--;
    }
    if (end == 0 || pattern.charAt(end - 1) != '=') {
      return "";
    }
    end--;
    int start = end;
    while (start > 0 && isOfKey(pattern.charAt(start - 1))) {
      start--;
    }
    return pattern.substring(start, end);
  }

  private static boolean isOfKey(char c) {
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  }

  private void addValue(String key, @Nullable Object value) {
    StringBuilder name = new StringBuilder(PREFIX);
    for (char c : key.toLowerCase(Locale.ROOT).toCharArray()) {
      name.append(isOfKey(c) ? Character.toUpperCase(c) : '_');
    }
    name.setLength(Math.min(name.length(), MAX_NAME));
    add(name.toString(), LineFormat.escaped(String.valueOf(value)));
  }

  /** Adds a field. A value of several lines has its length before it, in little-endian order. */
  private void add(String name, String value) {
    byte[] content = value.getBytes(StandardCharsets.UTF_8);
    bytes.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
    if (value.indexOf('\n') < 0) {
      bytes.write('=');
    } else {
      bytes.write('\n');
      bytes.writeBytes(
          ByteBuffer.allocate(Long.BYTES)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(content.length)
              .array());
    }
    bytes.writeBytes(content);
    bytes.write('\n');
  }

  /** One line for each frame, as Java prints it, within the limits of a line of the log. */
  private static String traceback(IThrowableProxy first) {
    StringBuilder text = new StringBuilder();
    IThrowableProxy thrown = first;
    // Causes may be cyclic; the limit also ends a cycle.
    for (int causes = 0; thrown != null && causes <= LineFormat.MAX_CAUSES; causes++) {
      text.append(causes == 0 ? "" : "\nCaused by: ").append(thrown.getClassName());
      if (thrown.getMessage() != null) {
        text.append(": ").append(LineFormat.escaped(thrown.getMessage()));
      }
      StackTraceElementProxy[] frames = thrown.getStackTraceElementProxyArray();
      int own = frames.length - thrown.getCommonFrames();
      for (int i = 0; i < Math.min(own, LineFormat.MAX_FRAMES); i++) {
        text.append("\n\t").append(LineFormat.escaped(frames[i].getSTEAsString()));
      }
      thrown = thrown.getCause();
    }
    return text.toString();
  }
}
