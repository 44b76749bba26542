// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import java.util.List;

/**
 * The results of a configuration's tests.
 *
 * @param results in the order in which they ran
 */
public record TestReport(List<Result> results) {
  public TestReport {
    results = List.copyOf(results);
  }

  /**
   * The result of one test or one general property.
   *
   * @param failures one line each; empty if it passed
   */
  public record Result(String title, List<String> failures) {
    /** Maximum of failures listed per test: a list of 24,000 hosts is of no use. */
    static final int MAX_LISTED = 10;

    public Result {
      failures = List.copyOf(failures);
    }

    /** Whether it passed. */
    public boolean passed() {
      return failures.isEmpty();
    }
  }

  /** Number of failed tests. */
  public int failed() {
    return (int) results.stream().filter(result -> !result.passed()).count();
  }

  /** All failures of all tests, one line each. */
  public List<String> failures() {
    return results.stream()
        .filter(result -> !result.passed())
        .flatMap(
            result -> result.failures().stream().map(line -> line + " [" + result.title() + "]"))
        .toList();
  }

  /** Formats the report like a test runner. */
  public String text() {
    var out = new StringBuilder();
    for (Result result : results) {
      out.append(result.passed() ? "ok    " : "FAIL  ").append(result.title()).append('\n');
      result.failures().stream()
          .limit(Result.MAX_LISTED)
          .forEach(failure -> out.append("      ").append(failure).append('\n'));
      int more = result.failures().size() - Result.MAX_LISTED;
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
