// SPDX-License-Identifier: Apache-2.0
/** Sends requests to backends in the uwsgi protocol, whose responses are HTTP/1. */
@NullMarked
package dev.rsp.backend.uwsgi;

import org.jspecify.annotations.NullMarked;
