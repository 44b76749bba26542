// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.hash.SlotTables;
import java.util.function.IntUnaryOperator;

/**
 * The backends that the {@code hash} functions for slots choose from.
 *
 * @param tables hash tables of the slots' names and weights; shared by all loops
 * @param inFlight the number of requests that a slot, by its index from 1, has in flight now on all
 *     loops
 */
public record Slots(SlotTables tables, IntUnaryOperator inFlight) {}
