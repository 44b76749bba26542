// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A request to the API of operators. Immutable. */
public final class ApiRequest {
  private final Map<String, String> names;
  private final Map<String, String> query;
  private final byte[] body;
  private final String peer;

  /**
   * A request.
   *
   * @param names the parts of the path that stand for a name, decoded
   * @param query the first value of each parameter, decoded
   * @param body its content
   * @param peer who asks, for the log
   */
  ApiRequest(Map<String, String> names, Map<String, String> query, byte[] body, String peer) {
    this.names = Map.copyOf(names);
    this.query = Map.copyOf(query);
    this.body = body.clone();
    this.peer = peer;
  }

  /** A part of the path, such as {@code host} for {@code /api/hosts/{host}}; empty if none. */
  public String name(String key) {
    return names.getOrDefault(key, "");
  }

  /** A parameter of the query; null if it is not given. */
  public @Nullable String parameter(String key) {
    return query.get(key);
  }

  /** A parameter of the query, or else another text. */
  public String parameter(String key, String absent) {
    return query.getOrDefault(key, absent);
  }

  /**
   * A parameter of the query as a number, limited to a range; the other number if it is not given
   * or is none.
   */
  public int number(String key, int absent, int least, int most) {
    String text = query.getOrDefault(key, "");
    boolean digits =
        !text.isEmpty() && text.length() < 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return digits ? Math.max(least, Math.min(most, Integer.parseInt(text))) : absent;
  }

  /** The content. */
  public byte[] body() {
    return body.clone();
  }

  /** Who asks, for the log. */
  public String peer() {
    return peer;
  }
}
