// SPDX-License-Identifier: Apache-2.0
/** Starts, reloads, drains and stops the daemon. */
@NullMarked
package dev.rsp.daemon;

import org.jspecify.annotations.NullMarked;
