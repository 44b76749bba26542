// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloadGuardTest {
  private static final String GUARD = "reload = { max_moves = 30 }\n";

  @TempDir private Path directory;

  @Test
  void refusesWhatMovesMoreThanTheRunningConfigurationAllows() {
    String problem = refusal(Configs.lua(8, GUARD), Configs.lua(17, GUARD));
    assertTrue(
        Pattern.compile(
                "new.lua: it would move \\d+ of 500 hosts \\(9\\d\\.\\d %\\) with \\d+\\.\\d % of the"
                    + " requests: live\\d+ -> live\\d+ \\d+, live\\d+ -> live\\d+ \\d+, live\\d+ ->"
                    + " live\\d+ \\d+ and \\d+ more pairs; the running configuration's"
                    + " reload.max_moves is 30\\. ")
            .matcher(problem)
            .find(),
        problem);
  }

  @Test
  void letsThroughWhatMovesLess() {
    passes(Configs.lua(8, GUARD), Configs.lua(8, ""));
    passes(Configs.lua(8, "reload = { max_moves = 95 }\n"), Configs.lua(17, ""));
    passes(Configs.lua(8, ""), Configs.lua(17, GUARD));
  }

  @Test
  void theNewFileCannotLiftTheLimitThatItBreaks() {
    String lifted = Configs.lua(17, "reload = { max_moves = 100 }\n");
    assertTrue(refusal(Configs.lua(8, GUARD), lifted).contains("it would move"));
  }

  @Test
  void whatTheRefusalPrintsLetsThisOneChangeThrough() {
    String old = Configs.lua(8, GUARD);
    Matcher printed =
        Pattern.compile("set reload = \\{ (force = \"([0-9a-f]{8}):(\\d+)\") } in it")
            .matcher(refusal(old, Configs.lua(17, "")));
    assertTrue(printed.find());
    String force = "reload = { " + printed.group(1) + " }\n";
    passes(old, Configs.lua(17, force));
    // Once it is in force, the text is worth nothing.
    assertTrue(
        refusal(
                Configs.lua(17, GUARD + force.replace("}", ", max_moves = 30 }")),
                Configs.lua(8, force))
            .contains("it would move"));
  }

  @Test
  void forceIsForThatConfigurationAndThatShareAlone() {
    assertTrue(ReloadGuard.isForced("0a1b2c3d:95", "0a1b2c3d", 94.4));
    for (String other :
        List.of(
            "",
            "0a1b2c3d",
            "0a1b2c3d:94",
            "0a1b2c3e:95",
            "0a1b2c3d:",
            ":95",
            "0a1b2c3d:9x",
            "0a1b2c3d:95:95",
            "0a1b2c3d:-5")) {
      assertFalse(ReloadGuard.isForced(other, "0a1b2c3d", 94.4), other);
    }
  }

  @Test
  void refusesWhatBreaksATestIfEitherFileAsksForTests() {
    String test = "test('stays', function() expect('site1.example', 'nowhere') end)\n";
    String asks = "reload = { run_tests = true }\n";
    for (String[] files :
        new String[][] {
          {Configs.lua(3, asks), Configs.lua(3, test)},
          {Configs.lua(3, ""), Configs.lua(3, asks + test)}
        }) {
      String problem = refusal(files[0], files[1]);
      assertTrue(problem.contains("(expected: nowhere) ["), problem);
      assertTrue(problem.contains("new.lua:"), problem);
    }
    passes(Configs.lua(3, ""), Configs.lua(3, test));
    passes(
        Configs.lua(3, asks),
        Configs.lua(3, "test('x', function() expect_same('a', 'A:80') end)\n"));
  }

  @Test
  void aFileThatHasMovedNothingPassesWithoutHosts() throws Exception {
    Config running = Configs.load(directory, "old.lua", Configs.lua(8, GUARD));
    Config newer = Configs.load(directory, "new.lua", Configs.lua(17, ""));
    ReloadGuard.check(running, newer, List::of);
  }

  private void passes(String old, String newer) {
    assertDoesNotThrow(() -> check(old, newer));
  }

  private String refusal(String old, String newer) {
    ConfigException e = assertThrows(ConfigException.class, () -> check(old, newer));
    assertEquals(1, e.problems().size(), e::toString);
    return e.problems().get(0);
  }

  private void check(String old, String newer) throws ConfigException {
    Config running = Configs.load(directory, "old.lua", old);
    ReloadGuard.check(running, Configs.load(directory, "new.lua", newer), () -> Configs.hosts(500));
  }
}
