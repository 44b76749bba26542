// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import dev.rsp.access.AccessLog;
import dev.rsp.config.BackendTls;
import dev.rsp.config.Config;
import dev.rsp.config.Initialise;
import dev.rsp.config.Place;
import dev.rsp.config.Protocol;
import dev.rsp.config.Slot;
import dev.rsp.lua.CallCounts;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.tls.BackendHandshakes;
import dev.rsp.net.tls.CertificateSource;
import dev.rsp.route.RequestSampler;
import dev.rsp.route.Router;
import dev.rsp.trace.Traces;
import dev.rsp.usage.Usage;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An active configuration with one event loop's own router.
 *
 * <p>A reload makes a new one; an exchange in flight keeps its own {@link Terms}.
 */
public final class Service {
  /** The part that exchanges keep. */
  public final Terms terms;

  /** How sites are started; null if they are not. */
  public final @Nullable Initialise initialise;

  /** Requests in flight over all loops. */
  public final Loads loads;

  /** How many of them a place may have. */
  public final SlotShare share;

  /** Chooses where a request goes. This loop's own. */
  public final Router router;

  /** Whether {@code on_failure} decides when a place cannot be reached. */
  public final boolean hasOnFailure;

  /** Samples requests, if {@link #samples}. */
  public final RequestSampler sampler;

  /** Whether requests are sampled. */
  public final boolean samples;

  /** The number of its configuration: 1 for that of the start, and one more for each reload. */
  public final long generation;

  /** The access log; null if there is none. */
  public final @Nullable AccessLog accessLog;

  /** Sums what hosts use; null if nothing does. */
  public final @Nullable Usage usage;

  /** Where handshakes get their certificates; null if nothing listens with TLS. */
  public final @Nullable CertificateSource certificates;

  /** The names of slots by their places. Never changes. */
  public final Map<Place, String> slotNames;

  /** The slots whose requests are counted one by one, if requests are counted. Never changes. */
  public final Set<String> countedSlots;

  /** How many of the busiest hosts somebody wants to know. */
  final int topHosts;

  /** Kept here so that no connection waits until they are made. */
  private final Set<BackendHandshakes> handshakes = new HashSet<>();

  /** The places of slots that are not down. Never changes. */
  public final Set<Place> places;

  private Service(
      Config config,
      long generation,
      Router router,
      Loads loads,
      RequestSampler sampler,
      @Nullable AccessLog accessLog,
      @Nullable Traces traces,
      @Nullable Usage usage,
      @Nullable CertificateSource certificates) {
    this.certificates = certificates;
    this.generation = generation;
    this.usage = usage;
    this.accessLog = accessLog;
    this.sampler = sampler;
    this.samples = sampler != RequestSampler.NONE;
    this.loads = loads;
    this.terms = new Terms(config, traces);
    this.initialise = config.initialise();
    this.router = router;
    this.hasOnFailure = config.selection().hasOnFailure();
    Map<Place, String> names = new HashMap<>();
    Set<Place> served = new HashSet<>();
    for (Slot slot : config.slots()) {
      Place place = slot.place();
      if (place != null) {
        names.putIfAbsent(place, slot.name());
      }
      // Idle connections to a slot that is down are not needed.
      if (place != null && slot.state() != Slot.State.DOWN) {
        served.add(place);
      }
    }
    this.places = Set.copyOf(served);
    this.slotNames = Map.copyOf(names);
    this.topHosts = config.topHosts();
    this.countedSlots =
        config.slots().stream()
            .limit(RequestCounts.MOST_SLOTS)
            .map(Slot::name)
            .collect(Collectors.toUnmodifiableSet());
    for (Place place : served) {
      prepare(place.tls(), place.protocol() == Protocol.H2);
    }
    // What a script returns may begin with https:// or h2://.
    prepare(config.selection().scriptTls(), false);
    prepare(config.selection().scriptTls(), true);
    // Only a script can name a place that is not listed.
    boolean scripted = config.hasSelect() || hasOnFailure;
    this.share = new SlotShare(loads, config.limits(), places.size() <= 1 && !scripted);
  }

  private void prepare(@Nullable BackendTls tls, boolean http2) {
    if (tls != null) {
      handshakes.add(BackendHandshakes.of(tls, http2));
    }
  }

  /** How often the script of this loop was called. */
  CallCounts calls() {
    return router.calls();
  }

  /** How many hosts of this loop have a route that is cached. */
  int cachedHosts() {
    return router.cachedHosts();
  }

  /**
   * Makes a service; runs the configuration's program if it selects by script. Any thread; the
   * result then belongs to its loop.
   *
   * @param loads shared by all loops
   * @throws ScriptException if the program, which ran before, fails this time
   */
  public static Service of(Config config, Loads loads) throws ScriptException {
    return of(config, 1, loads, RequestSampler.NONE, null, null, null, null);
  }

  /**
   * The same for a loop whose requests are sampled, logged and summed.
   *
   * @param generation the number of the configuration, for the access log
   * @param accessLog shared by all loops; null if requests are not logged
   * @param traces shared by all loops; null if requests are not traced
   * @param usage shared by all loops; null if nothing is summed by host
   * @param certificates shared by all loops; null if nothing listens with TLS
   * @throws ScriptException if the program, which ran before, fails this time
   */
  public static Service of(
      Config config,
      long generation,
      Loads loads,
      RequestSampler sampler,
      @Nullable AccessLog accessLog,
      @Nullable Traces traces,
      @Nullable Usage usage,
      @Nullable CertificateSource certificates)
      throws ScriptException {
    Router router = new Router(config, config.script(loads.bySlot(config)));
    return new Service(
        config, generation, router, loads, sampler, accessLog, traces, usage, certificates);
  }
}
