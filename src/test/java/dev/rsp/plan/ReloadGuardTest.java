// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.journal.KnownHosts;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloadGuardTest {
  private static final String GUARD = "reload = { max_moves = 30 }\n";

  private static final String SELECT =
      "local shift = 1\nfunction select(request)\n  return hash.python(request.host, shift)\nend\n";

  private static final KnownHosts MANY = new KnownHosts(Configs.hosts(500), "");
  private static final KnownHosts NONE = new KnownHosts(List.of(), "");
  private static final KnownHosts UNREADABLE =
      new KnownHosts(Configs.hosts(3), "hosts.journal: it is not a journal");

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
        Pattern.compile("put reload = \\{ (force = \"([0-9a-f]{8}):(\\d+)\") } into the new file")
            .matcher(refusal(old, Configs.lua(17, "")));
    assertTrue(printed.find());
    String force = "reload = { " + printed.group(1) + " }\n";
    passes(old, Configs.lua(17, force));
    // After the reload the text is invalid.
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
  void refusesWhatMayMoveHostsIfNoneIsKnown() {
    String old = Configs.lua(8, GUARD);
    assertRefusedUntilForced(
        old,
        Configs.lua(9, ""),
        NONE,
        "new.lua: this may move hosts. rsp cannot count them, because it has served no host yet;"
            + " the running configuration's reload.max_moves is 30. To reload anyway, put reload = {"
            + " force = \"");
  }

  @Test
  void refusesWhatMayMoveHostsIfTheJournalCannotBeRead() {
    assertRefusedUntilForced(
        Configs.lua(8, GUARD),
        Configs.lua(9, ""),
        UNREADABLE,
        "new.lua: this may move hosts. rsp cannot count them, because the journal cannot be read:"
            + " hosts.journal: it is not a journal; the running configuration's reload.max_moves"
            + " is 30. To reload anyway, put reload = { force = \"");
  }

  private void assertRefusedUntilForced(
      String old, String newer, KnownHosts known, String expected) {
    String problem = refusal(old, newer, known);
    assertTrue(problem.contains(expected), problem);
    Matcher printed =
        Pattern.compile("put reload = \\{ (force = \"[0-9a-f]{8}:100\") } into the new file$")
            .matcher(problem);
    assertTrue(printed.find(), problem);
    String forced = newer + "reload = { " + printed.group(1) + " }\n";
    assertDoesNotThrow(() -> check(old, forced, known));
    // A text for a smaller percentage is not enough: all hosts may move.
    refusal(old, forced.replace(":100", ":99"), known);
    // After the reload the text is invalid.
    refusal(newer + "reload = { max_moves = 30, " + printed.group(1) + " }\n", old, known);
  }

  @Test
  void refusesExchangedAddressesAsIfTheirHostsMovedAndLetsNewMachinesThrough() {
    String old = Configs.lua(4, GUARD);
    String exchanged =
        Configs.lua(4, "").replace(":1'", ":x'").replace(":2'", ":1'").replace(":x'", ":2'");
    String problem = refusal(old, exchanged);
    assertTrue(
        problem.contains(
            "new.lua: it would move 0 of 500 hosts (0.0 %) with 0.0 % of the requests: none; "),
        problem);
    assertTrue(
        problem.matches(
            "(?s).*; \\d+ hosts \\(\\d+\\.\\d %\\) keep their slot and meet the former machine of"
                + " another: live1 127\\.0\\.0\\.1:1 -> 127\\.0\\.0\\.1:2 \\d+, live2"
                + " 127\\.0\\.0\\.1:2 -> 127\\.0\\.0\\.1:1 \\d+; the running configuration's.*"),
        problem);
    Matcher printed = Pattern.compile("reload = \\{ force = \"[0-9a-f:]+\" }").matcher(problem);
    assertTrue(printed.find(), problem);
    passes(old, exchanged + printed.group() + "\n");
    assertRefusedUntilForced(old, exchanged, NONE, "new.lua: this may move hosts. ");
    passes(old, old.replace(":1'", ":7'").replace(":2'", ":8'").replace(":3'", ":9'"));
  }

  /** A comparison of both files by hosts needs hosts. */
  @Test
  void whatCannotMoveAHostPassesWithoutHosts() {
    String old = Configs.lua(8, GUARD);
    String selecting = Configs.lua(8, GUARD + SELECT);
    for (String newer :
        new String[] {
          old,
          Configs.lua(8, ""),
          Configs.lua(8, "reload = { max_moves = 100 }\nfailover = 1\ntimeouts = { idle = 7 }\n"),
          old.replace("127.0.0.1:8'", "127.0.0.1:9'") // another machine with the old name
        }) {
      assertPasses(old, newer);
    }
    for (String newer :
        new String[] {
          selecting,
          Configs.lua(8, SELECT),
          Configs.lua(
              8, "timeouts = {\n  idle = 7,\n  head = 3\n}\nvia = 'x'\n\n" + SELECT + GUARD),
          Configs.lua(8, SELECT + "journal = { path = 'elsewhere' }\nlimits = {}")
        }) {
      assertPasses(selecting, newer);
    }
  }

  @Test
  void rulesOfHostFromPathMayMoveToOtherLines() {
    String rule = "host_from_path('/{host}/reload', { on = 'admin' })\n";
    assertPasses(Configs.lua(8, GUARD + rule), Configs.lua(8, GUARD + "\n\n" + rule));
  }

  @Test
  void refusesWhatMayMoveHostsIfThereIsNoTimeToPlaceAny() throws Exception {
    String old = Configs.lua(8, GUARD);
    String newer = Configs.lua(9, "");
    String problem =
        assertThrows(ConfigException.class, () -> checkInNoTime(old, newer)).problems().get(0);
    assertTrue(
        problem.contains(
            "new.lua: this may move hosts. rsp cannot count them, because there was no time to"
                + " place any host; the running configuration's reload.max_moves is 30. "),
        problem);
    Matcher printed =
        Pattern.compile("reload = \\{ force = \"[0-9a-f]{8}:100\" }").matcher(problem);
    assertTrue(printed.find(), problem);
    checkInNoTime(old, newer + printed.group() + "\n");
    checkInNoTime(old, Configs.lua(8, ""));
  }

  private void checkInNoTime(String old, String newer) throws ConfigException {
    Config running = Configs.load(directory, "old.lua", old);
    ReloadGuard.check(running, Configs.load(directory, "new.lua", newer), () -> MANY, -1);
  }

  @Test
  void whatMayMoveAHostIsRefusedWithoutHosts() {
    String old = Configs.lua(8, GUARD);
    String selecting = Configs.lua(8, GUARD + SELECT);
    String down = old.replace("'live3'", "'live3', state = 'down'");
    String spare = old.replace("'live3'", "'live3', state = 'spare'");
    String inPaths = Configs.lua(8, GUARD + "host_from_path('/{host}/reload', { on = 'admin' })\n");
    String reading = SELECT.replace("shift)", "timeouts.idle)");
    for (String[] files :
        new String[][] {
          {old, Configs.lua(7, "")},
          {old, selecting},
          {selecting, old},
          {old, old.replace("'live3'", "'live9'")},
          {old, old.replace("'live3'", "'live3', state = 'down'")},
          {down, down.replace("'live5'", "'live5', weight = 0")},
          {spare, spare.replace("'live5'", "'live5', weight = 8")},
          {inPaths, inPaths.replace("'/{host}/", "'/of/{host}/")},
          {inPaths, inPaths.replace("'admin'", "'control'")},
          {inPaths, inPaths.replaceFirst("\nhost_from_path.*\n", "\n")},
          {old, Configs.lua(GUARD, "live2", "live1", "live3", "live4")},
          {selecting, selecting.replace("shift = 1", "shift = 2")},
          {selecting, selecting.replace("'live3'", "'live3', weight = 2")},
          {selecting, selecting.replace("127.0.0.1:8'", "127.0.0.1:9'")},
          {
            selecting,
            selecting.replace("local shift = 1", "local shift = 2 timeouts = { idle = 7 }")
          },
          {selecting, selecting + "shift = shift + 1\ntimeouts = { idle = 7 }\n"},
          {
            Configs.lua(8, GUARD + "timeouts = { idle = 7 }\n" + reading),
            Configs.lua(8, GUARD + "timeouts = { idle = 8 }\n" + reading)
          },
          {
            Configs.lua(8, GUARD + "limits = { head_bytes = 4096 + 1 }\n" + SELECT),
            Configs.lua(8, GUARD + "limits = { head_bytes = 4096 + 2 }\n" + SELECT)
          }
        }) {
      for (KnownHosts known : List.of(NONE, UNREADABLE)) {
        assertTrue(refusal(files[0], files[1], known).contains("this may move hosts"), files[1]);
      }
    }
  }

  @Test
  void withoutALimitNothingIsAskedOfHosts() throws Exception {
    Config running = Configs.load(directory, "old.lua", Configs.lua(8, ""));
    Config newer = Configs.load(directory, "new.lua", Configs.lua(17, GUARD));
    ReloadGuard.check(
        running,
        newer,
        () -> {
          throw new AssertionError("asked");
        });
  }

  private void assertPasses(String old, String newer) {
    for (KnownHosts known : List.of(NONE, UNREADABLE)) {
      assertDoesNotThrow(() -> check(old, newer, known), newer);
    }
  }

  private void passes(String old, String newer) {
    assertDoesNotThrow(() -> check(old, newer));
  }

  private String refusal(String old, String newer) {
    return refusal(old, newer, MANY);
  }

  private String refusal(String old, String newer, KnownHosts known) {
    ConfigException e = assertThrows(ConfigException.class, () -> check(old, newer, known));
    assertEquals(1, e.problems().size(), e::toString);
    return e.problems().get(0);
  }

  private void check(String old, String newer) throws ConfigException {
    check(old, newer, MANY);
  }

  private void check(String old, String newer, KnownHosts known) throws ConfigException {
    Config running = Configs.load(directory, "old.lua", old);
    ReloadGuard.check(running, Configs.load(directory, "new.lua", newer), () -> known);
  }
}
