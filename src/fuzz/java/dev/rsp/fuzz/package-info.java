// SPDX-License-Identifier: Apache-2.0
/** Throws damaged bytes at the readers and writers of HTTP and says what must hold all the same. */
@NullMarked
package dev.rsp.fuzz;

import org.jspecify.annotations.NullMarked;
