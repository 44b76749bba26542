// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

/**
 * A target of a hash.
 *
 * @param name identifies the target: it keeps its keys while its name is unchanged
 * @param weight its share relative to the others; 0 gets no keys
 */
public record Weighted(String name, int weight) {
  /** HAProxy's maximum. */
  public static final int MAX_WEIGHT = 256;

  public Weighted {
    if (weight < 0 || weight > MAX_WEIGHT) {
      throw new IllegalArgumentException(
          "weight: " + weight + " (expected: 0 to " + MAX_WEIGHT + ")");
    }
  }
}
