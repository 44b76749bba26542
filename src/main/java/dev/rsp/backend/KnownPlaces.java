// SPDX-License-Identifier: Apache-2.0
package dev.rsp.backend;

import dev.rsp.config.Place;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What was learnt of places, of which scripts can name any number: when there are too many, the one
 * that was known first is forgotten, and learnt again. Not thread-safe.
 */
final class KnownPlaces<V> extends LinkedHashMap<Place, V> {
  private static final long serialVersionUID = 1;

  private static final int MAX_PLACES = 1024;

  @Override
  protected boolean removeEldestEntry(Map.Entry<Place, V> eldest) {
    return size() > MAX_PLACES;
  }
}
