// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import java.util.List;

/**
 * What tests of a configuration found.
 *
 * @param results in the order in which they ran
 */
public record TestReport(List<Result> results) {
  public TestReport {
    results = List.copyOf(results);
  }

  /**
   * One test, or one property that every configuration should have.
   *
   * @param failures each one line; empty if it passed
   */
  public record Result(String title, List<String> failures) {
    /** Failures of one test that are told: all of 24,000 hosts help nobody. */
    static final int MAX_TOLD = 10;

    public Result {
      failures = List.copyOf(failures);
    }

    /** Whether it passed. */
    public boolean passed() {
      return failures.isEmpty();
    }
  }

  /** How many failed. */
  public int failed() {
    return (int) results.stream().filter(result -> !result.passed()).count();
  }

  /** Every failure of every test, as one line each. */
  public List<String> failures() {
    return results.stream()
        .filter(result -> !result.passed())
        .flatMap(
            result -> result.failures().stream().map(line -> line + " [" + result.title() + "]"))
        .toList();
  }

  /** As a test runner shows it. */
  public String text() {
    var out = new StringBuilder();
    for (Result result : results) {
      out.append(result.passed() ? "ok    " : "FAIL  ").append(result.title()).append('\n');
      result.failures().stream()
          .limit(Result.MAX_TOLD)
          .forEach(failure -> out.append("      ").append(failure).append('\n'));
      int more = result.failures().size() - Result.MAX_TOLD;
      if (more > 0) {
        out.append("      and ").append(more).append(" more\n");
      }
    }
    int failed = failed();
    return out.append(results.size() - failed)
        .append(" passed, ")
        .append(failed)
        .append(" failed\n")
        .toString();
  }
}
