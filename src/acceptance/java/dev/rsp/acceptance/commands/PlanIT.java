// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.commands;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code rsp plan} and {@code rsp test}: what they print, and their exit codes. */
@Timeout(300)
final class PlanIT {
  @TempDir private Path directory;

  @Test
  void saysWhatMovesBetweenWhichSlots() throws IOException {
    String old = write("old.lua", slots(8));
    String newer = write("new.lua", slots(17));
    Program plan = Rsp.run("plan", old, newer, "--hosts", hosts(1000));
    assertEquals(0, exit(plan), plan::toString);
    assertTrue(plan.out().startsWith(old + " -> " + newer + "\nhosts    1000 from "), plan::out);
    assertTrue(plan.out().contains("\nmoved    9"), plan::out);
    assertTrue(plan.out().contains("  16 slots instead of 17 ("), plan::out);
    assertTrue(
        plan.out().contains("  the same change with hash.rendezvous in both files ("), plan::out);
    assertEquals("", plan.err());
  }

  @Test
  void jsonIsOneLineOfThese() throws IOException {
    String old = write("old.lua", slots("a", "b"));
    String newer = write("new.lua", slots("a", "x"));
    Program plan = Rsp.run("plan", old, newer, "--hosts", hosts(100), "--json");
    assertEquals(0, exit(plan), plan::toString);
    assertEquals(1, plan.out().lines().count(), plan::out);
    assertTrue(
        plan.out()
            .matches(
                "\\{\"hosts\":100,\"moved\":(\\d+),\"percent\":\\1\\.0,"
                    + "\"pairs\":\\[\\{\"from\":\"b\",\"to\":\"x\",\"hosts\":\\1,\"requests\":\\1}],"
                    + "\"alternatives\":\\[.*\\],\"requests\":100,.*\\}\n"),
        plan::out);
  }

  @Test
  void exitsWith2AboveTheLimitAndWith0AtIt() throws IOException {
    String old = write("old.lua", slots(8));
    String newer = write("new.lua", slots(17));
    String hosts = hosts(1000);
    Program over = Rsp.run("plan", old, newer, "--hosts", hosts, "--max-moves", "50");
    assertEquals(2, exit(over), over::toString);
    assertTrue(over.err().startsWith("more than --max-moves: 9"), over::err);
    Program same = Rsp.run("plan", old, old, "--hosts", hosts, "--max-moves", "0");
    assertEquals(0, exit(same), same::toString);
    assertTrue(same.out().contains("\nmoved    0 (0.0 %)"), same::out);
  }

  @Test
  void exitsWith1AndOneLineForWhatCannotBeUsed() throws IOException {
    String good = write("good.lua", slots(2));
    String bad = write("bad.lua", "listen = '127.0.0.1:0' backends = { 'x' }\n");
    String hosts = hosts(3);
    String empty = write("empty.txt", "# nobody\n");
    String[][] commands = {
      {"plan", good, bad, "--hosts", hosts},
      {"plan", bad, good, "--hosts", hosts},
      {"plan", good, directory.resolve("none.lua").toString(), "--hosts", hosts},
      {"plan", good, good, "--hosts", directory.resolve("none.txt").toString()},
      {"plan", good, good, "--hosts", empty},
      {"plan", good, good},
      {"test", bad},
    };
    for (String[] command : commands) {
      Program run = Rsp.run(command);
      assertEquals(1, exit(run), run::toString);
      assertEquals(1, run.err().lines().count(), run::toString);
      assertEquals("", run.out(), run::toString);
    }
  }

  @Test
  void takesTheHostsOfTheJournalAndSaysWhatItSkips() throws IOException {
    write(
        "hosts.journal",
        "# rsp journal 1: host requests last-minute slot\na.example 7 1 live1\n?\n");
    String file = write("old.lua", "journal = 'hosts.journal'\n" + slots(2));
    Program plan = Rsp.run("plan", file, file);
    assertEquals(0, exit(plan), plan::toString);
    assertTrue(
        plan.out().contains("hosts    1 from " + directory.resolve("hosts.journal") + " (1 line"),
        plan::out);
  }

  @Test
  void testRunsTheTestsOfAFile() throws IOException {
    String good =
        write(
            "good.lua",
            slots(3) + "test('case', function() expect_same('A.example', 'a.example:80') end)\n");
    Program passes = Rsp.run("test", good);
    assertEquals(0, exit(passes), passes::toString);
    assertTrue(passes.out().startsWith("ok    " + good + ":6: case\n"), passes::out);
    assertTrue(passes.out().endsWith("5 passed, 0 failed\n"), passes::out);

    String tests =
        write("tests.lua", "test('elsewhere', function() expect('a.example', 'nobody') end)\n");
    Program fails = Rsp.run("test", good, "--tests", tests, "--hosts", hosts(50));
    assertEquals(1, exit(fails), fails::toString);
    assertTrue(
        fails
            .out()
            .matches(
                "(?s)FAIL  \\Q%s\\E:1: elsewhere\n      \\Q%s\\E:1: a\\.example goes to live\\d \\(expected: nobody\\)\n.*"
                    .formatted(tests, tests)),
        fails::out);
  }

  @Test
  void testAcceptsAJournalThatIsStillEmpty() throws IOException {
    String file = write("backends.lua", slots(2) + "journal = 'hosts.journal'\n");
    assertEquals(0, exit(Rsp.run("test", file)));
    write("hosts.journal", "# rsp journal 1: host requests last-minute slot\n");
    Program test = Rsp.run("test", file);
    assertEquals(0, exit(test), test::toString);
    assertEquals("", test.err());
  }

  @Test
  void theDaemonAndTheCheckTakeAFileWithTests() throws IOException {
    String lua = slots(1) + "test('wrong', function() expect('a.example', 'nobody') end)\n";
    Program check = Rsp.run("check", write("backends.lua", lua));
    assertEquals(0, exit(check), check::toString);
    try (Rsp rsp = Rsp.serving(directory, lua)) {
      assertTrue(rsp.program().isAlive());
    }
  }

  private String hosts(int n) throws IOException {
    return write(
        "hosts.txt",
        IntStream.range(0, n)
            .mapToObj(i -> "site" + i + ".example\n")
            .collect(Collectors.joining()));
  }

  static String slots(int n) {
    return slots(IntStream.rangeClosed(1, n).mapToObj(i -> "live" + i).toArray(String[]::new));
  }

  private static String slots(String... names) {
    var lua = new StringBuilder("listen = '127.0.0.1:0'\nbackends = {\n");
    for (String name : names) {
      lua.append(" { name = '").append(name).append("', address = '127.0.0.1:9' },");
    }
    return lua.append("\n}\n\n").toString();
  }

  private String write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  private static int exit(Program ended) {
    return ended.awaitExit(Duration.ZERO);
  }
}
