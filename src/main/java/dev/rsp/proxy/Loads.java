// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntUnaryOperator;

/**
 * How many requests each place of the list is serving, over all loops, for {@code hash.bounded}.
 *
 * <p>It outlives reloads, as the requests do. A connection looks its place up once, so a request
 * costs two additions. Places that are listed no more stay in it: an operator names few.
 */
public final class Loads {
  private final Map<Place, LongAdder> byPlace = new ConcurrentHashMap<>();

  /** The count of a place. Any thread. */
  LongAdder of(Place place) {
    return byPlace.computeIfAbsent(place, p -> new LongAdder());
  }

  /** For a slot's index in a configuration, from 1, how many requests it is serving. Any thread. */
  IntUnaryOperator bySlot(Config config) {
    LongAdder[] counts =
        config.slots().stream()
            .map(slot -> slot.place() == null ? new LongAdder() : of(slot.place()))
            .toArray(LongAdder[]::new);
    return index -> (int) counts[index - 1].sum();
  }
}
