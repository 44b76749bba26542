// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON (RFC 8259) on one line, in ASCII.
 *
 * <p>Values are {@code null}, booleans, numbers, text, collections, and maps from text, which are
 * written in their own order. Numbers beyond 2^53 are better given as text: many readers keep
 * numbers as IEEE 754 doubles (RFC 8259 §6). No thread of its own, no state.
 */
public final class Json {
  private Json() {}

  /**
   * The JSON text of a value.
   *
   * @throws IllegalArgumentException if it is, or has in it, something else, or a number that is
   *     not finite
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

  /** All but visible ASCII is escaped: the text then passes any terminal and any encoding. */
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
