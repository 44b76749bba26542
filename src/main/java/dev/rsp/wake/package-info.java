// SPDX-License-Identifier: Apache-2.0
/** Starts sites whose backends do not run, with one call at a time per site, for all loops. */
@NullMarked
package dev.rsp.wake;

import org.jspecify.annotations.NullMarked;
