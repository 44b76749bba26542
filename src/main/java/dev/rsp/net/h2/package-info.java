// SPDX-License-Identifier: Apache-2.0
/** Reads and writes the frames of HTTP/2 connections, of either side; knows no requests. */
@NullMarked
package dev.rsp.net.h2;

import org.jspecify.annotations.NullMarked;
