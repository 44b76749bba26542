// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;

/**
 * What one connection, or one request that waits for one, adds to the {@link Loads}: one or none.
 */
final class LoadShare {
  private final Loads loads;
  private final Place place;
  private final Loads.Load load;

  private boolean counted;
  private boolean closed;

  /** One of a place, to be closed. */
  LoadShare(Loads loads, Place place) {
    this.loads = loads;
    this.place = place;
    this.load = loads.hold(place);
  }

  /** There is a request from now on, if there was none. */
  void begin() {
    if (!counted && !closed) {
      counted = true;
      loads.begin(load);
    }
  }

  /** There is none any more. */
  void end() {
    if (counted) {
      counted = false;
      loads.end(load);
    }
  }

  /** There is none any more, and there will be none. */
  void close() {
    end();
    if (!closed) {
      closed = true;
      loads.release(place, load);
    }
  }
}
