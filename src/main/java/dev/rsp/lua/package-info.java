// SPDX-License-Identifier: Apache-2.0
/** Runs scripts in a bounded sandbox. */
@NullMarked
package dev.rsp.lua;

import org.jspecify.annotations.NullMarked;
