// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayList;
import java.util.List;
import org.luaj.vm2.LuaClosure;

/** The tests that one script declared, and what the test that is running expects so far. */
final class DeclaredTests {
  private final List<DeclaredTest> tests = new ArrayList<>();
  private final List<LuaClosure> bodies = new ArrayList<>();
  private List<Expectation> expectations = List.of();
  private boolean loading = true;
  private boolean running;

  /** The file has run: it can declare no more tests. */
  void loaded() {
    loading = false;
  }

  boolean isLoading() {
    return loading;
  }

  boolean isRunning() {
    return running;
  }

  int count() {
    return tests.size();
  }

  List<DeclaredTest> tests() {
    return List.copyOf(tests);
  }

  void add(DeclaredTest test, LuaClosure body) {
    tests.add(test);
    bodies.add(body);
  }

  /** Begins a test, and returns its body to call; {@link #end} must follow. */
  LuaClosure begin(int index) {
    expectations = new ArrayList<>();
    running = true;
    return bodies.get(index);
  }

  void end() {
    running = false;
  }

  void expect(Expectation expectation) {
    expectations.add(expectation);
  }

  /** What the last test that began has expected so far. */
  List<Expectation> expectations() {
    return expectations;
  }
}
