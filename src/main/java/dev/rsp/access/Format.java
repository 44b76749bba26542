// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a line is made of an {@link Entry}: JSON, the formats of Apache, or a pattern in the manner
 * of nginx. Immutable, any thread.
 */
public final class Format {
  /** JSON, with every field that has a value. */
  public static final String JSON = "json";

  /** Apache's Common Log Format. */
  public static final String COMMON = "common";

  /** The same with Referer and User-Agent. */
  public static final String COMBINED = "combined";

  /** The names of the formats that need no pattern. */
  public static final List<String> NAMES = List.of(JSON, COMMON, COMBINED);

  private static final String COMMON_PATTERN =
      "$client - - [$time_local] \"$request\" $status $body_bytes";
  private static final String COMBINED_PATTERN =
      COMMON_PATTERN + " \"$field_referer\" \"$field_user_agent\"";

  /** Method, target and version, as the client sent them: Apache's %r. */
  private static final String REQUEST = "request";

  private static final String FIELD = "field_";

  /** Where clients send their secrets. */
  private static final Set<String> SECRET =
      Set.of("authorization", "proxy-authorization", "cookie");

  private final String text;
  private final List<String> requestFields;
  private final List<Part> parts;

  /** Appends its part of a line. */
  private interface Part {
    void put(Entry entry, LineBuffer out, TimeText time);
  }

  private Format(String text, List<String> requestFields, List<Part> parts) {
    this.text = text;
    this.requestFields = List.copyOf(requestFields);
    this.parts = List.copyOf(parts);
  }

  /**
   * The format of that name, or of that pattern.
   *
   * @param text one of the {@link #NAMES}, or a pattern without an {@linkplain #unknownIn unknown}
   *     name
   * @throws IllegalArgumentException if a name in the pattern is unknown
   */
  public static Format of(String text) {
    return switch (text) {
      case JSON -> json();
      case COMMON -> pattern(COMMON, COMMON_PATTERN);
      case COMBINED -> pattern(COMBINED, COMBINED_PATTERN);
      default -> pattern(text, text);
    };
  }

  /** The names in a pattern, without their dollar sign, that are unknown or stand for a secret. */
  public static List<String> unknownIn(String pattern) {
    List<String> unknown = new ArrayList<>();
    for (int dollar = pattern.indexOf('$');
        dollar >= 0;
        dollar = pattern.indexOf('$', dollar + 1)) {
      String name = pattern.substring(dollar + 1, nameEnd(pattern, dollar + 1));
      if (!isKnown(name)) {
        unknown.add(name);
      }
    }
    return unknown;
  }

  private static boolean isKnown(String name) {
    return name.startsWith(FIELD)
        ? isField(fieldName(name))
        : name.equals(REQUEST) || Field.of(name) != null;
  }

  private static boolean isField(String name) {
    return !name.isEmpty() && !SECRET.contains(name);
  }

  private static String fieldName(String name) {
    return name.substring(FIELD.length()).replace('_', '-');
  }

  private static int nameEnd(String pattern, int start) {
    int end = start;
    while (end < pattern.length() && isNamePart(pattern.charAt(end))) {
      end++;
    }
    return end;
  }

  /** The names that patterns can use, without their dollar sign and without {@code field_}. */
  public static List<String> names() {
    List<String> names = new ArrayList<>();
    for (Field field : Field.values()) {
      names.add(field.label());
    }
    names.add(REQUEST);
    return names;
  }

  /** The fields of requests that it uses, in lower case. */
  List<String> requestFields() {
    return requestFields;
  }

  /** Appends the line of an entry, with its end. */
  void put(Entry entry, LineBuffer out, TimeText time) {
    for (Part part : parts) {
      part.put(entry, out, time);
    }
    out.endLine();
  }

  static TimeText newTimeText() {
    return new TimeText(ZoneId.systemDefault());
  }

  // JSON -----------------------------------------------------------------------------------------

  private static Format json() {
    return new Format(JSON, List.of(JsonLine.REFERER, JsonLine.USER_AGENT), List.of(JsonLine::put));
  }

  // Patterns -------------------------------------------------------------------------------------

  private static Format pattern(String name, String pattern) {
    List<String> fields = new ArrayList<>();
    List<Part> parts = new ArrayList<>();
    int at = 0;
    while (at < pattern.length()) {
      int dollar = pattern.indexOf('$', at);
      int end = dollar < 0 ? pattern.length() : dollar;
      if (end > at) {
        byte[] literal = pattern.substring(at, end).getBytes(StandardCharsets.UTF_8);
        parts.add((entry, out, time) -> out.put(literal));
      }
      if (dollar < 0) {
        break;
      }
      int after = nameEnd(pattern, dollar + 1);
      parts.add(part(pattern.substring(dollar + 1, after), fields));
      at = after;
    }
    return new Format(name, fields, parts);
  }

  private static boolean isNamePart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  }

  private static Part part(String name, List<String> fields) {
    if (name.equals(REQUEST)) {
      return Format::putRequest;
    }
    if (name.startsWith(FIELD)) {
      return requestField(name, fields);
    }
    Field field = Field.of(name);
    if (field == null) {
      throw new IllegalArgumentException("$" + name);
    }
    return (entry, out, time) -> {
      if (field.isPresent(entry)) {
        field.put(entry, out, time, LineBuffer::putEscaped);
      } else {
        out.put((byte) '-');
      }
    };
  }

  private static Part requestField(String name, List<String> fields) {
    String field = fieldName(name);
    if (!isField(field)) {
      throw new IllegalArgumentException("$" + name);
    }
    if (!fields.contains(field)) {
      fields.add(field);
    }
    return (entry, out, time) -> {
      int text = entry.field(field);
      if (entry.end(text) > entry.start(text)) {
        out.putEscaped(entry.texts(), entry.start(text), entry.end(text));
      } else {
        out.put((byte) '-');
      }
    };
  }

  private static void putRequest(Entry entry, LineBuffer out, TimeText time) {
    if (!entry.hasHead()) {
      out.put((byte) '-');
      return;
    }
    Field.METHOD.put(entry, out, time, LineBuffer::putEscaped);
    out.put((byte) ' ');
    Field.TARGET.put(entry, out, time, LineBuffer::putEscaped);
    out.put((byte) ' ');
    Field.VERSION.put(entry, out, time, LineBuffer::putEscaped);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Format format && format.text.equals(text);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(text);
  }

  @Override
  public String toString() {
    return text;
  }
}
