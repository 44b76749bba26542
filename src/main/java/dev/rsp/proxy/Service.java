// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.config.Config;
import dev.rsp.config.Limits;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.config.Timeouts;
import dev.rsp.http.HeadParser;
import dev.rsp.lua.Script;
import dev.rsp.lua.ScriptException;
import dev.rsp.route.Router;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop serves by: a configuration with this loop's own router.
 *
 * <p>A reload makes a new one; an exchange keeps the one that it began with.
 */
public final class Service {
  final Timeouts timeouts;
  final Limits limits;
  final Router router;
  final HeadParser parser;
  final byte @Nullable [] defaultHost;
  final boolean trustForwarded;
  private final Set<Place> places = new HashSet<>();

  private Service(Config config, Router router) {
    this.timeouts = config.timeouts();
    this.limits = config.limits();
    this.router = router;
    this.parser = new HeadParser(limits.headBytes(), limits.fields(), limits.targetBytes());
    String host = config.defaultHost();
    this.defaultHost = host == null ? null : host.getBytes(StandardCharsets.US_ASCII);
    this.trustForwarded = config.trustForwarded();
    for (Slot slot : config.slots()) {
      places.add(slot.place());
    }
  }

  /**
   * Makes one, running the configuration's program if it selects by script. Any thread; the result
   * is then handed to its loop.
   *
   * @throws ScriptException if the program, which ran before, fails this time
   */
  public static Service of(Config config) throws ScriptException {
    Script script = config.hasSelect() ? config.program().run() : null;
    return new Service(config, new Router(config, script));
  }

  /** Whether a place is one of the configuration's slots. */
  boolean lists(Place place) {
    return places.contains(place);
  }
}
