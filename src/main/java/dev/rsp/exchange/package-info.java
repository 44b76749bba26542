// SPDX-License-Identifier: Apache-2.0
/** Carries one request and its response between a client stream and a backend stream. */
@NullMarked
package dev.rsp.exchange;

import org.jspecify.annotations.NullMarked;
