// SPDX-License-Identifier: Apache-2.0
/** Hashes a key to a position in a list. */
@NullMarked
package dev.rsp.hash;

import org.jspecify.annotations.NullMarked;
