// SPDX-License-Identifier: Apache-2.0
/** Answers operators and programs over a Unix socket, beside the traffic of clients. */
@NullMarked
package dev.rsp.admin;

import org.jspecify.annotations.NullMarked;
