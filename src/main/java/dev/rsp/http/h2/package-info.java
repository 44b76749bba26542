// SPDX-License-Identifier: Apache-2.0
/** Reads fields of HTTP/2 into heads, and writes those of heads, on both sides; knows no frames. */
@NullMarked
package dev.rsp.http.h2;

import org.jspecify.annotations.NullMarked;
