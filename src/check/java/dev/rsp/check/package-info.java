// SPDX-License-Identifier: Apache-2.0
/** Compiles what changed and runs the unit tests that belong to it: see {@code scripts/check}. */
@NullMarked
package dev.rsp.check;

import org.jspecify.annotations.NullMarked;
