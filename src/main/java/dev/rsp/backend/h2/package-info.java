// SPDX-License-Identifier: Apache-2.0
/** Sends requests to backends in HTTP/2, many at a time on one connection, and reads responses. */
@NullMarked
package dev.rsp.backend.h2;

import org.jspecify.annotations.NullMarked;
