// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.hash.PythonHash;
import dev.rsp.http.Client;
import dev.rsp.http.RequestHead;
import dev.rsp.log.RateLimit;
import dev.rsp.lua.CallCounts;
import dev.rsp.lua.Failure;
import dev.rsp.lua.Script;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the route of a request: from a cache if it depends on the host alone, else with a {@link
 * Chooser}.
 *
 * <p>Confined to one event loop; for one configuration. A cached route is found without
 * allocations.
 */
public final class Router {
  private static final Logger log = LoggerFactory.getLogger(Router.class);

  /**
   * Maximum of backends tried for one request, because {@code on_failure} may always return
   * another.
   */
  public static final int MAX_ATTEMPTS = 16;

  private final Chooser chooser;
  private final PathRules pathRules;
  private final @Nullable Script script;
  private final RateLimit failureLog = new RateLimit();

  /** For the default hash: the route to each slot, or null if a decision is needed. */
  private final @Nullable Route[] direct;

  private @Nullable HostCache cache;
  private boolean warned;

  /**
   * Creates a router for one loop.
   *
   * @param script from {@link Config#script}, used by this loop only
   */
  public Router(Config config, @Nullable Script script) {
    this.chooser = new Chooser(config, script);
    this.pathRules = chooser.pathRules();
    this.script = script;
    this.direct = new Route[config.hasSelect() ? 0 : config.slots().size()];
    boolean decides = config.hasSelect();
    for (Slot slot : config.slots()) {
      Route route = chooser.directRoute(slot);
      decides |= route == null;
      if (direct.length > 0) {
        direct[slot.index() - 1] = route;
      }
    }
    this.cache = decides ? new HostCache() : null;
  }

  /**
   * Returns the route of a request.
   *
   * @param client the client; read only if a script reads it
   */
  public Route route(RequestHead head, Client client) {
    byte[] host = head.hostBytes();
    int hostLength = head.hostLength();
    if (pathRules.applyTo(host, hostLength)) {
      PathRules.Match match = pathRules.match(head.host(), head.path());
      if (match != null) {
        return routeByPath(match, head, client);
      }
    }
    Route known = known(host, hostLength);
    return known != null ? known : decide(host, hostLength, null, head, client);
  }

  /** How many hosts have a route that is cached. */
  public int cachedHosts() {
    return cache == null ? 0 : cache.size();
  }

  /** How often the script was called. */
  public CallCounts calls() {
    return script == null ? CallCounts.NONE : script.calls();
  }

  /** The canonical host by which a request is routed: its own, or the one in its path. */
  public String routingHost(RequestHead head) {
    PathRules.Match match =
        pathRules.applyTo(head.hostBytes(), head.hostLength())
            ? pathRules.match(head.host(), head.path())
            : null;
    String pathHost = match == null ? null : match.host();
    return pathHost == null ? head.host() : pathHost;
  }

  private Route routeByPath(PathRules.Match match, RequestHead head, Client client) {
    String pathHost = match.host();
    byte[] host = (pathHost == null ? head.host() : pathHost).getBytes(StandardCharsets.US_ASCII);
    Route known = pathHost == null ? null : known(host, host.length);
    return known != null ? known : decide(host, host.length, match, head, client);
  }

  private @Nullable Route known(byte[] host, int length) {
    if (direct.length > 0) {
      Route route = direct[PythonHash.index(host, 0, length, direct.length) - 1];
      if (route != null) {
        return route;
      }
    }
    return cache == null ? null : cache.get(cache.hash(host, length), host, length);
  }

  private Route decide(
      byte[] host, int length, PathRules.@Nullable Match match, RequestHead head, Client client) {
    Decision decision = chooser.decide(new RequestHeadView(head, client), match);
    report(decision);
    if (decision.pure() && cache != null) {
      cache.put(cache.hash(host, length), host, length, decision.route().because(Why.CACHED));
    }
    return decision.route();
  }

  /**
   * Calls the file's {@code on_failure} for a request that no backend has answered yet.
   *
   * @param request as copied by {@link RequestSnapshot#of}
   * @param place the backend that could not be reached
   * @param reason as in {@link Failure}
   * @param attempt number of backends tried, from 1
   * @return the new route or a refusal; null to continue with the old route
   */
  public @Nullable Route afterFailure(
      RequestSnapshot request, Place place, String reason, int attempt) {
    if (attempt >= MAX_ATTEMPTS) {
      return null;
    }
    Slot slot = chooser.slotAt(place);
    Decision decision =
        chooser.afterFailure(
            request, new Failure(slot == null ? null : slot.name(), place.text(), reason, attempt));
    if (decision == null) {
      // Even a call that returns nothing may have changed state that select uses.
      clearCacheIfStateful();
      return null;
    }
    report(decision);
    return decision.route();
  }

  /**
   * Logs errors of the script, at most one line per second, because most fail for every request.
   */
  private void report(Decision decision) {
    if (decision.error() != null && failureLog.allows()) {
      log.error(
          "script failed host={} suppressed={}: {}",
          decision.host(),
          failureLog.takeSuppressed(),
          decision.error());
    }
    clearCacheIfStateful();
  }

  private void clearCacheIfStateful() {
    if (!warned && script != null && script.keepsState()) {
      warned = true;
      // Cached routes may depend on state that the script has changed since.
      cache = cache == null ? null : new HostCache();
      log.warn(
          "{}: the script keeps state, so it is run for each request", script.firstStateChange());
    }
  }
}
