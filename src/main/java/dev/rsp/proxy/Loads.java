// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntUnaryOperator;

/**
 * How many requests each place has in flight, and all places together, over all loops; for {@code
 * hash.bounded} and for the {@link SlotShare}.
 *
 * <p>It outlives reloads, as the requests do. A connection looks its place up once, so a request
 * costs four additions, and no lock. Places of the list stay in it, also when they are listed no
 * more: an operator names few. A place that only a script names stays as long as there is a {@link
 * LoadShare} of it.
 */
public final class Loads {
  private final Map<Place, Load> byPlace = new ConcurrentHashMap<>();
  private final LongAdder total = new LongAdder();

  /** The requests in flight of one place. */
  static final class Load {
    private final LongAdder inFlight = new LongAdder();

    /** How many {@link LoadShare}s need it. Read and written while its entry is locked. */
    private int holders;

    /** Whether a configuration has listed the place. Written while its entry is locked. */
    private volatile boolean listed;
  }

  /** For a slot's index in a configuration, from 1, how many requests it is serving. Any thread. */
  IntUnaryOperator bySlot(Config config) {
    LongAdder[] counts =
        config.slots().stream()
            .map(slot -> slot.place() == null ? new LongAdder() : list(slot.place()).inFlight)
            .toArray(LongAdder[]::new);
    return index -> (int) counts[index - 1].sum();
  }

  private Load list(Place place) {
    return byPlace.compute(
        place,
        (key, known) -> {
          Load load = known == null ? new Load() : known;
          load.listed = true;
          return load;
        });
  }

  /** The load of a place, to be given back by {@link #release}. Any thread. */
  Load hold(Place place) {
    Load listed = byPlace.get(place);
    if (listed != null && listed.listed) {
      return listed; // such an entry never goes, so there is nothing to lock
    }
    return byPlace.compute(
        place,
        (key, known) -> {
          Load load = known == null ? new Load() : known;
          load.holders++;
          return load;
        });
  }

  /** Gives a load back that {@link #hold} returned. Any thread. */
  void release(Place place, Load load) {
    if (!load.listed) {
      byPlace.computeIfPresent(
          place, (key, known) -> --known.holders <= 0 && !known.listed ? null : known);
    }
  }

  /** Counts one more request. Any thread. */
  void begin(Load load) {
    load.inFlight.increment();
    total.increment();
  }

  /** Counts one less. Any thread. */
  void end(Load load) {
    load.inFlight.decrement();
    total.decrement();
  }

  /** How many requests a place has in flight. Any thread. */
  long inFlight(Place place) {
    Load load = byPlace.get(place);
    return load == null ? 0 : load.inFlight.sum();
  }

  /** How many requests all places have in flight. Any thread. */
  long inFlight() {
    return total.sum();
  }

  /** How many places are known. Any thread. */
  int places() {
    return byPlace.size();
  }
}
