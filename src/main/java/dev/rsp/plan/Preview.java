// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.lua.Script;
import dev.rsp.lua.ScriptException;
import dev.rsp.route.Chooser;
import dev.rsp.route.Decision;
import dev.rsp.route.RequestSnapshot;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a configuration would send requests, with its own copy of the script. Serves no
 * requests.
 *
 * <p>Confined to one thread.
 */
final class Preview {
  /** Instead of a slot's name, for a refused request. */
  static final String REFUSED = "(refused)";

  /** Instead of a slot's name, for a request on which the script failed. */
  static final String FAILED = "(failed)";

  /** Budget of one decision of a script: {@link Script#REQUEST_INSTRUCTIONS}. */
  static final long BUDGET_INSTRUCTIONS = Script.REQUEST_INSTRUCTIONS;

  /** An address reserved for documentation (RFC 5737). */
  private static final String CLIENT = "192.0.2.1";

  private final Config config;
  private final @Nullable Script script;
  private final Chooser chooser;

  private Preview(Config config, @Nullable Script script) {
    this.config = config;
    this.script = script;
    this.chooser = new Chooser(config, script);
  }

  /**
   * Runs the configuration's program again.
   *
   * @throws ScriptException if it fails, although it ran when the file was loaded
   */
  static Preview of(Config config) throws ScriptException {
    return of(config, config.script());
  }

  /** Decides with a script that was loaded before, and that no other preview uses. */
  static Preview of(Config config, @Nullable Script script) {
    if (script != null) {
      script.muteLog();
    }
    return new Preview(config, script);
  }

  Config config() {
    return config;
  }

  /** Decides for a GET of {@code /} with a canonical host. */
  Decision decide(String host) {
    return decide(new RequestSnapshot(host, "GET", "/", "", "http", null, CLIENT, Map.of()));
  }

  Decision decide(RequestSnapshot request) {
    return chooser.decide(request);
  }

  /**
   * Decides for a request in the form of a host in any spelling, optionally followed by a path;
   * null if the host is invalid.
   */
  @Nullable Decision decideText(String request) {
    int slash = request.indexOf('/');
    RequestSnapshot asked =
        slash < 0
            ? RequestSnapshot.get(request, "/")
            : RequestSnapshot.get(request.substring(0, slash), request.substring(slash));
    return asked == null ? null : decide(asked);
  }

  /** The name or address of the first target, or {@link #REFUSED} or {@link #FAILED}. */
  static String targetName(Decision decision) {
    Decision.Target target = decision.target();
    if (target != null) {
      return target.name();
    }
    return decision.error() == null ? REFUSED : FAILED;
  }

  /** Instructions that the last decision used; 0 without a script. */
  long lastInstructions() {
    return script == null ? 0 : script.lastInstructions();
  }
}
