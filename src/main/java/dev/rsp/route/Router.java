// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.hash.PythonHash;
import dev.rsp.http.RequestHead;
import dev.rsp.log.RateLimit;
import dev.rsp.lua.Failure;
import dev.rsp.lua.Script;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the route of a request: from memory where its host alone decides, else by a {@link
 * Chooser}.
 *
 * <p>One event loop's, for one snapshot. A route that is known costs no garbage.
 */
public final class Router {
  private static final Logger log = LoggerFactory.getLogger(Router.class);

  /** Most places that are tried for one request: {@code on_failure} may never tire. */
  public static final int MAX_ATTEMPTS = 16;

  private final Chooser chooser;
  private final PathRules pathRules;
  private final @Nullable Script script;
  private final RateLimit failureLog = new RateLimit();

  /** By the default hash, the route to each slot, or null if it takes a decision. */
  private final @Nullable Route[] direct;

  /** The host that the last request was routed by. */
  private byte[] host = new byte[0];

  private int hostLength;

  private @Nullable HostCache cache;
  private boolean warned;

  /**
   * A router for one loop.
   *
   * @param script of {@link Config#script}, for this loop alone
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
   * The route of a request.
   *
   * @param client who asks; looked at only if a script does
   */
  public Route route(RequestHead head, Client client) {
    host = head.hostBytes();
    hostLength = head.hostLength();
    if (pathRules.concern(host, hostLength)) {
      PathRules.Match match = pathRules.match(head.host(), head.path());
      if (match != null) {
        return inPath(match, head, client);
      }
    }
    Route known = known(host, hostLength);
    return known != null ? known : decide(host, hostLength, null, head, client);
  }

  /**
   * The canonical host that the last request was routed by, from 0 to {@link #hostLength()}: its
   * own, or the one in its path. Good until the next request is read; not to be changed.
   */
  public byte[] hostBytes() {
    return host;
  }

  /** Bytes of the host that the last request was routed by. */
  public int hostLength() {
    return hostLength;
  }

  private Route inPath(PathRules.Match match, RequestHead head, Client client) {
    String inner = match.host();
    host = (inner == null ? head.host() : inner).getBytes(StandardCharsets.US_ASCII);
    hostLength = host.length;
    Route known = inner == null ? null : known(host, host.length);
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
    Decision decision = chooser.decide(new RequestQuestion(head, client.text()), match);
    report(decision);
    if (decision.pure() && cache != null) {
      cache.put(cache.hash(host, length), host, length, decision.route());
    }
    return decision.route();
  }

  /**
   * What {@link #afterFailure} will want to know of a request whose head is gone by then; null if
   * nobody will ask.
   */
  public @Nullable Asked keep(RequestHead head, Client client) {
    return chooser.hasOnFailure() ? Asked.of(head, client) : null;
  }

  /**
   * Asks the file's {@code on_failure} where a request is to go, to which nobody has answered yet.
   *
   * @param request what {@link #keep} gave
   * @param place the place that could not be reached
   * @param reason as {@link Failure} has it
   * @param attempt how many places have been tried, from 1
   * @return the route to take from its first place, or to nowhere; null to go on as before
   */
  public @Nullable Route afterFailure(Asked request, Place place, String reason, int attempt) {
    if (attempt >= MAX_ATTEMPTS) {
      return null;
    }
    Slot slot = chooser.slotAt(place);
    Decision decision =
        chooser.afterFailure(
            request, new Failure(slot == null ? null : slot.name(), place.text(), reason, attempt));
    if (decision == null) {
      // Even one that answers nothing may have kept what select will decide by.
      forgetIfStateful();
      return null;
    }
    report(decision);
    return decision.route();
  }

  /** A script that fails does so for every request; the log gets one line a second. */
  private void report(Decision decision) {
    if (decision.error() != null && failureLog.allows()) {
      log.error(
          "script failed host={} suppressed={}: {}",
          decision.host(),
          failureLog.takeSuppressed(),
          decision.error());
    }
    forgetIfStateful();
  }

  private void forgetIfStateful() {
    if (!warned && script != null && script.keepsState()) {
      warned = true;
      // What was remembered so far may depend on what the script has changed since.
      cache = cache == null ? null : new HostCache();
      log.warn(
          "{}: the script keeps state, so it is run for each request", script.firstStateChange());
    }
  }
}
