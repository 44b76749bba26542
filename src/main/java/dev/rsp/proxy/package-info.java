// SPDX-License-Identifier: Apache-2.0
/** Reads and writes headers of the PROXY protocol; knows no sockets. */
@NullMarked
package dev.rsp.proxy;

import org.jspecify.annotations.NullMarked;
