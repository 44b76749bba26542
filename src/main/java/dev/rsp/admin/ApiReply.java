// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A reply of the API of operators.
 *
 * @param status of HTTP
 * @param values an object that {@link Json} can write
 */
public record ApiReply(int status, Map<String, @Nullable Object> values) {
  public ApiReply {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** What was asked for. */
  public static ApiReply ok(Map<String, ? extends @Nullable Object> values) {
    return new ApiReply(200, new LinkedHashMap<>(values));
  }

  /** Why there is nothing else. */
  public static ApiReply error(int status, String text) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("error", text);
    return new ApiReply(status, values);
  }
}
