// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.hash.PythonHash;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.lua.Script;
import dev.rsp.lua.Selection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses the places for a request: by hashing its host, or as the script says.
 *
 * <p>One event loop's, for one snapshot. What a script answered from the host alone is remembered.
 */
public final class Router {
  private static final Logger log = LoggerFactory.getLogger(Router.class);

  private static final Route SCRIPT_FAILED =
      Route.refused(new Refusal(500, "the selection script failed"));

  private final List<Slot> slots;
  private final Route[] bySlot;
  private final Map<String, Slot> byName;
  private final @Nullable Script script;
  private final @Nullable HostCache cache;
  private final Addresses addresses;
  private final RateLimit failureLog;

  /**
   * A router for one loop.
   *
   * @param script the configuration's program, run for this loop alone; null to hash the host
   */
  public Router(Config config, @Nullable Script script) {
    this.slots = config.slots();
    this.script = script;
    this.cache = script == null ? null : new HostCache();
    this.addresses = new Addresses();
    this.failureLog = new RateLimit();
    this.bySlot = new Route[slots.size()];
    this.byName = new HashMap<>();
    for (Slot slot : slots) {
      bySlot[slot.index() - 1] = Route.to(List.of(slot.place()));
      byName.put(slot.name(), slot);
    }
  }

  /**
   * The route of a request.
   *
   * @param client who asks; looked at only if a script does
   */
  public Route route(RequestHead head, Client client) {
    byte[] host = head.hostBytes();
    int length = head.hostLength();
    if (cache == null) {
      return bySlot[PythonHash.index(host, 0, length, bySlot.length) - 1];
    }
    long hash = cache.hash(host, length);
    Route known = cache.get(hash, host, length);
    return known != null ? known : ask(hash, head, client);
  }

  private Route ask(long hash, RequestHead head, Client client) {
    Script chooser = Objects.requireNonNull(script);
    Selection selection = chooser.select(new RequestQuestion(head, client.text()));
    if (selection instanceof Selection.Chosen chosen) {
      Route route = chosen(chosen, head);
      if (chosen.hostOnly() && route != SCRIPT_FAILED) {
        remember(hash, head, route);
      }
      return route;
    }
    if (selection instanceof Selection.Refused refused) {
      Route route = Route.refused(new Refusal(503, refused.reason()));
      if (refused.hostOnly()) {
        remember(hash, head, route);
      }
      return route;
    }
    return failed(((Selection.Failed) selection).message(), head);
  }

  private void remember(long hash, RequestHead head, Route route) {
    if (cache != null) {
      cache.put(hash, head.hostBytes(), head.hostLength(), route);
    }
  }

  private Route chosen(Selection.Chosen chosen, RequestHead head) {
    if (chosen.choices().size() == 1
        && chosen.choices().get(0) instanceof Selection.Choice.Index index
        && index.index() >= 1
        && index.index() <= bySlot.length) {
      return bySlot[index.index() - 1];
    }
    List<Place> places = new ArrayList<>(chosen.choices().size());
    for (Selection.Choice choice : chosen.choices()) {
      Place place = place(choice);
      if (place == null) {
        return failed("select answered " + describe(choice), head);
      }
      places.add(place);
    }
    return Route.to(places);
  }

  private @Nullable Place place(Selection.Choice choice) {
    if (choice instanceof Selection.Choice.Index index) {
      boolean exists = index.index() >= 1 && index.index() <= slots.size();
      return exists ? slots.get(index.index() - 1).place() : null;
    }
    String text = ((Selection.Choice.Text) choice).text();
    Slot slot = byName.get(text);
    return slot != null ? slot.place() : addresses.place(text);
  }

  private String describe(Selection.Choice choice) {
    return choice instanceof Selection.Choice.Index index
        ? index.index() + " (expected: 1 to " + slots.size() + ")"
        : '"'
            + ((Selection.Choice.Text) choice).text()
            + "\" (expected: a slot's name or an address)";
  }

  /** A script that fails does so for every request; the log gets one line a second. */
  private Route failed(String message, RequestHead head) {
    if (failureLog.allows()) {
      log.error(
          "script failed host={} suppressed={}: {}",
          head.host(),
          failureLog.takeSuppressed(),
          message);
    }
    return SCRIPT_FAILED;
  }
}
