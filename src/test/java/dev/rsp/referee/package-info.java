// SPDX-License-Identifier: Apache-2.0
/** Judges what rsp wrote, by the grammar of RFC 9110 and 9112 and with none of rsp's own code. */
@NullMarked
package dev.rsp.referee;

import org.jspecify.annotations.NullMarked;
