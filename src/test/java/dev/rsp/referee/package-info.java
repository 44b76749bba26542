// SPDX-License-Identifier: Apache-2.0
/** Checks the bytes that rsp writes against RFC 9110 and 9112, without using rsp's own code. */
@NullMarked
package dev.rsp.referee;

import org.jspecify.annotations.NullMarked;
