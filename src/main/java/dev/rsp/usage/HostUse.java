// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a host used.
 *
 * @param host canonical; {@link #OTHERS} for those that are summed together
 * @param requests that a backend answered
 * @param bytesIn octets from clients, with heads
 * @param bytesOut octets to clients, with heads
 * @param backendMicros from the sending of a request to the end of its response, in microseconds
 */
public record HostUse(String host, long requests, long bytesIn, long bytesOut, long backendMicros) {
  /** In the place of a host: those that have no sums of their own. */
  public static final String OTHERS = "*";

  private static final double MICROS_PER_SECOND = 1e6;

  /** The time at the backend in seconds. */
  public double backendSeconds() {
    return backendMicros / MICROS_PER_SECOND;
  }

  /** Octets both ways. */
  public long bytes() {
    return bytesIn + bytesOut;
  }

  /** The sums by their names in JSON, as in the columns of files. */
  public Map<String, Object> sums() {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("requests", requests);
    values.put("bytes_in", bytesIn);
    values.put("bytes_out", bytesOut);
    values.put("backend_seconds", backendSeconds());
    return values;
  }

  /** The sums of this and another. */
  public HostUse plus(HostUse other) {
    return new HostUse(
        host,
        requests + other.requests,
        bytesIn + other.bytesIn,
        bytesOut + other.bytesOut,
        backendMicros + other.backendMicros);
  }
}
