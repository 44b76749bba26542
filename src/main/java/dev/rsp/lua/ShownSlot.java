// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;

/**
 * A slot as scripts see it.
 *
 * @param address null if it has none
 * @param state {@code up}, {@code drain}, {@code down} or {@code spare}
 */
public record ShownSlot(
    int index, String name, @Nullable String address, int weight, String state) {}
