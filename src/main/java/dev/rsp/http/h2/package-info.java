// SPDX-License-Identifier: Apache-2.0
/**
 * Reads the fields of HTTP/2 requests into heads, and writes those of responses; knows no frames.
 */
@NullMarked
package dev.rsp.http.h2;

import org.jspecify.annotations.NullMarked;
