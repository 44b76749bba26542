// SPDX-License-Identifier: Apache-2.0
/**
 * Serves clients that speak HTTP/2: their connections, and the streams of many requests at a time.
 */
@NullMarked
package dev.rsp.client.h2;

import org.jspecify.annotations.NullMarked;
