// SPDX-License-Identifier: Apache-2.0
/** Makes spans of sampled requests, and sends them to a collector of OpenTelemetry. */
@NullMarked
package dev.rsp.trace;

import org.jspecify.annotations.NullMarked;
