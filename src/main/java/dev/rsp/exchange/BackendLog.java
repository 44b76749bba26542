// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Place;
import dev.rsp.log.RateLimit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs that a backend cannot be reached or used. Any request may cause a line, so there is one line
 * per kind and second. One per loop.
 */
public final class BackendLog {
  private static final Logger log = LoggerFactory.getLogger(BackendLog.class);

  private final RateLimit unreachable = new RateLimit();
  private final RateLimit noSocket = new RateLimit();
  private final RateLimit overShare = new RateLimit();

  /** A place could not be reached, and not because its site is asleep. */
  public void unreachable(Place place, ConnectFailure failure) {
    if (unreachable.allows()) {
      log.warn(
          "backend not reached backend={} reason={} suppressed={}",
          place,
          failure.text(),
          unreachable.takeSuppressed());
    }
  }

  /** A place has its maximum of requests in flight. */
  public void overShare(Service service, Place place) {
    if (overShare.allows()) {
      log.warn(
          "slot over its share slot={} backend={} in_flight={} total={} suppressed={}",
          service.nameOf(place),
          place,
          service.loads.inFlight(place),
          service.loads.inFlight(),
          overShare.takeSuppressed());
    }
  }

  /** No socket could be created to connect to a place. */
  public void noSocket(Place place, String reason) {
    if (noSocket.allows()) {
      log.warn(
          "no socket for backend={} suppressed={}: {}", place, noSocket.takeSuppressed(), reason);
    }
  }
}
