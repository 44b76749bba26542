// SPDX-License-Identifier: Apache-2.0
package dev.rsp.client;

import dev.rsp.log.RateLimit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs connections that are refused because of {@code proxy_protocol}: one a second, since each
 * costs its peer nothing. One per loop, on its thread.
 */
final class ProxyRefusals {
  private static final Logger log = LoggerFactory.getLogger(ProxyRefusals.class);

  private final RateLimit limit = new RateLimit();

  /**
   * A connection is refused.
   *
   * @param peer its own address
   * @param why a constant
   */
  void refused(String peer, String why) {
    if (limit.allows()) {
      log.warn("connection refused client={} suppressed={}: {}", peer, limit.takeSuppressed(), why);
    }
  }
}
