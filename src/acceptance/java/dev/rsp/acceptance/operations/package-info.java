// SPDX-License-Identifier: Apache-2.0
/** Tests starting, addresses, signals, stopping, the systemd unit, and the promises of rsp in C. */
@NullMarked
package dev.rsp.acceptance.operations;

import org.jspecify.annotations.NullMarked;
