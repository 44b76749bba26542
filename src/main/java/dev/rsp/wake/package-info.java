// SPDX-License-Identifier: Apache-2.0
/** Has sites that sleep started, each by one call at a time, for all loops. */
@NullMarked
package dev.rsp.wake;

import org.jspecify.annotations.NullMarked;
