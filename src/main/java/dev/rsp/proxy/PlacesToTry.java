// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import dev.rsp.route.Asked;
import dev.rsp.route.Route;
import dev.rsp.route.Router;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The places that a request may go to, one after the other while no connection can be made: those
 * of its route in their order, or after each the one that the file's {@code on_failure} names.
 *
 * <p>One {@link RequestSender}'s, and used again for its next request.
 */
final class PlacesToTry {
  private @Nullable Route route;

  /** The place of the route that is being tried, from 0. */
  private int attempt;

  /** Places that could not be reached so far. */
  private int failures;

  /** What {@code on_failure} is asked by; null if the file has none. */
  private @Nullable Router router;

  private @Nullable Asked asked;

  /**
   * Starts with a request's route.
   *
   * @param by chose it
   * @param request what {@code on_failure} will want to know; null if the file has none
   */
  void start(Route chosen, Router by, @Nullable Asked request) {
    route = chosen;
    router = request == null ? null : by;
    asked = request;
    attempt = 0;
    failures = 0;
  }

  /** The place whose turn it is. */
  Place current() {
    return Objects.requireNonNull(route).place(attempt);
  }

  /** Begins again with the first place of the route. */
  void restart() {
    attempt = 0;
  }

  /** Goes on to the next place of the route; false if there is none. */
  boolean next() {
    attempt++;
    return attempt < Objects.requireNonNull(route).count();
  }

  /**
   * Asks {@code on_failure} about the place that could not be reached.
   *
   * @return what it decided, which {@link #follow} is to know if it is no refusal; or null
   */
  @Nullable Route afterFailure(ConnectFailure failure) {
    failures++;
    return asked == null || router == null
        ? null
        : router.afterFailure(asked, current(), failure.text(), failures);
  }

  /** Goes on with another route. */
  void follow(Route other) {
    route = other;
    attempt = 0;
  }

  /**
   * Forgets what {@code on_failure} is asked by: a tunnel, which can last for days, must not keep
   * the script that chose its backend.
   */
  void forgetScript() {
    router = null;
    asked = null;
  }
}
