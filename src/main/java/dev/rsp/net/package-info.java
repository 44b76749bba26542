// SPDX-License-Identifier: Apache-2.0
/**
 * Moves the bytes of one event loop: transport, listeners, buffers and deadlines; knows no HTTP.
 */
@NullMarked
package dev.rsp.net;

import org.jspecify.annotations.NullMarked;
