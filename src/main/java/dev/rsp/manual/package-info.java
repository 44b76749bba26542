// SPDX-License-Identifier: Apache-2.0
/** Writes manual pages and completions for shells, from the commands and the keys. */
@NullMarked
package dev.rsp.manual;

import org.jspecify.annotations.NullMarked;
