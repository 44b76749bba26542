// SPDX-License-Identifier: Apache-2.0
package dev.rsp.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The program behind {@code scripts/check}. It runs in the directory of the project. It writes to
 * standard error: rsp's own log, which tests make it write, goes to standard output.
 */
public final class Check {
  /** How long tests are begun that are only near the change; the rest is for the compiler. */
  private static final long TESTS_MILLIS = 6_000;

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final List<Source> all;
  private final Map<String, Long> millisByClass;
  private final List<Source> leftOut = new ArrayList<>();

  private Check(List<Source> all, Map<String, Long> millisByClass) {
    this.all = all;
    this.millisByClass = millisByClass;
  }

  /**
   * Ends with 0 if all is well, 1 if something does not compile or a test fails, 2 if the arguments
   * make no sense.
   *
   * @param args simple or full names of test classes, or names of packages, with or without
   *     "dev.rsp."; without any, the tests of what changed
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    List<Source> all = Workspace.sources();
    var check = new Check(all, Workspace.loadMillis(all));
    int status = check.run(args);
    // Not by the end of main: a test may have left a thread behind.
    System.err.flush();
    System.exit(status);
  }

  private int run(String[] names) throws IOException, InterruptedException {
    Set<Source> named = new LinkedHashSet<>();
    for (String name : names) {
      List<Source> tests = all.stream().filter(test -> test.isTest() && fits(test, name)).toList();
      if (tests.isEmpty()) {
        System.err.println("check: " + name + ": no such test or package with tests");
        return 2;
      }
      named.addAll(tests);
    }
    long start = System.nanoTime();
    var compilation = new Compilation(all);
    boolean compiles = compilation.run();
    System.err.printf(
        "check: %s of %d files in %d ms, without Error Prone and NullAway%n",
        compiles ? "compiled " + compilation.count() : "errors, compiling " + compilation.count(),
        all.size(),
        (System.nanoTime() - start) / NANOS_PER_MILLI);
    if (!compiles) {
      return 1;
    }
    var run = new TestRun(millisByClass);
    if (names.length > 0) {
      named.forEach(run::run);
    } else {
      runWhatBelongsTo(changed(), run);
    }
    Workspace.saveMillis(millisByClass);
    if (names.length == 0 && run.failures() == 0) {
      Workspace.save(Workspace.PASSED, Compilation.hashes(all));
    }
    report(run);
    return run.failures() == 0 ? 0 : 1;
  }

  private static boolean fits(Source test, String name) {
    return test.simpleName().equals(name)
        || test.className().equals(name)
        || test.packageName().equals(name)
        || test.packageName().equals("dev.rsp." + name);
  }

  /** Since the last check that passed, or since HEAD. */
  private Set<Source> changed() throws IOException, InterruptedException {
    Set<String> paths = new HashSet<>(Workspace.changedSinceHead());
    Map<String, String> passed = Workspace.load(Workspace.PASSED);
    if (!passed.isEmpty()) {
      Compilation.hashes(all)
          .forEach(
              (path, hash) -> {
                if (!hash.equals(passed.get(path))) {
                  paths.add(path);
                }
              });
    }
    Set<Source> changed =
        all.stream()
            .filter(source -> paths.contains(source.path()))
            .collect(Collectors.toCollection(LinkedHashSet::new));
    changed.forEach(source -> System.err.println("check: changed: " + source.path()));
    return changed;
  }

  private void runWhatBelongsTo(Collection<Source> changed, TestRun run)
      throws InterruptedException {
    if (changed.isEmpty()) {
      System.err.println(
          "check: no Java file of src/main or src/test differs from HEAD or from the last check that"
              + " passed, so no test runs; name a test or a package to run it");
      return;
    }
    TestChoice choice = TestChoice.of(changed, all, millisByClass);
    choice.first().forEach(run::run);
    long end = System.nanoTime() + TESTS_MILLIS * NANOS_PER_MILLI;
    for (Source test : choice.then()) {
      long takes = millisByClass.getOrDefault(test.className(), TestChoice.UNKNOWN_MILLIS);
      long leftMillis = (end - System.nanoTime()) / NANOS_PER_MILLI;
      if (takes > leftMillis || !run.run(test, leftMillis)) {
        leftOut.add(test);
      }
    }
  }

  private void report(TestRun run) {
    if (!leftOut.isEmpty()) {
      System.err.println(
          "check: left out, for lack of time: "
              + leftOut.stream().map(Source::simpleName).collect(Collectors.joining(" ")));
    }
    System.err.printf(
        "check: %d classes, %d tests, %d failed; no substitute for scripts/test%n",
        run.classes(), run.tests(), run.failures());
  }
}
