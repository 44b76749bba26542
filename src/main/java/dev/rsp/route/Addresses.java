// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Place;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Places outside the list that a script named: IP addresses with a port, or Unix sockets.
 *
 * <p>Names are not taken: resolving them would block the loop. The last {@value #KEPT} are kept, so
 * that the same text is the same object and nothing is parsed twice. One event loop's.
 */
final class Addresses {
  private static final int KEPT = 4096;

  private final Map<String, Place> known =
      new LinkedHashMap<>(64, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Place> eldest) {
          return size() > KEPT;
        }
      };

  /** The place that a text means, or null if it is no address. */
  @Nullable Place place(String text) {
    Place place = known.get(text);
    if (place == null) {
      place = Place.ofLiteral(text);
      if (place != null) {
        known.put(text, place);
      }
    }
    return place;
  }
}
