// SPDX-License-Identifier: Apache-2.0
package dev.rsp.top;

import dev.rsp.admin.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Samples in the form of the API. */
final class TestSample {
  private TestSample() {}

  /** A sample of these {@link #slot}s. */
  static Sample of(List<Map<String, @Nullable Object>> slots) {
    Map<String, @Nullable Object> status = new LinkedHashMap<>();
    status.put("version", "1.2.3");
    status.put("pid", 4711);
    status.put("serving", true);
    status.put("file", "/etc/rsp/backends.lua");
    status.put("generation", 7);
    status.put("since", "2026-11-27T15:00:00.123456Z");
    status.put("connections", 12345);
    Map<String, @Nullable Object> total = slot("total", "up", 250, 3, 12.5);
    return Sample.of(Json.of(status), Json.of(Map.of("slots", slots, "total", total)));
  }

  static Map<String, @Nullable Object> slot(
      String name, String state, double rate, int inFlight, @Nullable Double p95) {
    Map<String, @Nullable Object> slot = new LinkedHashMap<>();
    slot.put("name", name);
    slot.put("index", 1);
    slot.put("address", "10.0.0.1:80");
    slot.put("state", state);
    slot.put("file_state", "up");
    slot.put("weight", 1);
    slot.put("share", 0.25);
    slot.put("hosts", 1_500_000);
    slot.put("requests", 123_456);
    slot.put("in_flight", inFlight);
    slot.put("rate", rate);
    slot.put("status", Map.of("1xx", 0, "2xx", 10_000, "3xx", 1, "4xx", 2, "5xx", 9));
    slot.put("failures", Map.of("refused", 2, "timeout", 3));
    slot.put("latency_ms", p95 == null ? null : Map.of("p50", 1.26, "p95", p95, "p99", 1234.0));
    slot.put("bytes_in", 2048);
    slot.put("bytes_out", 3_500_000_000L);
    return slot;
  }
}
