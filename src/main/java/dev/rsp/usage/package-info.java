// SPDX-License-Identifier: Apache-2.0
/** Sums what each host used, hour by hour, and keeps the sums in files. */
@NullMarked
package dev.rsp.usage;

import org.jspecify.annotations.NullMarked;
