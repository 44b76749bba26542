// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.function.ToDoubleFunction;

/**
 * All timeouts, in milliseconds.
 *
 * @param headMillis for a whole request head, from its first byte or from the accept
 * @param connectMillis for a backend to accept a connection
 * @param connectRetryMillis for which a connect that is refused is tried again; 0 for not at all
 * @param bodyMillis for the next bytes of a request body, from the client
 * @param responseMillis for the head of a response, from the end of the request
 * @param idleMillis for the next bytes of a response, or for a peer to take some
 * @param keepaliveMillis for the next request on a client connection
 * @param backendKeepaliveMillis for the next use of an idle backend connection
 * @param lingerMillis total time for a client to read a response that ends its connection early
 * @param drainMillis total time for requests in flight when the daemon stops
 * @param tunnelMillis for the next bytes of a tunnel, in either direction
 */
public record Timeouts(
    int headMillis,
    int connectMillis,
    int connectRetryMillis,
    int bodyMillis,
    int responseMillis,
    int idleMillis,
    int keepaliveMillis,
    int backendKeepaliveMillis,
    int lingerMillis,
    int drainMillis,
    int tunnelMillis) {
  /** The values if the file sets none. */
  public static final Timeouts DEFAULTS = of(NumberKey::defaultValue);

  public Timeouts {
    positive("head", headMillis);
    positive("connect", connectMillis);
    if (connectRetryMillis < 0) {
      throw new IllegalArgumentException(
          "connect_retry: " + connectRetryMillis + " ms (expected: >= 0)");
    }
    positive("body", bodyMillis);
    positive("response", responseMillis);
    positive("idle", idleMillis);
    positive("keepalive", keepaliveMillis);
    positive("backend_keepalive", backendKeepaliveMillis);
    positive("linger", lingerMillis);
    positive("drain", drainMillis);
    positive("tunnel", tunnelMillis);
  }

  /** Builds the timeouts from the values of their keys, in seconds. */
  static Timeouts of(ToDoubleFunction<NumberKey> seconds) {
    return new Timeouts(
        millis(seconds, Keys.HEAD),
        millis(seconds, Keys.CONNECT),
        millis(seconds, Keys.CONNECT_RETRY),
        millis(seconds, Keys.BODY),
        millis(seconds, Keys.RESPONSE),
        millis(seconds, Keys.IDLE),
        millis(seconds, Keys.KEEPALIVE),
        millis(seconds, Keys.BACKEND_KEEPALIVE),
        millis(seconds, Keys.LINGER),
        millis(seconds, Keys.DRAIN),
        millis(seconds, Keys.TUNNEL));
  }

  private static int millis(ToDoubleFunction<NumberKey> seconds, NumberKey key) {
    return (int) Math.round(seconds.applyAsDouble(key) * 1000);
  }

  private static void positive(String key, int millis) {
    if (millis <= 0) {
      throw new IllegalArgumentException(key + ": " + millis + " ms (expected: > 0)");
    }
  }
}
