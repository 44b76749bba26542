// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.commands;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the command line prints, to which stream, and with which exit code. */
final class CommandLineIT {
  private static final String GOOD = "listen = '127.0.0.1:0'\nbackends = { '127.0.0.1:9' }\n";

  @TempDir private Path directory;

  @Test
  void checkAcceptsAGoodFile() {
    Program check = Rsp.run("check", write(GOOD));
    assertEquals(0, exit(check), check::toString);
    assertTrue(check.out().startsWith(directory + "/backends.lua: ok, 1 backend"), check::out);
    assertEquals("", check.err());
  }

  @Test
  void checkAcceptsTheShippedSample() {
    Program check =
        Rsp.run("check", Path.of(System.getProperty("rsp.home"), "config/backends.lua").toString());
    assertEquals(0, exit(check), check::toString);
  }

  @Test
  void checkPrintsEveryProblemWithItsLine() {
    String file =
        write(
            """
            listen = "127.0.0.1:0"
            backends = {
              "127.0.0.1:9",
              "10.0.0.300:80",
            }
            timeouts = { haed = 10 }
            conect = 3
            """);
    Program check = Rsp.run("check", file);
    assertEquals(1, exit(check), check::toString);
    assertEquals("", check.out());
    String[] lines = check.err().split("\n", -1);
    assertEquals(4, lines.length, check::err);
    assertTrue(lines[0].startsWith(file + ":4: backends[2]: \"10.0.0.300:80\" (expected: "));
    assertTrue(lines[1].startsWith(file + ":6: timeouts.haed: 10 (expected: one of head, "));
    assertTrue(lines[2].startsWith(file + ":7: conect: 3 (expected: "));
  }

