// SPDX-License-Identifier: Apache-2.0
/** Owns what one event loop has: its network, clients, backends and the service that they use. */
@NullMarked
package dev.rsp.worker;

import org.jspecify.annotations.NullMarked;
