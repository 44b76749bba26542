// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;

/**
 * The properties of a slot that scripts can read.
 *
 * @param address null if the slot has none
 * @param state {@code up}, {@code drain}, {@code down} or {@code spare}
 */
public record SlotView(
    int index, String name, @Nullable String address, int weight, String state) {}
