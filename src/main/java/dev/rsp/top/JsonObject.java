// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import dev.rsp.admin.JsonReader;
import java.util.List;
import java.util.Map;

/**
 * A JSON object of which some members are known. One that lacks, as from another version of rsp, is
 * like an empty one. Immutable.
 */
record JsonObject(Map<?, ?> members) {
  /**
   * Reads a text.
   *
   * @throws IllegalArgumentException if it is no JSON object
   */
  static JsonObject of(String text) {
    return new JsonObject(JsonReader.object(text));
  }

  /**
   * A text, without controls, which would move the cursor of a terminal; empty if there is none.
   */
  String text(String name) {
    return members.get(name) instanceof String text
        ? text.replaceAll("[\\p{Cc}\\p{Cf}\\u2028\\u2029]", "?")
        : "";
  }

  /** A number; NaN if there is none. */
  double number(String name) {
    return members.get(name) instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  JsonObject object(String name) {
    return new JsonObject(members.get(name) instanceof Map<?, ?> map ? map : Map.of());
  }

  /** The objects in an array. */
  List<JsonObject> objects(String name) {
    return members.get(name) instanceof List<?> list
        ? list.stream().map(JsonObject::orEmpty).toList()
        : List.of();
  }

  /** The sum of all members that are numbers. */
  double sum() {
    return members.values().stream()
        .mapToDouble(value -> value instanceof Number number ? number.doubleValue() : 0)
        .sum();
  }

  private static JsonObject orEmpty(Object value) {
    return new JsonObject(value instanceof Map<?, ?> map ? map : Map.of());
  }
}
