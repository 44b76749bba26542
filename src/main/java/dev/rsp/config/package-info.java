// SPDX-License-Identifier: Apache-2.0
/** Reads the Lua file into values that never change. */
@NullMarked
package dev.rsp.config;

import org.jspecify.annotations.NullMarked;
