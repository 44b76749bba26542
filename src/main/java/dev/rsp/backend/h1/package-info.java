// SPDX-License-Identifier: Apache-2.0
/** Sends requests to backends in HTTP/1, and reads responses in it. */
@NullMarked
package dev.rsp.backend.h1;

import org.jspecify.annotations.NullMarked;
