// SPDX-License-Identifier: Apache-2.0
/**
 * Answers operators, programs and browsers over a Unix socket or an address of its own, beside the
 * traffic of clients.
 */
@NullMarked
package dev.rsp.admin;

import org.jspecify.annotations.NullMarked;
