// SPDX-License-Identifier: Apache-2.0
/** Records which hosts were served, how often, and from which slot. */
@NullMarked
package dev.rsp.journal;

import org.jspecify.annotations.NullMarked;
