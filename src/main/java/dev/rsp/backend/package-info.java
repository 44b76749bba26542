// SPDX-License-Identifier: Apache-2.0
/** Keeps the connections to backends, whatever their protocol: opens, pools and queues for them. */
@NullMarked
package dev.rsp.backend;

import org.jspecify.annotations.NullMarked;
