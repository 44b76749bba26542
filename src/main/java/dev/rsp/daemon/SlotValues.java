// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.SlotUse;
import dev.rsp.journal.HostIndex;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.Space;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The slots as the API of operators shows them. Thread-safe. */
final class SlotValues {
  private final Loads loads;
  private final HostsSeen hosts;
  private final RecentRequests recent;

  /** The generation whose shares are known; 0 for none. */
  private long generation;

  private Map<Integer, Double> shares = Map.of();

  SlotValues(Loads loads, HostsSeen hosts, RecentRequests recent) {
    this.loads = loads;
    this.recent = recent;
    this.hosts = hosts;
  }

  /** All slots of a configuration, and their sums. */
  Map<String, @Nullable Object> of(InForce now) {
    Config config = now.config();
    Map<Integer, Double> parts = shares(now);
    HostIndex known = hosts.index();
    RecentRequests.Now lately = recent.now();
    List<Map<String, @Nullable Object>> all = new ArrayList<>();
    Set<Place> counted = new HashSet<>();
    long requests = 0;
    for (Slot slot : config.slots()) {
      all.add(values(slot, now, parts, known, lately));
      Place place = slot.place();
      // Two slots with one address share its counts.
      requests += place != null && counted.add(place) ? loads.requests(place) : 0;
    }
    Map<String, @Nullable Object> total = new LinkedHashMap<>();
    total.put("hosts", known.size());
    total.put("requests", requests);
    total.put("in_flight", loads.inFlight());
    total.putAll(lately.total());
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("slots", all);
    values.put("total", total);
    return values;
  }

  private Map<String, @Nullable Object> values(
      Slot slot,
      InForce now,
      Map<Integer, Double> parts,
      HostIndex known,
      RecentRequests.Now lately) {
    Place place = slot.place();
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("name", slot.name());
    values.put("index", slot.index());
    values.put("address", place == null ? null : place.text());
    values.put("protocol", place == null ? null : place.protocol().name().toLowerCase(Locale.ROOT));
    values.put("state", slot.state().text());
    values.put("file_state", now.fileState(slot).text());
    values.put("weight", slot.weight());
    values.put("share", parts.getOrDefault(slot.index(), 0.0));
    values.put("hosts", known.countOf(slot.name()));
    values.put("requests", place == null ? 0 : loads.requests(place));
    values.put("in_flight", place == null ? 0 : loads.inFlight(place));
    Map<String, @Nullable Object> failures = new LinkedHashMap<>();
    if (place != null) {
      SlotUse.failures(place, loads).forEach((why, count) -> failures.put(why.label(), count));
    }
    values.put("failures", failures);
    values.putAll(lately.values(slot.name()));
    return values;
  }

  /** They change only with the configuration. */
  private synchronized Map<Integer, Double> shares(InForce now) {
    if (generation != now.generation()) {
      try {
        shares = Space.of(now.config(), Space.SHARES).shares();
      } catch (ScriptException e) {
        shares = Map.of(); // it ran when it was loaded, so this is for a lack of memory
      }
      generation = now.generation();
    }
    return shares;
  }
}
