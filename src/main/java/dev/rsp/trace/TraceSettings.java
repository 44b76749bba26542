// SPDX-License-Identifier: Apache-2.0
package dev.rsp.trace;

/**
 * Which requests are traced, and where their spans go.
 *
 * @param endpoint an http or https URL that takes OTLP
 * @param share of the requests that no trusted proxy has sampled or not sampled, 0 to 1
 * @param service the name of this rsp in traces
 */
public record TraceSettings(String endpoint, double share, String service) {}
