// SPDX-License-Identifier: Apache-2.0
/** Chooses a slot for a host. */
@NullMarked
package dev.rsp.route;

import org.jspecify.annotations.NullMarked;
