// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.lua.Script;
import dev.rsp.lua.ScriptException;
import dev.rsp.route.Asked;
import dev.rsp.route.Chooser;
import dev.rsp.route.Decision;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A configuration that is asked where requests would go, on globals of its own. It serves nobody.
 *
 * <p>One thread's.
 */
final class Preview {
  /** What stands in the place of a slot for a request that is refused. */
  static final String REFUSED = "(refused)";

  /** The same for one on which the script failed. */
  static final String FAILED = "(failed)";

  /** What one decision of a script may take: {@link Script#REQUEST_INSTRUCTIONS}. */
  static final long BUDGET_INSTRUCTIONS = Script.REQUEST_INSTRUCTIONS;

  /** RFC 5737: it is nobody's. */
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
   * Runs the configuration's program anew.
   *
   * @throws ScriptException if it, which ran before, fails this time
   */
  static Preview of(Config config) throws ScriptException {
    Script script = config.script();
    if (script != null) {
      script.beQuiet();
    }
    return new Preview(config, script);
  }

  Config config() {
    return config;
  }

  /** Where a canonical host goes with a GET of {@code /}. */
  Decision decide(String host) {
    return decide(new Asked(host, "GET", "/", "", CLIENT, Map.of()));
  }

  Decision decide(Asked request) {
    return chooser.decide(request);
  }

  /**
   * Where a request goes that is written as a host in any spelling, and perhaps a path behind it;
   * null if it names no valid host.
   */
  @Nullable Decision decideWritten(String request) {
    int slash = request.indexOf('/');
    Asked asked =
        slash < 0
            ? Asked.get(request, "/")
            : Asked.get(request.substring(0, slash), request.substring(slash));
    return asked == null ? null : decide(asked);
  }

  /** The name of the slot or the address that a request goes to first, or why it goes nowhere. */
  static String goal(Decision decision) {
    Decision.Target target = decision.target();
    if (target != null) {
      return target.name();
    }
    return decision.error() == null ? REFUSED : FAILED;
  }

  /** Instructions that the last decision took; 0 without a script. */
  long lastInstructions() {
    return script == null ? 0 : script.lastInstructions();
  }
}
