// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TestLibraryTest {
  @Test
  void loadingNotesTestsAndRunsNone() {
    Script script =
        Scripts.run(
            """
            test("one", function() error("not now") end)

            test("two", function() end)
            """);
    assertEquals(
        List.of(
            new DeclaredTest("one", "backends.lua:1"), new DeclaredTest("two", "backends.lua:3")),
        script.tests());
    assertEquals(Set.of(), script.globals().keySet());
  }

  @Test
  void runningNotesWhatIsExpectedAndWhere() {
    Script script =
        Scripts.run(
            """
            test("all", function()
              expect("a.example", "live1")
              expect("b.example", 2)
              expect_same("A.example", "a.example:80")
              expect_refused("c.example/path")
            end)
            """);
    Expectation.Run run = script.runTest(0);
    assertNull(run.error());
    assertEquals(
        List.of(
            new Expectation.At("a.example", "live1", "backends.lua:2"),
            new Expectation.At("b.example", "2", "backends.lua:3"),
            new Expectation.Same("A.example", "a.example:80", "backends.lua:4"),
            new Expectation.Refused("c.example/path", "backends.lua:5")),
        run.expectations());
    assertEquals(4, script.runTest(0).expectations().size(), "again, from none");
  }

  @Test
  void aTestThatFailsSaysWhereAndKeepsWhatItExpectedBefore() {
    Script script =
        Scripts.run(
            """
            test("fails", function()
              expect("a.example", 1)
              local x = nil + 1
            end)
            """);
    Expectation.Run run = script.runTest(0);
    assertEquals(1, run.expectations().size());
    assertTrue(error(run).startsWith("backends.lua:3: "), run::toString);
  }

  @Test
  void aTestThatNeverEndsRunsOutOfItsBudget() {
    Expectation.Run run = Scripts.run("test('loop', function() while true do end end)").runTest(0);
    assertTrue(error(run).startsWith("backends.lua:1: "), run::toString);
  }

  @Test
  void theNumberOfExpectationsIsBounded() {
    Expectation.Run run =
        Scripts.run("test('many', function() for i = 1, 1e9 do expect('a', 1) end end)").runTest(0);
    assertEquals(TestLibrary.MAX_ENTRIES, run.expectations().size());
    assertTrue(error(run).contains("more than 10000"), run::toString);
  }

  @Test
  void refusesWhatMakesNoSense() {
    String[][] bad = {
      {"test('x')", "a function written in Lua expected, got nil"},
      {"test('x', math.max)", "a function written in Lua expected, got function"},
      {"test()", "string expected, got no value"},
      {"expect('a', 1)", "expect can only be called inside a test"},
      {"expect_same('a', 'b')", "expect_same can only be called inside a test"},
    };
    for (String[] source : bad) {
      String failure = Scripts.failureOf(source[0]);
      assertTrue(failure.contains(source[1]), source[0] + ": " + failure);
    }
    String[][] badInside = {
      {"expect('a', nil)", "a slot's name or index expected, got nil"},
      {"expect('a', 0)", "a slot's name or index expected, got number"},
      {"expect('a', 1.5)", "a slot's name or index expected, got number"},
      {"expect({}, 1)", "string expected, got table"},
      {"expect(('x'):rep(9000), 1)", "of at most"},
      {"test('inner', function() end)", "test can be called while the file loads"},
    };
    for (String[] source : badInside) {
      Expectation.Run run = Scripts.run("test('t', function() " + source[0] + " end)").runTest(0);
      assertTrue(error(run).contains(source[1]), source[0] + ": " + run);
    }
  }

  @Test
  void selectCannotDeclareATest() {
    Selection answer = Scripts.select("test('x', function() end) return 1");
    assertTrue(Scripts.failed(answer).contains("while the file loads"), answer::toString);
  }

  private static String error(Expectation.Run run) {
    String error = run.error();
    assertNotNull(error);
    return error;
  }
}
