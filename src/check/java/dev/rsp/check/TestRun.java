// SPDX-License-Identifier: Apache-2.0
package dev.rsp.check;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** Runs test classes one after the other, and prints a line for each, and what failed. */
final class TestRun {
  private static final long NANOS_PER_MILLI = 1_000_000;
  private static final int STACK_LINES = 20;

  private final Launcher launcher = LauncherFactory.create();
  private final PrintStream out = System.err;
  private final Map<String, Long> millisByClass;
  private long classes;
  private long tests;
  private long failures;

  /**
   * @param millisByClass where to note what each class takes
   */
  TestRun(Map<String, Long> millisByClass) {
    this.millisByClass = millisByClass;
  }

  /**
   * Runs a test for no longer than this, and returns whether it ended. If not, it goes on beside
   * the rest of the program, and counts neither as passed nor as failed.
   */
  boolean run(Source test, long limitMillis) throws InterruptedException {
    var thread = new Thread(() -> run(test), "test");
    thread.setDaemon(true);
    PrintStream stdout = System.out;
    thread.start();
    thread.join(Math.max(1, limitMillis));
    if (thread.isAlive()) {
      System.setOut(stdout);
      System.setErr(out);
      // At least that; it is tried again when there is more time.
      millisByClass.put(test.className(), 2 * limitMillis);
      return false;
    }
    return true;
  }

  /** What the test writes is shown only if it fails. */
  void run(Source test) {
    var output = new ByteArrayOutputStream();
    var summary = new SummaryGeneratingListener();
    long start = System.nanoTime();
    PrintStream stdout = System.out;
    try (var captured = new PrintStream(output, true, StandardCharsets.UTF_8)) {
      System.setOut(captured);
      System.setErr(captured);
      launcher.execute(
          LauncherDiscoveryRequestBuilder.request()
              .selectors(DiscoverySelectors.selectClass(test.className()))
              .build(),
          summary);
    } finally {
      System.setOut(stdout);
      System.setErr(out);
    }
    long millis = (System.nanoTime() - start) / NANOS_PER_MILLI;
    millisByClass.put(test.className(), millis);
    note(test, summary.getSummary(), millis, output.toString(StandardCharsets.UTF_8));
  }

  private void note(Source test, TestExecutionSummary summary, long millis, String output) {
    // Containers fail too: a @BeforeAll, or a class with a leak.
    long failed = summary.getTotalFailureCount();
    long found = summary.getTestsFoundCount();
    classes++;
    tests += found;
    failures += failed;
    if (found == 0 && failed == 0) {
      failures++;
      out.println("FAILED " + test.simpleName() + ": it has no tests");
      return;
    }
    String verdict = failed == 0 ? "ok     " : "FAILED ";
    out.println(verdict + test.simpleName() + ", " + found + " tests in " + millis + " ms");
    if (failed > 0) {
      out.print(output);
      summary.printFailuresTo(new PrintWriter(out, true, StandardCharsets.UTF_8), STACK_LINES);
    }
  }

  long classes() {
    return classes;
  }

  long tests() {
    return tests;
  }

  long failures() {
    return failures;
  }
}
