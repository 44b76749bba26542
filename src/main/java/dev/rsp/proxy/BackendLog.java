// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import dev.rsp.log.RateLimit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a loop has to tell of backends that it does not get to. Any request may be the cause, so
 * that there is one line of a kind a second. One loop's.
 */
final class BackendLog {
  private static final Logger log = LoggerFactory.getLogger(BackendLog.class);

  private final RateLimit unreachable = new RateLimit();
  private final RateLimit noSocket = new RateLimit();
  private final RateLimit overShare = new RateLimit();

  /** A place could not be reached, and no start of a site explains it. */
  void unreachable(Place place, ConnectFailure failure) {
    if (unreachable.allows()) {
      log.warn(
          "backend not reached backend={} reason={} suppressed={}",
          place,
          failure.text(),
          unreachable.takeSuppressed());
    }
  }

  /** A place has as many requests in flight as it may have. */
  void overShare(Service service, Place place) {
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

  /** There is no socket to connect to a place with. */
  void noSocket(Place place, String reason) {
    if (noSocket.allows()) {
      log.warn(
          "no socket for backend={} suppressed={}: {}", place, noSocket.takeSuppressed(), reason);
    }
  }
}
