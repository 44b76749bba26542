// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.function.ToDoubleFunction;

/**
 * Limits for request bodies that rsp holds because it cannot send them yet.
 *
 * @param bodyBytes limit for one request body
 * @param totalBytes limit for all bodies that one loop holds
 */
public record HeldBodyLimits(int bodyBytes, int totalBytes) {
  /** The values if the file sets none. */
  public static final HeldBodyLimits DEFAULTS = of(NumberKey::defaultValue);

  public HeldBodyLimits {
    if (bodyBytes < 0 || totalBytes < 0) {
      throw new IllegalArgumentException(
          "held: %d, %d (expected: >= 0)".formatted(bodyBytes, totalBytes));
    }
  }

  /** Builds the limits from the values of their keys. */
  static HeldBodyLimits of(ToDoubleFunction<NumberKey> values) {
    return new HeldBodyLimits(
        (int) values.applyAsDouble(Keys.HELD_BODY_BYTES),
        (int) values.applyAsDouble(Keys.HELD_TOTAL_BYTES));
  }
}
