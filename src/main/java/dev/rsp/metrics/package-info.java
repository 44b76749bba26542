// SPDX-License-Identifier: Apache-2.0
/** Counts durations and hosts, and writes figures of the daemon in the formats of Prometheus. */
@NullMarked
package dev.rsp.metrics;

import org.jspecify.annotations.NullMarked;
