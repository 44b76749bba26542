// SPDX-License-Identifier: Apache-2.0
/** Traces the calls of one request, so that the length of its path has a bound. */
@NullMarked
package dev.rsp.trace;

import org.jspecify.annotations.NullMarked;
