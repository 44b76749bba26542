// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;

/**
 * Why a place could not be reached, as {@code on_failure} sees it.
 *
 * @param slot the slot's name; null for a place outside the list
 * @param address the place's text
 * @param reason {@code refused}, {@code timeout}, {@code full}, {@code missing}, {@code exhausted}
 *     or {@code unreachable}
 * @param attempt how many places have been tried for this request, from 1
 */
public record Failure(@Nullable String slot, String address, String reason, int attempt) {}
