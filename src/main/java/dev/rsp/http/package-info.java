// SPDX-License-Identifier: Apache-2.0
/** Turns bytes into heads and heads into bytes; knows no sockets. */
@NullMarked
package dev.rsp.http;

import org.jspecify.annotations.NullMarked;
