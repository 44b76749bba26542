// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Counts the requests in flight per place and in total, over all loops, for {@code hash.bounded}
 * and for the {@link SlotShare}; and what each place was sent, and how it failed, for the log.
 *
 * <p>It survives reloads, as the requests do. A connection looks its place up once, so a request
 * costs five additions and no lock. Listed places stay in it, even if no longer listed: an operator
 * names few. A place that only a script names stays while there is a {@link Share} of it; how it
 * failed stays for a minute at least.
 */
public final class Loads {
  /**
   * Maximum of places that only a script names and whose failures are counted one by one. A script
   * can name any number.
   */
  static final int MAX_UNLISTED = 1024;

  private final Map<Place, Load> byPlace = new ConcurrentHashMap<>();
  private final LongAdder total = new LongAdder();

  /** How places failed that only a script names. */
  private final Map<Place, PlaceFailures> unlisted = new ConcurrentHashMap<>();

  /** How those failed that are beyond {@link #MAX_UNLISTED}. */
  private final PlaceFailures others = new PlaceFailures();

  /** The requests of one place. */
  private static final class Load {
    private final LongAdder inFlight = new LongAdder();

    /** Requests sent to it. */
    private final LongAdder requests = new LongAdder();

    /** How it failed; null if it never did. */
    private volatile @Nullable PlaceFailures failures;

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

    /** Adds the request, if not yet added: it is sent now. */
    public void send() {
      load.requests.increment();
      if (!counted && !closed) {
        counted = true;
        load.inFlight.increment();
        loads.total.increment();
      }
    }

    /**
     * Removes the request.
     *
     * @return whether its place has failed requests and not recovered, so that a response is news
     */
    public boolean end() {
      if (counted) {
        counted = false;
        load.inFlight.decrement();
        loads.total.decrement();
      }
      PlaceFailures failures = load.failures;
      return failures != null && failures.failing();
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
          if (load.failures == null) {
            load.failures = unlisted.remove(place);
          }
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
          if (load.failures == null) {
            load.failures = unlisted.get(place);
          }
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

  // What the log says of a place ----------------------------------------------------------------

  /**
   * How a place failed, to count one more failure.
   *
   * @param now to forget places of scripts that failed long ago, if there are too many
   */
  PlaceFailures failures(Place place, long now) {
    Load load = byPlace.get(place);
    PlaceFailures known = load == null ? null : load.failures;
    if (known != null) {
      return known;
    }
    if (load != null && load.listed) {
      return Objects.requireNonNull(
          byPlace.compute(
                  place,
                  (key, same) -> {
                    Load listed = Objects.requireNonNull(same);
                    if (listed.failures == null) {
                      listed.failures = new PlaceFailures();
                    }
                    return listed;
                  })
              .failures);
    }
    PlaceFailures failures = unlisted.get(place);
    if (failures == null) {
      if (unlisted.size() >= MAX_UNLISTED) {
        unlisted.values().removeIf(old -> old.stale(now));
      }
      if (unlisted.size() >= MAX_UNLISTED) {
        return others;
      }
      failures = unlisted.computeIfAbsent(place, key -> new PlaceFailures());
    }
    if (load != null) {
      load.failures = failures; // so that its connections report what succeeds
    }
    return failures;
  }

  /** How a place failed; null if it never did, or that is forgotten. Any thread. */
  @Nullable PlaceFailures knownFailures(Place place) {
    Load load = byPlace.get(place);
    PlaceFailures known = load == null ? null : load.failures;
    return known == null ? unlisted.get(place) : known;
  }

  /** The places that only scripts name, and that failed. Any thread. */
  List<Place> failedUnlisted() {
    return List.copyOf(unlisted.keySet());
  }

  /** How many requests were sent to a place. Any thread. */
  public long requests(Place place) {
    Load load = byPlace.get(place);
    return load == null ? 0 : load.requests.sum();
  }

  /** How many places are known. Any thread. */
  public int places() {
    return byPlace.size();
  }
}
