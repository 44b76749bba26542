// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import dev.rsp.log.RateLimit;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports exceptions that no code expected. A peer may be able to cause one with each request, and
 * each takes kilobytes of log with its stack trace, so there is one line of a kind a second. One
 * loop's; called on the loop.
 */
final class FailureLog {
  private static final Logger log = LoggerFactory.getLogger(FailureLog.class);

  private final RateLimit client = new RateLimit();
  private final RateLimit backend = new RateLimit();

  /** By what failed. Callers name it by a constant, so there are few. */
  private final Map<String, RateLimit> others = new HashMap<>();

  /** The connection of a client failed, and is closed. */
  void clientFailed(String address, Throwable cause) {
    if (client.allows()) {
      log.error(
          "connection failed client={} suppressed={}", address, client.takeSuppressed(), cause);
    }
  }

  /** The connection to a backend failed, and is closed. */
  void backendFailed(Place place, Throwable cause) {
    if (backend.allows()) {
      log.error(
          "connection failed backend={} suppressed={}", place, backend.takeSuppressed(), cause);
    }
  }

  /**
   * Something else failed, and the loop goes on.
   *
   * @param what the text of the line, such as "a deadline failed". It is also the kind that the
   *     limit counts by, so it must be a constant: nothing in it may vary from call to call
   */
  void failed(String what, Throwable cause) {
    RateLimit limit = others.computeIfAbsent(what, kind -> new RateLimit());
    if (limit.allows()) {
      log.error("{} suppressed={}", what, limit.takeSuppressed(), cause);
    }
  }
}
