// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON (RFC 8259), strictly. Objects are maps, arrays are lists, numbers are {@link Long} or
 * {@link Double}. For answers of rsp itself: the depth of a text has no bound.
 */
public final class JsonReader {
  private final String text;
  private int at;

  private JsonReader(String text) {
    this.text = text;
  }

  /**
   * The value of a text.
   *
   * @throws IllegalArgumentException if it is no JSON
   */
  public static @Nullable Object read(String text) {
    var reader = new JsonReader(text);
    Object value = reader.value();
    reader.space();
    if (reader.at < text.length()) {
      throw reader.wrong();
    }
    return value;
  }

  /**
   * An object.
   *
   * @throws IllegalArgumentException if it is no JSON, or something else
   */
  @SuppressWarnings("unchecked")
  public static Map<String, @Nullable Object> object(String text) {
    Object value = read(text);
    if (!(value instanceof Map)) {
      throw new IllegalArgumentException("no object: " + text);
    }
    return (Map<String, @Nullable Object>) value;
  }

  private IllegalArgumentException wrong() {
    return new IllegalArgumentException("no JSON at " + at + ": " + text);
  }

  private void space() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private boolean skip(String expected) {
    space();
    boolean there = text.startsWith(expected, at);
    at += there ? expected.length() : 0;
    return there;
  }

  private void must(String expected) {
    if (!skip(expected)) {
      throw wrong();
    }
  }

  private @Nullable Object value() {
    if (skip("null")) {
      return null;
    } else if (skip("true")) {
      return true;
    } else if (skip("false")) {
      return false;
    } else if (skip("\"")) {
      return string();
    } else if (skip("[")) {
      List<@Nullable Object> values = new ArrayList<>();
      while (!skip("]")) {
        if (!values.isEmpty()) {
          must(",");
        }
        values.add(value());
      }
      return values;
    } else if (skip("{")) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      while (!skip("}")) {
        if (!values.isEmpty()) {
          must(",");
        }
        must("\"");
        String key = string();
        must(":");
        values.put(key, value());
      }
      return values;
    }
    int from = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String number = text.substring(from, at);
    if (number.matches("-?[0-9]+")) {
      return Long.valueOf(number);
    } else if (number.isEmpty()) {
      throw wrong();
    }
    return Double.valueOf(number);
  }

  private String string() {
    var value = new StringBuilder();
    for (char c = next(); c != '"'; c = next()) {
      if (c != '\\') {
        value.append(c);
        continue;
      }
      char escaped = next();
      int simple = "nrtbf".indexOf(escaped);
      if (escaped == 'u') {
        String digits = "" + next() + next() + next() + next();
        value.append((char) Integer.parseInt(digits, 16));
      } else {
        value.append(simple < 0 ? escaped : "\n\r\t\b\f".charAt(simple));
      }
    }
    return value.toString();
  }

  private char next() {
    if (at >= text.length()) {
      throw wrong();
    }
    return text.charAt(at++);
  }
}
