// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * A test that a file declared with {@code test}.
 *
 * @param name the name in the file, on one line
 * @param where {@code file:line} of the declaration
 */
public record DeclaredTest(String name, String where) {}
