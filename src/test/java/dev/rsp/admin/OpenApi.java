// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The description of the API, compared with real answers by tests. */
public final class OpenApi {
  private final Map<String, @Nullable Object> all;

  private OpenApi(Map<String, @Nullable Object> all) {
    this.all = all;
  }

  /** The description that ships. */
  public static OpenApi shipped() throws IOException {
    try (InputStream in = Json.class.getResourceAsStream("openapi.json")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return new OpenApi(JsonReader.object(text));
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, @Nullable Object> object(@Nullable Object value) {
    return (Map<String, @Nullable Object>) Objects.requireNonNull(value);
  }

  private static Map<String, @Nullable Object> in(
      Map<String, @Nullable Object> map, String... keys) {
    Map<String, @Nullable Object> at = map;
    for (String key : keys) {
      at = object(Objects.requireNonNull(at.get(key), () -> key + " in " + map.keySet()));
    }
    return at;
  }

  /** Each command as {@code GET /api/slots}. */
  public Set<String> commands() {
    Set<String> commands = new TreeSet<>();
    in(all, "paths")
        .forEach(
            (path, methods) ->
                object(methods)
                    .keySet()
                    .forEach(method -> commands.add(method.toUpperCase(Locale.ROOT) + " " + path)));
    return commands;
  }

  /** What an answer has that is not described, or lacks that is; empty if all is well. */
  public List<String> differences(String command, int status, String body) {
    String[] words = command.split(" ", 2);
    Map<String, @Nullable Object> schema =
        in(
            all,
            "paths",
            words[1],
            words[0].toLowerCase(Locale.ROOT),
            "responses",
            String.valueOf(status),
            "content",
            "application/json",
            "schema");
    List<String> found = new ArrayList<>();
    compare(command, schema, JsonReader.read(body), found);
    return found;
  }

  private void compare(
      String at, Map<String, @Nullable Object> schema, @Nullable Object value, List<String> found) {
    Object reference = schema.get("$ref");
    if (reference instanceof String path) {
      compare(at, in(all, path.substring(2).split("/", -1)), value, found);
      return;
    }
    Object type = schema.get("type");
    List<?> types = type instanceof List<?> some ? some : List.of(String.valueOf(type));
    String actual = typeOf(value);
    if (!types.contains(actual) && !(actual.equals("integer") && types.contains("number"))) {
      found.add(at + ": " + actual + ", described as " + type);
    } else if (value instanceof List<?> values) {
      values.forEach(one -> compare(at + "[]", in(schema, "items"), one, found));
    } else if (value instanceof Map) {
      compareObject(at, schema, object(value), found);
    }
  }

  private void compareObject(
      String at,
      Map<String, @Nullable Object> schema,
      Map<String, @Nullable Object> value,
      List<String> found) {
    if (schema.get("additionalProperties") instanceof Map<?, ?> any) {
      value.forEach((key, one) -> compare(at + "." + key, object(any), one, found));
      return;
    }
    if (!schema.containsKey("properties")) {
      return;
    }
    Map<String, @Nullable Object> described = in(schema, "properties");
    List<?> required = (List<?>) Objects.requireNonNull(schema.get("required"));
    Set<String> undescribed = new TreeSet<>(value.keySet());
    undescribed.removeAll(described.keySet());
    undescribed.forEach(key -> found.add(at + "." + key + ": not described"));
    described.forEach(
        (key, one) -> {
          if (value.containsKey(key)) {
            compare(at + "." + key, object(one), value.get(key), found);
          } else if (required.contains(key)) {
            found.add(at + "." + key + ": described, and not in the answer");
          }
        });
  }

  private static String typeOf(@Nullable Object value) {
    if (value == null) {
      return "null";
    } else if (value instanceof String) {
      return "string";
    } else if (value instanceof Boolean) {
      return "boolean";
    } else if (value instanceof Long) {
      return "integer";
    } else if (value instanceof Double) {
      return "number";
    }
    return value instanceof List ? "array" : "object";
  }
}
