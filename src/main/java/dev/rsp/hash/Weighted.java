// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

/**
 * One of those that keys are shared out to.
 *
 * @param name its identity: as long as it stays, so do its keys
 * @param weight its share relative to the others'; 0 gets nothing
 */
public record Weighted(String name, int weight) {
  /** The highest weight: HAProxy's. */
  public static final int MAX_WEIGHT = 256;

  public Weighted {
    if (weight < 0 || weight > MAX_WEIGHT) {
      throw new IllegalArgumentException(
          "weight: " + weight + " (expected: 0 to " + MAX_WEIGHT + ")");
    }
  }
}
