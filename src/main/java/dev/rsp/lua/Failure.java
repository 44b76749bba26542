// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;

/**
 * Why a backend could not be reached, as passed to {@code on_failure}.
 *
 * @param slot the slot's name; null for an address outside the list
 * @param address the backend's address
 * @param reason {@code refused}, {@code timeout}, {@code full}, {@code missing}, {@code exhausted}
 *     or {@code unreachable}
 * @param attempt number of backends tried for this request, from 1
 */
public record Failure(@Nullable String slot, String address, String reason, int attempt) {}
