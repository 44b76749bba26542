// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.function.ToDoubleFunction;

/**
 * Upper limits for messages, connections and memory.
 *
 * @param headBytes of a request or response head, the empty line included
 * @param fields field lines of a head
 * @param targetBytes of a request target
 * @param hostBytes of a host, without port and final dot
 * @param bodyBytes of a request body; 0 is no limit
 * @param chunkExtBytes of the extensions of one chunk
 * @param trailerBytes of all trailer lines of a chunked body
 * @param bodyRate minimum rate of a request body in bytes per second; 0 is no limit
 * @param responseRate minimum rate in bytes per second at which a client must receive a response; 0
 *     is no limit
 * @param connections of all clients at the same time, over all loops
 * @param slotShare percent of {@code connections} that the requests for one backend may hold, while
 *     those for others hold none; 100 is no limit
 * @param clientConnections of one client address at the same time, over all loops; 0 is no limit
 * @param http2Streams requests of one HTTP/2 connection at the same time
 * @param backendIdle idle connections kept per backend and loop
 * @param memoryBytes of the buffers of all loops; 0 for a share of the memory that the process may
 *     use
 */
public record Limits(
    int headBytes,
    int fields,
    int targetBytes,
    int hostBytes,
    long bodyBytes,
    int chunkExtBytes,
    int trailerBytes,
    int bodyRate,
    int responseRate,
    int connections,
    int slotShare,
    int clientConnections,
    int http2Streams,
    int backendIdle,
    long memoryBytes) {
  /** The values if the file sets none. */
  public static final Limits DEFAULTS = of(NumberKey::defaultValue);

  public Limits {
    expect(headBytes >= 1, "head_bytes: " + headBytes + " (expected: >= 1)");
    expect(fields >= 1, "fields: " + fields + " (expected: >= 1)");
    expect(
        targetBytes >= 1 && targetBytes <= headBytes,
        "target_bytes: " + targetBytes + " (expected: 1 to head_bytes, " + headBytes + ")");
    notNegative("host_bytes", hostBytes);
    notNegative("body_bytes", bodyBytes);
    notNegative("chunk_ext_bytes", chunkExtBytes);
    notNegative("trailer_bytes", trailerBytes);
    notNegative("body_rate", bodyRate);
    notNegative("response_rate", responseRate);
    notNegative("client_connections", clientConnections);
    expect(http2Streams >= 1, "http2_streams: " + http2Streams + " (expected: >= 1)");
    notNegative("backend_idle", backendIdle);
    notNegative("memory", memoryBytes);
    expect(
        slotShare >= 1 && slotShare <= 100, "slot_share: " + slotShare + " (expected: 1 to 100)");
    expect(connections >= 1, "connections: " + connections + " (expected: >= 1)");
  }

  /**
   * Builds the limits from the values of their keys. The limit for a target is reduced to that for
   * a head, because a target is part of the head.
   */
  static Limits of(ToDoubleFunction<NumberKey> values) {
    int headBytes = (int) values.applyAsDouble(Keys.HEAD_BYTES);
    return new Limits(
        headBytes,
        (int) values.applyAsDouble(Keys.FIELDS),
        Math.min(headBytes, (int) values.applyAsDouble(Keys.TARGET_BYTES)),
        (int) values.applyAsDouble(Keys.HOST_BYTES),
        (long) values.applyAsDouble(Keys.BODY_BYTES),
        (int) values.applyAsDouble(Keys.CHUNK_EXT_BYTES),
        (int) values.applyAsDouble(Keys.TRAILER_BYTES),
        (int) values.applyAsDouble(Keys.BODY_RATE),
        (int) values.applyAsDouble(Keys.RESPONSE_RATE),
        (int) values.applyAsDouble(Keys.CONNECTIONS),
        (int) values.applyAsDouble(Keys.SLOT_SHARE),
        (int) values.applyAsDouble(Keys.CLIENT_CONNECTIONS),
        (int) values.applyAsDouble(Keys.HTTP2_STREAMS),
        (int) values.applyAsDouble(Keys.BACKEND_IDLE),
        (long) values.applyAsDouble(Keys.MEMORY));
  }

  private static void notNegative(String key, long value) {
    expect(value >= 0, key + ": " + value + " (expected: >= 0)");
  }

  private static void expect(boolean met, String otherwise) {
    if (!met) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
