// SPDX-License-Identifier: Apache-2.0
/** Writes figures of the daemon in the formats of Prometheus. */
@NullMarked
package dev.rsp.metrics;

import org.jspecify.annotations.NullMarked;
