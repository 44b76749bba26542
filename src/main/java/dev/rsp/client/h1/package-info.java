// SPDX-License-Identifier: Apache-2.0
/** Serves clients that speak HTTP/1: their connections, and the stream of one request at a time. */
@NullMarked
package dev.rsp.client.h1;

import org.jspecify.annotations.NullMarked;
