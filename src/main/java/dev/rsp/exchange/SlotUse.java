// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What each slot was sent, and how it failed, as lines for the log. Any thread. */
public final class SlotUse {
  private SlotUse() {}

  /**
   * One line for each slot that was sent a request or failed one, in the order of the file, as
   * {@code backend slot=live1 address=10.0.0.7:80 requests=120 in_flight=3 failures=2 refused=2};
   * then those that only scripts name and that failed; and how many slots were not used.
   */
  public static List<String> lines(Config config, Loads loads) {
    long now = Ticker.systemTicker().nanoTime();
    List<String> lines = new ArrayList<>();
    Set<Place> listed = new HashSet<>();
    int unused = 0;
    for (Slot slot : config.slots()) {
      Place place = slot.place();
      PlaceFailures failures = place == null ? null : loads.knownFailures(place);
      if (place == null || (failures == null && isUnused(place, loads))) {
        unused++;
      } else {
        lines.add(line(slot.name(), place, failures, loads, now));
      }
      if (place != null) {
        listed.add(place);
      }
    }
    for (Place place : loads.failedUnlisted()) {
      if (!listed.contains(place)) {
        lines.add(line("-", place, loads.knownFailures(place), loads, now));
      }
    }
    if (unused > 0) {
      lines.add("backends without requests: " + unused + " of " + config.slots().size());
    }
    return lines;
  }

  private static boolean isUnused(Place place, Loads loads) {
    return loads.requests(place) == 0 && loads.inFlight(place) == 0;
  }

  private static String line(
      String slot, Place place, @Nullable PlaceFailures failures, Loads loads, long now) {
    var text = new StringBuilder("backend slot=").append(slot);
    text.append(" address=").append(place);
    text.append(" requests=").append(loads.requests(place));
    text.append(" in_flight=").append(loads.inFlight(place));
    if (failures != null) {
      text.append(' ').append(failures.totals());
      String outage = failures.outage(now);
      text.append(outage.isEmpty() ? "" : " ").append(outage);
    }
    return text.toString();
  }
}
