// SPDX-License-Identifier: Apache-2.0
/** Tests HTTP/1.1 and WebSocket messages between a client, the packaged rsp and a backend. */
@NullMarked
package dev.rsp.acceptance.http;

import org.jspecify.annotations.NullMarked;
