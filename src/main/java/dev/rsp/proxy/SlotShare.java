// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Limits;
import dev.rsp.config.Place;

/**
 * How many requests one place may have in flight, so that a backend that hangs does not take all of
 * {@code limits.connections}: at most a fixed multiple of the connections that are still free.
 *
 * <p>These are the dynamic thresholds of shared-buffer switches (Choudhury and Hahne 1998). With
 * the multiple 1, a slot share of 50 %, one place that hangs gets half of all connections, two get
 * a third each, three a fourth; as much as one of them has is always left to the others.
 */
final class SlotShare {
  private static final int ALL_PERCENT = 100;

  private final Loads loads;
  private final int connections;
  private final int percent;

  /**
   * The share by a configuration's limits.
   *
   * @param onlyPlace whether all requests go to one place: then there is no other to protect
   */
  SlotShare(Loads loads, Limits limits, boolean onlyPlace) {
    this.loads = loads;
    this.connections = limits.connections();
    this.percent = onlyPlace ? ALL_PERCENT : limits.slotShare();
  }

  /**
   * Whether a place may have one more request. It may always have one. Loops that ask at the same
   * time may each let one more in than they would one after the other.
   *
   * @param clients connections of clients over all loops, that of the request included
   */
  boolean admits(Place place, int clients) {
    // Each request in flight has a connection. So while these are fewer than one place may have,
    // no counts over all loops need to be added up; that is nearly always.
    if (percent == ALL_PERCENT
        || (long) ALL_PERCENT * (clients - 1) < (long) percent * connections) {
      return true;
    }
    long inFlight = loads.inFlight(place);
    return inFlight <= 0
        || inFlight * (ALL_PERCENT - percent) < percent * (connections - loads.inFlight());
  }

  /**
   * Whether a client that is refused is to give its connection back. Idle, it would hold a place
   * that the clients of other backends need; from three quarters of the connections on, which is
   * half of what the default share leaves to them, that matters more than a handshake.
   */
  boolean closesRefused(int clients) {
    return 4L * clients > 3L * connections;
  }
}
