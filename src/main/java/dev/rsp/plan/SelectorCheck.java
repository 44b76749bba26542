// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.http.HostName;
import dev.rsp.journal.SeenHost;
import dev.rsp.lua.Program;
import dev.rsp.lua.Script;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.TestReport.Result;
import java.util.ArrayList;
import java.util.List;

/** Runs all tests of a configuration: those that a file declares, and the general properties. */
public final class SelectorCheck {
  private SelectorCheck() {}

  /**
   * Runs the tests and checks the properties. Blocks while the scripts run.
   *
   * @param tests the file that declares tests: the configuration's own, or another
   * @param hosts that are known to be served
   * @throws ScriptException if a file does not run
   */
  public static TestReport run(Config config, Program tests, List<SeenHost> hosts)
      throws ScriptException {
    List<String> expected = new ArrayList<>();
    List<Result> results =
        new ArrayList<>(
            SelectorTests.run(
                config, tests.run(), expected, System.nanoTime() + Long.MAX_VALUE / 2));
    List<String> served = new ArrayList<>();
    hosts.forEach(seen -> served.add(seen.host()));
    for (String request : expected) {
      String host = HostName.canonicalise(request.split("/", 2)[0]);
      // With a path, the slot may depend on another host or on the path.
      if (host != null && !request.contains("/")) {
        served.add(host);
      }
    }
    results.addAll(Properties.of(config, served));
    return new TestReport(results);
  }

  /**
   * Runs only the tests that the configuration itself declares.
   *
   * @param deadline by {@link System#nanoTime}; tests that have not run by then fail
   * @throws ScriptException if the file does not run
   */
  static TestReport ownTests(Config config, long deadline) throws ScriptException {
    Script tests = config.program().run();
    return new TestReport(SelectorTests.run(config, tests, new ArrayList<>(), deadline));
  }
}
