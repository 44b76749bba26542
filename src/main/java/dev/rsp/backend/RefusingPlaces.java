// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.config.Place;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Since when places refuse connections: requests are queued for one that has just begun to, and
 * fail at once if it has for longer. For one that is forgotten, requests wait once more. One per
 * loop.
 */
final class RefusingPlaces {
  /**
   * A place that nothing was sent to for so long may have accepted connections meanwhile. With a
   * request a second and loop, a place stays known.
   */
  private static final int FORGET_MILLIS = 60_000;

  private static final class Refusals {
    private long firstMillis;
    private long lastMillis;

    private Refusals(long nowMillis) {
      this.firstMillis = nowMillis;
      this.lastMillis = nowMillis;
    }
  }

  private final Map<Place, Refusals> places = new KnownPlaces<>();

  /** A place has refused a connection. */
  void refused(Place place, long nowMillis) {
    Refusals known = places.computeIfAbsent(place, p -> new Refusals(nowMillis));
    if (nowMillis - known.lastMillis > FORGET_MILLIS) {
      known.firstMillis = nowMillis;
    }
    known.lastMillis = nowMillis;
  }

  /** A place has accepted a connection. */
  void accepted(Place place) {
    if (!places.isEmpty()) {
      places.remove(place);
    }
  }

  /** Whether a place has refused connections for so long, and accepted none. */
  boolean refusesFor(Place place, int millis, long nowMillis) {
    @Nullable Refusals known = places.get(place);
    return known != null
        && nowMillis - known.firstMillis >= millis
        && nowMillis - known.lastMillis <= FORGET_MILLIS;
  }
}
