// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Limits;
import dev.rsp.config.Place;

/**
 * Limits the requests in flight of one place, so that a backend that hangs does not take all of
 * {@code limits.connections}: at most a fixed multiple of the free connections.
 *
 * <p>These are the dynamic thresholds of shared-buffer switches (Choudhury and Hahne 1998). With
 * the multiple 1, a slot share of 50 %, one place that hangs gets half of all connections, two get
 * a third each, three a fourth; as much as one of them has is always left for the others.
 */
public final class SlotShare {
  private static final int ALL_PERCENT = 100;

  private final Loads loads;
  private final int connections;
  private final int percent;

  /**
   * The share by a configuration's limits.
   *
   * @param onlyPlace whether all requests go to one place: then no other needs protection
   */
  public SlotShare(Loads loads, Limits limits, boolean onlyPlace) {
    this.loads = loads;
    this.connections = limits.connections();
    this.percent = onlyPlace ? ALL_PERCENT : limits.slotShare();
  }

  /**
   * Whether a place may have one more request. One is always allowed. Each loop may exceed the
   * share by one if several check at the same time.
   *
   * @param clients connections of clients over all loops, that of the request included
   */
  public boolean admits(Place place, int clients) {
    // Each request in flight has a connection. While these are fewer than one place may have, which
    // is nearly always, the counts of all loops need not be summed.
    if (percent == ALL_PERCENT
        || (long) ALL_PERCENT * (clients - 1) < (long) percent * connections) {
      return true;
    }
    long inFlight = loads.inFlight(place);
    return inFlight <= 0
        || inFlight * (ALL_PERCENT - percent) < percent * (connections - loads.inFlight());
  }

  /**
   * Whether to close the connection of a client that is refused. Idle, it would take a connection
   * from the clients of other backends; from three quarters of the connections on, which is half of
   * what the default share leaves them, that costs more than a handshake.
   */
  public boolean closesRefused(int clients) {
    return 4L * clients > 3L * connections;
  }
}
