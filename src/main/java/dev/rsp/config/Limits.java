// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.function.ToDoubleFunction;

/**
 * How much rsp takes of what.
 *
 * @param headBytes of a request or response head, the empty line included
 * @param fields field lines of a head
 * @param targetBytes of a request target
 * @param connections of clients at a time, over all loops
 * @param backendIdle idle connections kept per backend and loop
 */
public record Limits(int headBytes, int fields, int targetBytes, int connections, int backendIdle) {
  /** Those of a file that sets none. */
  public static final Limits DEFAULTS = of(NumberKey::ifAbsent);

  public Limits {
    expect(headBytes >= 1, "head_bytes: " + headBytes + " (expected: >= 1)");
    expect(fields >= 1, "fields: " + fields + " (expected: >= 1)");
    expect(
        targetBytes >= 1 && targetBytes <= headBytes,
        "target_bytes: " + targetBytes + " (expected: 1 to head_bytes, " + headBytes + ")");
    expect(connections >= 1, "connections: " + connections + " (expected: >= 1)");
    expect(backendIdle >= 0, "backend_idle: " + backendIdle + " (expected: >= 0)");
  }

  /**
   * Those that a file sets, by their keys. A target larger than the head is cut to it: it could not
   * arrive.
   */
  static Limits of(ToDoubleFunction<NumberKey> values) {
    int headBytes = (int) values.applyAsDouble(Keys.HEAD_BYTES);
    return new Limits(
        headBytes,
        (int) values.applyAsDouble(Keys.FIELDS),
        Math.min(headBytes, (int) values.applyAsDouble(Keys.TARGET_BYTES)),
        (int) values.applyAsDouble(Keys.CONNECTIONS),
        (int) values.applyAsDouble(Keys.BACKEND_IDLE));
  }

  private static void expect(boolean met, String otherwise) {
    if (!met) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
