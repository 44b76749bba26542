// SPDX-License-Identifier: Apache-2.0
/** Admits the connections of clients, and has their sockets and times, whatever their protocol. */
@NullMarked
package dev.rsp.client;

import org.jspecify.annotations.NullMarked;
