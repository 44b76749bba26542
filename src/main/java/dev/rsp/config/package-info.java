// SPDX-License-Identifier: Apache-2.0
/** Reads the Lua configuration file into immutable values. */
@NullMarked
package dev.rsp.config;

import org.jspecify.annotations.NullMarked;
