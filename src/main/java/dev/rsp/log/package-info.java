// SPDX-License-Identifier: Apache-2.0
/** Writes the log without blocking its callers. */
@NullMarked
package dev.rsp.log;

import org.jspecify.annotations.NullMarked;
