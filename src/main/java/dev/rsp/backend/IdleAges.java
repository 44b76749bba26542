// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.config.Place;
import java.util.Map;

/**
 * After how long places close their idle connections, as seen. A request that must not be sent
 * twice does not use a connection that is nearly as old. One per loop.
 *
 * <p>A backend that closes by a timeout closes each connection at the same age; one that is
 * restarted closes all at the same time, at different ages. So closes of the same moment count once
 * if their ages are the same, and not if they differ; and it takes two moments with the same age.
 */
final class IdleAges {
  /** A backend that checks its connections from time to time closes some of them together. */
  private static final int MOMENT_MILLIS = 300;

  /** As long as the usual timeouts of backends: one that still closes so has done it again. */
  private static final int FORGET_MILLIS = 60_000;

  /** Ages are known in ticks of 100 ms, and a close is seen one later. */
  private static final int RESOLUTION_MILLIS = 200;

  /** The closes of one place. Ages are -1 if unknown. */
  private static final class Closes {
    private long momentMillis = -1;
    private long momentAge = -1;
    private boolean mixed;
    private long lastAge = -1;
    private long learntAge = -1;
    private long learntMillis;
  }

  private final Map<Place, Closes> places = new KnownPlaces<>();

  /** A place has closed a connection that had been idle for so long. */
  void closed(Place place, long ageMillis, long nowMillis) {
    Closes closes = places.computeIfAbsent(place, p -> new Closes());
    endMoment(closes, nowMillis);
    if (closes.momentMillis < 0) {
      closes.momentMillis = nowMillis;
      closes.momentAge = ageMillis;
      closes.mixed = false;
    } else {
      closes.mixed |= !same(closes.momentAge, ageMillis);
      closes.momentAge = Math.min(closes.momentAge, ageMillis);
    }
  }

  private static void endMoment(Closes closes, long nowMillis) {
    if (closes.momentMillis < 0 || nowMillis - closes.momentMillis <= MOMENT_MILLIS) {
      return;
    }
    if (!closes.mixed) {
      if (closes.lastAge >= 0 && same(closes.lastAge, closes.momentAge)) {
        closes.learntAge = Math.min(closes.lastAge, closes.momentAge);
        closes.learntMillis = closes.momentMillis;
      }
      closes.lastAge = closes.momentAge;
    }
    closes.momentMillis = -1;
  }

  private static boolean same(long age, long other) {
    return Math.abs(age - other) <= RESOLUTION_MILLIS + Math.min(age, other) / 8;
  }

  /** For how long a connection to a place may have been idle that is used for such a request. */
  long usableMillis(Place place, long nowMillis) {
    Closes closes = places.get(place);
    if (closes == null) {
      return Long.MAX_VALUE;
    }
    endMoment(closes, nowMillis);
    boolean known = closes.learntAge >= 0 && nowMillis - closes.learntMillis <= FORGET_MILLIS;
    return known ? usableMillis(closes.learntAge) : Long.MAX_VALUE;
  }

  /** The same by a timeout: less a quarter, for the way of the request, and the resolution. */
  static long usableMillis(long timeoutMillis) {
    return timeoutMillis * 3 / 4 - RESOLUTION_MILLIS / 2;
  }
}
