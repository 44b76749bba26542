// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Place;
import dev.rsp.config.Protocol;
import dev.rsp.http.Refusal;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a request goes: backends in order of preference, or a refusal.
 *
 * <p>Shared by all requests for a slot, on one event loop.
 */
public final class Route {
  private final Place[] places;
  private final @Nullable Refusal refusal;
  private final boolean http;
  private final boolean uwsgi;
  private final Why why;

  /** The same for another reason, kept because it is asked for again. */
  private @Nullable Route other;

  private Route(Place[] places, @Nullable Refusal refusal, Why why) {
    this.why = why;
    this.places = places;
    this.refusal = refusal;
    this.http = any(places, Protocol.HTTP);
    this.uwsgi = any(places, Protocol.UWSGI);
  }

  /** A route to the first of these backends that accepts a connection; at least one. */
  public static Route to(List<Place> places) {
    if (places.isEmpty()) {
      throw new IllegalArgumentException("places: none (expected: at least one)");
    }
    return new Route(places.toArray(new Place[0]), null, Why.HASH);
  }

  /** A refusal. */
  public static Route refused(Refusal refusal) {
    return new Route(new Place[0], refusal, Why.HASH);
  }

  /** The same route, chosen for another reason. */
  Route because(Why reason) {
    if (why == reason) {
      return this;
    }
    Route same = other;
    if (same == null || same.why != reason) {
      same = new Route(places, refusal, reason);
      other = same;
    }
    return same;
  }

  /** What chose it. */
  public Why why() {
    return why;
  }

  private static boolean any(Place[] places, Protocol protocol) {
    return Arrays.stream(places).anyMatch(place -> place.protocol() == protocol);
  }

  /** Whether one of the backends uses HTTP. */
  public boolean http() {
    return http;
  }

  /** Whether one of the backends uses the uwsgi protocol. */
  public boolean uwsgi() {
    return uwsgi;
  }

  /** The refusal; null if the request is not refused. */
  public @Nullable Refusal refusal() {
    return refusal;
  }

  /** Number of backends to try. */
  public int count() {
    return places.length;
  }

  /** The backend to try at an attempt, from 0. */
  public Place place(int attempt) {
    return places[attempt];
  }
}
