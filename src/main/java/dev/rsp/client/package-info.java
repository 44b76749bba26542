// SPDX-License-Identifier: Apache-2.0
/** Admits and counts the connections of clients, whatever their protocol. */
@NullMarked
package dev.rsp.client;

import org.jspecify.annotations.NullMarked;
