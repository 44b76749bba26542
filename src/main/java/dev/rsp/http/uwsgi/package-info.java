// SPDX-License-Identifier: Apache-2.0
/** Writes request heads as packets of the uwsgi protocol; knows no sockets. */
@NullMarked
package dev.rsp.http.uwsgi;

import org.jspecify.annotations.NullMarked;
