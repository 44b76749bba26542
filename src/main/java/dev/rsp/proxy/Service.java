// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Config;
import dev.rsp.config.Held;
import dev.rsp.config.Initialise;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.Sampler;
import dev.rsp.route.Router;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop serves by: a configuration with this loop's own router.
 *
 * <p>A reload makes a new one; an exchange in flight keeps the {@link Terms} of its own.
 */
public final class Service {
  final Terms terms;
  final Held held;
  final @Nullable Initialise initialise;
  final Loads loads;
  final SlotShare share;
  final Router router;
  final byte @Nullable [] defaultHost;
  final boolean trustForwarded;
  final Sampler sampler;
  final String viaName;
  private final Set<Place> places = new HashSet<>();
  private final Map<Place, String> names = new HashMap<>();

  private Service(Config config, Router router, Loads loads, Sampler sampler) {
    this.sampler = sampler;
    this.loads = loads;
    this.terms = new Terms(config.timeouts(), config.limits(), config.wire());
    this.held = config.held();
    this.initialise = config.initialise();
    this.router = router;
    String host = config.defaultHost();
    this.defaultHost = host == null ? null : host.getBytes(StandardCharsets.US_ASCII);
    this.trustForwarded = config.trustForwarded();
    this.viaName = config.wire().viaName();
    for (Slot slot : config.slots()) {
      Place place = slot.place();
      if (place != null) {
        names.putIfAbsent(place, slot.name());
      }
      // Idle connections to one that is down are of no more use.
      if (place != null && slot.state() != Slot.State.DOWN) {
        places.add(place);
      }
    }
    // Only a script can name a place that is not listed.
    boolean scripted = config.hasSelect() || config.choosing().hasOnFailure();
    this.share = new SlotShare(loads, config.limits(), places.size() <= 1 && !scripted);
  }

  /**
   * Makes one, running the configuration's program if it selects by script. Any thread; the result
   * is then handed to its loop.
   *
   * @param loads of all loops
   * @throws ScriptException if the program, which ran before, fails this time
   */
  public static Service of(Config config, Loads loads) throws ScriptException {
    return of(config, loads, Sampler.NONE);
  }

  /**
   * The same for a loop whose requests are looked at by somebody else as well.
   *
   * @throws ScriptException if the program, which ran before, fails this time
   */
  public static Service of(Config config, Loads loads, Sampler sampler) throws ScriptException {
    return new Service(
        config, new Router(config, config.script(loads.bySlot(config))), loads, sampler);
  }

  /** The name of the slot at a place, or else its address. */
  String nameOf(Place place) {
    String name = names.get(place);
    return name == null ? place.text() : name;
  }

  /** Whether a place is one of the configuration's slots. */
  boolean lists(Place place) {
    return places.contains(place);
  }
}
