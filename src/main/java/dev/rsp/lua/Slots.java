// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.hash.SlotTables;
import java.util.function.IntUnaryOperator;

/**
 * The backends that the {@code hash} functions over slots choose from.
 *
 * @param tables of the slots' names and weights; one object can serve all loops
 * @param inFlight for a slot's index, from 1, how many requests it is serving at this moment, on
 *     all loops
 */
public record Slots(SlotTables tables, IntUnaryOperator inFlight) {}
