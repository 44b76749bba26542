// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntUnaryOperator;

/**
 * Counts the requests in flight per place and in total, over all loops; for {@code hash.bounded}
 * and for the {@link SlotShare}.
 *
 * <p>It survives reloads, as the requests do. A connection looks its place up once, so a request
 * costs four additions and no lock. Listed places stay in it, even if no longer listed: an operator
 * names few. A place that only a script names stays while there is a {@link Share} of it.
 */
public final class Loads {
  private final Map<Place, Load> byPlace = new ConcurrentHashMap<>();
  private final LongAdder total = new LongAdder();

  /** The requests in flight of one place. */
  private static final class Load {
    private final LongAdder inFlight = new LongAdder();

    /** How many shares need it. Read and written while its entry is locked. */
    private int holders;

    /** Whether a configuration has listed the place. Written while its entry is locked. */
    private volatile boolean listed;
  }

  /**
   * What one connection, or one request that waits for one, adds to the load of a place: 1 or 0.
   * The thread of its loop only.
   */
  public static final class Share {
    private final Loads loads;
    private final Place place;
    private final Load load;

    private boolean counted;
    private boolean closed;

    private Share(Loads loads, Place place) {
      this.loads = loads;
      this.place = place;
      this.load = loads.hold(place);
    }

    /** Adds the request, if not yet added. */
    public void begin() {
      if (!counted && !closed) {
        counted = true;
        load.inFlight.increment();
        loads.total.increment();
      }
    }

    /** Removes the request. */
    public void end() {
      if (counted) {
        counted = false;
        load.inFlight.decrement();
        loads.total.decrement();
      }
    }

    /** Removes the request, and ends this share. */
    public void close() {
      end();
      if (!closed) {
        closed = true;
        loads.release(place, load);
      }
    }
  }

  /** A share of the load of a place, to be closed by the caller. Any thread. */
  public Share share(Place place) {
    return new Share(this, place);
  }

  /** The requests in flight by a slot's index in a configuration, from 1. Any thread. */
  public IntUnaryOperator bySlot(Config config) {
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

  /** The load of a place; {@link #release} it after use. */
  private Load hold(Place place) {
    Load listed = byPlace.get(place);
    if (listed != null && listed.listed) {
      return listed; // such an entry stays, so no lock is needed
    }
    return byPlace.compute(
        place,
        (key, known) -> {
          Load load = known == null ? new Load() : known;
          load.holders++;
          return load;
        });
  }

  /** Releases a load that {@link #hold} returned. */
  private void release(Place place, Load load) {
    if (!load.listed) {
      byPlace.computeIfPresent(
          place, (key, known) -> --known.holders <= 0 && !known.listed ? null : known);
    }
  }

  /** How many requests a place has in flight. Any thread. */
  public long inFlight(Place place) {
    Load load = byPlace.get(place);
    return load == null ? 0 : load.inFlight.sum();
  }

  /** How many requests all places have in flight. Any thread. */
  public long inFlight() {
    return total.sum();
  }

  /** How many places are known. Any thread. */
  public int places() {
    return byPlace.size();
  }
}
