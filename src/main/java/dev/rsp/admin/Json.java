// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON (RFC 8259) on one line, in ASCII.
 *
 * <p>Values are {@code null}, booleans, numbers, strings, collections, and maps with strings as
 * keys, which are written in their order. Give integers beyond 2^53 as strings: many readers keep
 * numbers as IEEE 754 doubles (RFC 8259 §6). No state; any thread.
 */
public final class Json {
  private Json() {}

  /**
   * The JSON text of a value.
   *
   * @throws IllegalArgumentException if the value is or contains an object of another type, or a
   *     number that is not finite
   */
  public static String of(@Nullable Object value) {
    var json = new StringBuilder();
    append(json, value);
    return json.toString();
  }

  private static void append(StringBuilder json, @Nullable Object value) {
    if (value == null || value instanceof Boolean) {
      json.append(value);
    } else if (value instanceof CharSequence text) {
      appendText(json, text);
    } else if (value instanceof Number number) {
      appendNumber(json, number);
    } else if (value instanceof Map<?, ?> map) {
      appendObject(json, map);
    } else if (value instanceof Collection<?> values) {
      char before = '[';
      for (Object one : values) {
        append(json.append(before), one);
        before = ',';
      }
      json.append(values.isEmpty() ? "[]" : "]");
    } else {
      throw new IllegalArgumentException(
          value.getClass() + " (expected: null, a boolean, number, text, collection or map)");
    }
  }

  private static void appendObject(StringBuilder json, Map<?, ?> map) {
    char before = '{';
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      if (!(entry.getKey() instanceof CharSequence key)) {
        throw new IllegalArgumentException(entry.getKey() + " (expected: text as a key)");
      }
      appendText(json.append(before), key);
      append(json.append(':'), entry.getValue());
      before = ',';
    }
    json.append(map.isEmpty() ? "{}" : "}");
  }

  private static void appendNumber(StringBuilder json, Number number) {
    if (!Double.isFinite(number.doubleValue())) {
      throw new IllegalArgumentException(number + " (expected: a finite number)");
    }
    json.append(number);
  }

  /** Escapes all but visible ASCII, so that the text is safe in any terminal and any encoding. */
  private static void appendText(StringBuilder json, CharSequence text) {
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c >= ' ' && c <= '~') {
        json.append(c);
      } else {
        json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
    json.append('"');
  }
}
