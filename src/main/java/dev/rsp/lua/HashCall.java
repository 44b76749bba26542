// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * A hash that a script asked for.
 *
 * @param function such as {@code python}
 * @param key what was hashed; what is no UTF-8 in it is shown as U+FFFD
 * @param n among how many it was to choose
 * @param value the whole hash in decimal, before it was reduced to an index
 */
public record HashCall(String function, String key, int n, String value) {}
