// SPDX-License-Identifier: Apache-2.0
/** Writes one line for each exchange to the access log, by a thread of its own. */
@NullMarked
package dev.rsp.access;

import org.jspecify.annotations.NullMarked;