  @Test
  void checkBindsTheAddressesOnlyIfItIsAskedTo() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      String file = write("backends = { '127.0.0.1:9' }\nlisten = '" + address + "'\n");
      assertEquals(0, exit(Rsp.run("check", file)));
      String two = write("backends = { 9 }\nlisten = '" + address + "'\n");
      Program check = Rsp.run("check", "--bind", two);
      assertEquals(1, exit(check), check::toString);
      String[] lines = check.err().split("\n", -1);
      assertEquals(3, lines.length, check::err);
      assertTrue(lines[0].startsWith(two + ":1: backends[1]: 9 (expected: "), check::err);
      assertEquals(
          two
              + ":2: listen: \""
              + address
              + "\" (expected: an address that can be bound: Address already in use)",
          lines[1]);
    }
    Program check = Rsp.run("check", "--bind", write(GOOD));
    assertEquals(0, exit(check), check::toString);
  }

  @ParameterizedTest
  @CsvSource({"run", "''"})
  void whatStartsTheProxyRefusesALuaErrorInTheOriginalsWords(String command) {
    String file = write("listen = '127.0.0.1:0'\nbackends = nothing.here\n");
    Program run = command.isEmpty() ? Rsp.run(file) : Rsp.run(command, file);
    assertEquals(1, exit(run), run::toString);
    assertTrue(run.err().startsWith("Error parsing config file: " + file + ":2: "), run::err);
    assertEquals("", run.out());
  }

  @Test
  void anAddressThatIsTakenIsOneLineAndExit1() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      String file = write("backends = { '127.0.0.1:9' }\n\nlisten = '" + address + "'\n");
      Program run = Rsp.run("run", file);
      assertEquals(1, exit(run), run::toString);
      assertTrue(
          run.err().startsWith(file + ":3: listen: \"" + address + "\" (expected: "), run::err);
      assertEquals(1, run.err().lines().count(), run::err);
      assertEquals("", run.out());
    }
  }

  @Test
  void noArgumentsOrTooManyAreAnsweredWithTheUsage() {
    for (Program run : new Program[] {Rsp.run(), Rsp.run("a.lua", "b.lua")}) {
      assertEquals(1, exit(run), run::toString);
      assertTrue(run.err().contains("Usage: "), run::err);
      assertTrue(run.err().contains("<config_file>"), run::err);
      assertEquals("", run.out());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "chekc a.lua | chekc: no such command or file (expected: check)",
        "check | Usage: rsp check ",
        "explain a.lua | Missing required parameter: 'HOST'",
        "explain a.lua | See rsp explain --help.",
        "plan a.lua b.lua --max-moves 30% | '30%' is not a number",
        "demo --port x | 'x' is not a whole number",
        "check --bogus a.lua | Unknown option: '--bogus'",
        "plan a.lua b.lua c.lua | Usage: rsp plan ",
        "check  a.lua | '' is not a file name",
        "explain a.lua a.example --transport nio | Unknown option: '--transport'",
      })
  void aMistypedCommandLineIsAnErrorWithTheUsageOfItsCommand(String line, String message) {
    Program run = Rsp.run(line.split(" "));
    assertEquals(2, exit(run), run::toString);
    assertTrue(run.err().contains(message), run::err);
    assertTrue(run.err().contains("Usage: rsp "), run::err);
    assertEquals("", run.out());
  }

  @ParameterizedTest
  @CsvSource({
    "run, true",
    "demo, true",
    "check, false",
    "explain, false",
    "plan, false",
    "test, false"
  })
  void onlyCommandsThatServeHaveATransport(String command, boolean serves) {
    Program run = Rsp.run(command, "--help");
    assertEquals(0, exit(run), run::toString);
    assertEquals(serves, run.out().contains("--transport"), run::out);
  }

  @Test
  void whatAScriptLogsDoesNotStandInAnAnswer() {
    String file = write(GOOD + "\nfunction select(request) log('error', 'chosen') return 1 end\n");
    Program run = Rsp.run("explain", "--json", file, "a.example");
    assertEquals(0, exit(run), run::toString);
    assertTrue(run.out().matches("\\{.*}\n"), run::out);
  }

  @Test
  void theFileAloneServesAsTheOriginalDid() {
    String file = write(GOOD);
    try (Program program = Program.start(Rsp.launcher(), file)) {
      Eventually.holds(
          program::toString, () -> program.out().contains("Started.  Listening on port "));
      program.signal("TERM");
      assertEquals(0, program.awaitExit(), program::toString);
    }
  }

  private String write(String lua) {
    return Rsp.write(directory.resolve("backends.lua"), lua).toString();
  }

  private static int exit(Program ended) {
    return ended.awaitExit(Duration.ZERO);
  }

  /** The name is made by a shell: the tests themselves may run in the locale C. */
  @ParameterizedTest
  @ValueSource(
      strings = {"check \"$f\"", "explain \"$f\" a.example", "test \"$f\"", "plan \"$f\" \"$f\""})
  void readsAFileWhoseNameIsNotAsciiInTheLocaleC(String command) throws IOException {
    Path plain = Rsp.write(directory.resolve("plain.lua"), Rsp.oneBackend("127.0.0.1:9"));
    String script =
        """
        cd "$1" && echo a.example > hosts && f=$(printf 'gr\\303\\274n.lua') && mv "$2" "$f"
        export LC_ALL=C LANG=C
        exec "$0" %s%s
        """
            .formatted(command, command.startsWith("plan") ? " --hosts hosts" : "");
    Program rsp = Program.run("sh", "-c", script, Rsp.launcher(), "" + directory, "" + plain);
    assertEquals(0, rsp.awaitExit(), rsp::toString);
  }

  @Test
  void servesAFileWhoseNameIsNotAsciiInTheLocaleC() throws IOException {
    Path plain = Rsp.write(directory.resolve("plain.lua"), Rsp.oneBackend("127.0.0.1:9"));
    String script =
        """
        cd "$1" && f=$(printf 'gr\\303\\274n.lua') && mv "$2" "$f"
        export LC_ALL=C LANG=C
        ulimit -n 5000 && exec "$0" run "$f"
        """;
    try (Program rsp =
        Program.start("sh", "-c", script, Rsp.launcher(), "" + directory, "" + plain)) {
      Eventually.holds(rsp::toString, () -> rsp.out().contains("Started."));
      assertTrue(rsp.out().contains("this process may open 5000."), rsp::toString);
      rsp.signal("HUP");
      Eventually.holds(rsp::toString, () -> rsp.out().contains("reloaded file="));
    }
  }

  @Test
  void moreLoopsThanDescriptorsAreAnErrorThatNamesTheLimit() throws IOException {
    Path file =
        Rsp.write(directory.resolve("plain.lua"), "loops = 64\n" + Rsp.oneBackend("127.0.0.1:9"));
    Program rsp =
        Program.run(
            "sh", "-c", "ulimit -n 120 && exec \"$0\" run \"$1\"", Rsp.launcher(), "" + file);
    assertEquals(1, rsp.awaitExit(), rsp::toString);
    assertTrue(
        rsp.err()
            .matches(
                "(?s)loops: event loop \\d+ of 64 cannot start: too many open files\\. Raise the limit \\(LimitNOFILE, ulimit -n\\), or set fewer loops\n"),
        rsp::toString);
  }
}
