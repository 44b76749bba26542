// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.lua.DeclaredTest;
import dev.rsp.lua.Expectation;
import dev.rsp.lua.Script;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.TestReport.Result;
import dev.rsp.route.Decision;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs the tests that a file declares against the decisions of a configuration. */
final class SelectorTests {
  private final Preview preview;
  private final List<String> slots;

  /** The hosts that tests expect to have a slot, as written. */
  private final List<String> expectedHosts = new ArrayList<>();

  private SelectorTests(Preview preview) {
    this.preview = preview;
    this.slots = preview.config().slots().stream().map(slot -> slot.name()).toList();
  }

  /**
   * Runs the tests until the deadline; those that have not run by then fail.
   *
   * @param tests the script that declares them: the configuration's own, or another
   * @param hosts receives the hosts that tests expect to have a slot
   */
  static List<Result> run(Config config, Script tests, List<String> hosts, long deadline)
      throws ScriptException {
    var runner = new SelectorTests(Preview.of(config));
    List<Result> results = new ArrayList<>();
    List<DeclaredTest> declared = tests.tests();
    for (int i = 0; i < declared.size(); i++) {
      DeclaredTest test = declared.get(i);
      String title = test.where() + ": " + test.name();
      boolean late = System.nanoTime() - deadline > 0;
      results.add(
          new Result(
              title,
              late
                  ? List.of(test.where() + ": not run, the tests took too long")
                  : runner.failures(tests.runTest(i), test)));
    }
    hosts.addAll(runner.expectedHosts);
    return results;
  }

  private List<String> failures(Expectation.Run run, DeclaredTest test) {
    List<String> failures = new ArrayList<>();
    for (Expectation expectation : run.expectations()) {
      String failure = failure(expectation);
      if (failure != null) {
        failures.add(expectation.where() + ": " + failure);
      }
    }
    if (run.error() != null) {
      failures.add(run.error());
    } else if (run.expectations().isEmpty()) {
      failures.add(test.where() + ": the test has no expectations");
    }
    return failures;
  }

  private @Nullable String failure(Expectation expectation) {
    if (expectation instanceof Expectation.At at) {
      return at(at);
    }
    if (expectation instanceof Expectation.Same same) {
      return same(same);
    }
    var refused = (Expectation.Refused) expectation;
    Decision decision = preview.decideText(refused.request());
    if (decision == null) {
      return invalid(refused.request());
    }
    return Preview.targetName(decision).equals(Preview.REFUSED)
        ? null
        : refused.request() + goesTo(decision) + " (expected: refused)";
  }

  private @Nullable String at(Expectation.At at) {
    Decision decision = preview.decideText(at.request());
    if (decision == null) {
      return invalid(at.request());
    }
    expectedHosts.add(at.request());
    String wanted = at.slot();
    int index = slots.contains(wanted) ? 0 : index(wanted);
    if (index > slots.size()) {
      return "there is no slot " + wanted + " (expected: 1 to " + slots.size() + ")";
    }
    String name = index > 0 ? slots.get(index - 1) : wanted;
    return Preview.targetName(decision).equals(name)
        ? null
        : at.request() + goesTo(decision) + " (expected: " + name + ")";
  }

  /** Parses an index; 0 if the text is none. */
  private static int index(String text) {
    return text.matches("[1-9][0-9]{0,5}") ? Integer.parseInt(text) : 0;
  }

  private @Nullable String same(Expectation.Same same) {
    Decision one = preview.decideText(same.request());
    Decision other = preview.decideText(same.other());
    if (one == null || other == null) {
      return invalid(one == null ? same.request() : same.other());
    }
    expectedHosts.add(same.request());
    expectedHosts.add(same.other());
    boolean failed = one.error() != null || other.error() != null;
    return !failed && Preview.targetName(one).equals(Preview.targetName(other))
        ? null
        : same.request()
            + goesTo(one)
            + ", and "
            + same.other()
            + goesTo(other)
            + " (expected: the same)";
  }

  private static String invalid(String request) {
    return request + " is no valid host (expected: a host, optionally followed by a path)";
  }

  private static String goesTo(Decision decision) {
    if (decision.error() != null) {
      return " fails: " + decision.error();
    }
    return decision.refusal() == null
        ? " goes to " + Preview.targetName(decision)
        : " is refused: " + decision.refusal().why();
  }
}
