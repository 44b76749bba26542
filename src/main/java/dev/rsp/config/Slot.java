// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

/**
 * A place in the list of backends. Its name is its identity; its address may change and moves no
 * host.
 *
 * @param index from 1
 */
public record Slot(int index, String name, Place place) {
  public Slot {
    if (index < 1) {
      throw new IllegalArgumentException("index: " + index + " (expected: >= 1)");
    }
  }
}
