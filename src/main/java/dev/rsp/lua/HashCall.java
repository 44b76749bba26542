// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * A hash that a script computed.
 *
 * @param function such as {@code python}
 * @param key the hashed text; invalid UTF-8 is shown as U+FFFD
 * @param n number of choices
 * @param value the full hash in decimal, before it was reduced to an index
 */
public record HashCall(String function, String key, int n, String value) {}
