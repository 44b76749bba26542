// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Place;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What one connection, or one request that waits for one, adds to the {@link Loads}: one or none.
 */
final class LoadShare {
  /** Counts what the place is serving; null if it is not one of the list. */
  private final @Nullable LongAdder load;

  private boolean counted;

  LoadShare(Service service, Place place) {
    this.load = service.lists(place) ? service.loads.of(place) : null;
  }

  /** There is a request from now on, if there was none. */
  void begin() {
    if (!counted && load != null) {
      counted = true;
      load.increment();
    }
  }

  /** There is none any more. */
  void end() {
    if (counted && load != null) {
      counted = false;
      load.decrement();
    }
  }
}
