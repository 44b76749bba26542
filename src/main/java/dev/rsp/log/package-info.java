// SPDX-License-Identifier: Apache-2.0
/** Writes what happens as lines, without making anybody wait. */
@NullMarked
package dev.rsp.log;

import org.jspecify.annotations.NullMarked;
