// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.function.ToDoubleFunction;

/**
 * How much of requests rsp holds that it cannot send yet.
 *
 * @param bodyBytes of one request body
 * @param totalBytes of all that one loop holds
 */
public record Held(int bodyBytes, int totalBytes) {
  /** Those of a file that sets none. */
  public static final Held DEFAULTS = of(NumberKey::ifAbsent);

  public Held {
    if (bodyBytes < 0 || totalBytes < 0) {
      throw new IllegalArgumentException(
          "held: %d, %d (expected: >= 0)".formatted(bodyBytes, totalBytes));
    }
  }

  /** Those that a file sets among its limits, by their keys. */
  static Held of(ToDoubleFunction<NumberKey> values) {
    return new Held(
        (int) values.applyAsDouble(Keys.HELD_BODY_BYTES),
        (int) values.applyAsDouble(Keys.HELD_TOTAL_BYTES));
  }
}
