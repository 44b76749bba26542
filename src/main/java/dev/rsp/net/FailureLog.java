// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import dev.rsp.config.Place;
import dev.rsp.log.RateLimit;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs unexpected exceptions. A peer may be able to cause one with each request, and a stack trace
 * takes kilobytes of log, so there is one line per kind and second. One per loop; called on the
 * loop.
 */
public final class FailureLog {
  private static final Logger log = LoggerFactory.getLogger(FailureLog.class);

  private final RateLimit client = new RateLimit();
  private final RateLimit backend = new RateLimit();
  private final RateLimit stream = new RateLimit();

  /** By what failed. Callers use constants, so there are few. */
  private final Map<String, RateLimit> others = new HashMap<>();

  private Consumer<Throwable> action = cause -> {};

  /** Sets what is done with each exception, before it is logged. Any thread, before the first. */
  public void whenFailed(Consumer<Throwable> newAction) {
    action = newAction;
  }

  /** A client connection failed, and is closed. */
  public void clientFailed(String address, Throwable cause) {
    action.accept(cause);
    if (client.allows()) {
      log.error(
          "connection failed client={} suppressed={}", address, client.takeSuppressed(), cause);
    }
  }

  /** A backend connection failed, and is closed. */
  public void backendFailed(Place place, Throwable cause) {
    action.accept(cause);
    if (backend.allows()) {
      log.error(
          "connection failed backend={} suppressed={}", place, backend.takeSuppressed(), cause);
    }
  }

  /** A stream of a connection to a backend failed, and is closed; the connection goes on. */
  public void streamFailed(Place place, Throwable cause) {
    action.accept(cause);
    if (stream.allows()) {
      log.error("stream failed backend={} suppressed={}", place, stream.takeSuppressed(), cause);
    }
  }

  /**
   * Something else failed; the loop continues.
   *
   * @param what the text of the line, such as "a deadline failed". It is also the kind for the rate
   *     limit, so it must be a constant
   */
  public void failed(String what, Throwable cause) {
    action.accept(cause);
    RateLimit limit = others.computeIfAbsent(what, kind -> new RateLimit());
    if (limit.allows()) {
      log.error("{} suppressed={}", what, limit.takeSuppressed(), cause);
    }
  }
}
