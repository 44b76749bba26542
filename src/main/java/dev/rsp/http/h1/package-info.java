// SPDX-License-Identifier: Apache-2.0
/** Parses and writes the bytes of HTTP/1: heads and the framing of bodies; knows no sockets. */
@NullMarked
package dev.rsp.http.h1;

import org.jspecify.annotations.NullMarked;
