// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What each slot was sent, and how it failed, as lines for the log. Any thread. */
public final class SlotUse {
  private SlotUse() {}

  /**
   * One line for each place of slots that was sent a request or failed one, in the order of the
   * file, as {@code backend slot=live1 address=10.0.0.7:80 requests=120 in_flight=3 failures=2
   * refused=2}, with {@code slot=live1,live2} if two slots have one address; then those that only
   * scripts name and that failed; and how many slots were not used.
   */
  public static List<String> lines(Config config, Loads loads) {
    long now = Ticker.systemTicker().nanoTime();
    List<String> lines = new ArrayList<>();
    Map<Place, String> names = new LinkedHashMap<>();
    int unused = 0;
    for (Slot slot : config.slots()) {
      Place place = slot.place();
      if (place == null || isUnused(place, loads)) {
        unused++;
      } else {
        names.merge(place, slot.name(), (some, more) -> some + "," + more);
      }
    }
    names.forEach(
        (place, slots) -> lines.add(line(slots, place, loads.knownFailures(place), loads, now)));
    for (Place place : loads.failedUnlisted()) {
      if (!names.containsKey(place)) {
        lines.add(line("-", place, loads.knownFailures(place), loads, now));
      }
    }
    if (unused > 0) {
      lines.add("backends without requests: " + unused + " of " + config.slots().size());
    }
    return lines;
  }

  /** The same for programs: for each slot of the file its state and counts. */
  public static List<Map<String, @Nullable Object>> values(Config config, Loads loads) {
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    for (Slot slot : config.slots()) {
      Place place = slot.place();
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("name", slot.name());
      values.put("address", place == null ? null : place.text());
      values.put("state", slot.state().text());
      values.put("weight", slot.weight());
      values.put("requests", place == null ? 0 : loads.requests(place));
      values.put("in_flight", place == null ? 0 : loads.inFlight(place));
      PlaceFailures failures = place == null ? null : loads.knownFailures(place);
      values.put("failures", failures == null ? "" : failures.totals());
      all.add(values);
    }
    return all;
  }

  /** How often a place failed requests since the start, for each kind that has occurred. */
  public static Map<BackendFailure, Long> failures(Place place, Loads loads) {
    PlaceFailures known = loads.knownFailures(place);
    return known == null ? Map.of() : known.counts();
  }

  private static boolean isUnused(Place place, Loads loads) {
    return loads.knownFailures(place) == null
        && loads.requests(place) == 0
        && loads.inFlight(place) == 0;
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
