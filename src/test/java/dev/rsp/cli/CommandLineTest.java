// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the commands print and return, in this process. */
@Timeout(60)
@Isolated("replaces the standard streams")
final class CommandLineTest {
  private static final String GOOD =
      "listen = '127.0.0.1:0'\nbackends = { { name = 'a', address = '127.0.0.1:1' },"
          + " { name = 'b', address = '127.0.0.1:2' } }\n";

  @TempDir private Path directory;

  private record Result(int code, String out, String err) {}

  @ParameterizedTest(name = "rsp {0}")
  @CsvSource({
    "run backends.lua, backends.lua",
    "run /etc/rsp/backends.lua, /etc/rsp/backends.lua",
    "run -, ",
    "run --help, ",
    "run a b, ",
    "run, ",
    "check backends.lua, ",
    "backends.lua, ",
    "./run, ",
    "--/, ",
    "/etc/rsp/not-there.lua, ",
  })
  void theCommandOfAServiceManagerNeedsNoParser(String line, @Nullable Path file) {
    assertEquals(file, Main.onlyFile(line.split(" ", -1)));
  }

  @Test
  void aFileAloneNeedsNoParserIfItCanBeNoCommand() throws IOException {
    Path file = Files.writeString(directory.resolve("check"), GOOD);
    assertEquals(file, Main.onlyFile(file.toString()));
    assertNull(Main.onlyFile("check"));
  }

  @ParameterizedTest(name = "rsp {0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "chekc          | 2 | chekc: no such command or file (expected: check)",
        "chekc x.lua    | 2 | chekc: no such command or file (expected: check)",
        "explian a b    | 2 | explian: no such command or file (expected: explain)",
        "zzzzzz x.lua   | 2 | zzzzzz: no such command or file (expected: one of run, check,",
        "check          | 2 | Missing required parameter",
        "check a b      | 2 | Unmatched argument",
        "plan a         | 2 | Missing required parameter",
        "plan - -       | 2 | -: standard input can be read only once",
        "plan a b --max-moves 101 | 2 | --max-moves: 101.0 (expected: a percentage",
        "--no-such      | 2 | Unknown option",
        "demo --port 65536 | 2 | --port: 65536 (expected: a port from 0 to 65535)",
        "demo --port -1 | 2 | --port: -1 (expected: a port from 0 to 65535)",
        "Check x.lua    | 2 | Check: no such command or file (expected: check)",
        "hepl           | 2 | hepl: no such command or file (expected: help)",
        "help conect    | 2 | conect: no such command or key (expected: timeouts.connect)",
        "help zzzzzz    | 2 | zzzzzz: no such command or key (expected: a command, a key",
        "completion csh | 2 | csh",
        "run -          | 1 | cannot come from standard input",
      })
  void aWrongCommandLineHasAReasonAndAnExitCode(String line, int code, String reason) {
    Result result = run(GOOD, line.split(" ", -1));
    assertEquals(code, result.code, result::toString);
    assertTrue(result.err.contains(reason), result::toString);
    assertEquals("", result.out);
  }

  /** picocli would take the arguments from the file. */
  @Test
  void anArgumentThatBeginsWithAnAtSignIsAFileName() throws IOException {
    String at = "@" + file("arguments", GOOD);
    Result result = run("", "check", at);
    assertEquals(1, result.code);
    assertEquals("cannot open " + at + ": No such file or directory", result.err.strip());
  }

  @Test
  void theOriginalsFormKeepsItsExitCode() {
    assertEquals(1, run("").code);
    assertEquals(1, run("", "/no/such.lua", "/no/such.lua").code);
  }

  @Test
  void aDashIsStandardInput() throws IOException {
    assertEquals(
        "stdin: ok, 2 backend(s), chosen by hash.python of the host\n",
        run(GOOD, "check", "-").out);
    assertEquals("stdin:4: unexpected '='\n", run(GOOD + "\nx = = 1\n", "check", "-").err);
    assertEquals(0, run(GOOD, "explain", "-", "www.example.com").code);
    assertEquals(0, run(GOOD, "test", "-").code);
    String old = file("old.lua", GOOD);
    assertEquals(0, run(GOOD, "plan", old, "-", "--hosts", file("hosts", "a\n")).code);
    assertEquals(0, run("a.example 5\n", "plan", old, old, "--hosts", "-").code);
  }

  @Test
  void problemsBeginWithFileAndLineSoThatEditorsFindThem() throws IOException {
    String bad = file("bad.lua", GOOD + "\n\nlimits = { connections = -1 }\n");
    for (String[] command :
        new String[][] {{"check", bad}, {"explain", bad, "a"}, {"test", bad}, {"plan", bad, bad}}) {
      Result result = run("", command);
      assertEquals(1, result.code);
      assertTrue(result.err.startsWith(bad + ":5: limits.connections: "), result::toString);
    }
    String broken = file("broken.lua", "x = = 1\n");
    assertEquals(broken + ":1: unexpected '='\n", run("", "check", broken).err);
  }

  @Test
  void aPlanWithoutAJournalSaysWhatToDo() throws IOException {
    String none = file("none.lua", GOOD);
    assertTrue(run("", "plan", none, none).err.contains("--hosts FILE"));
    String elsewhere = file("elsewhere.lua", GOOD + "journal = '" + directory + "/no.journal'\n");
    Result result = run("", "plan", elsewhere, elsewhere);
    assertEquals(1, result.code);
    assertTrue(
        result.err.contains("no journal on this machine (expected: --hosts FILE"),
        result::toString);
  }

  @Test
  void aPlanHonoursTheLimitOfTheOldFile() throws IOException {
    String old = file("old.lua", GOOD + "reload = { max_moves = 10 }\n");
    String newer = file("new.lua", GOOD.replace("name = 'a'", "name = 'x'"));
    StringBuilder hosts = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      hosts.append("host").append(i).append(".example\n");
    }
    String list = file("hosts", hosts.toString());
    Result refused = run("", "plan", old, newer, "--hosts", list);
    assertEquals(2, refused.code);
    assertTrue(refused.err.contains("more than reload.max_moves of " + old), refused::toString);
    assertEquals(0, run("", "plan", old, newer, "--hosts", list, "--max-moves", "100").code);
    assertEquals(0, run("", "plan", newer, old, "--hosts", list).code);
  }

  @Test
  void aPlanAdvisesAgainstAScriptThatFailsForAHost() throws IOException {
    String old = file("old.lua", GOOD);
    String newer =
        file(
            "new.lua",
            GOOD
                + "function select(r) if r.host:sub(1, 2) == 'b.' then error('oops') end"
                + " return hash.python(r.host, 2) end\n");
    Result result = run("", "plan", old, newer, "--hosts", file("hosts", "a.example\nb.example\n"));
    assertEquals(2, result.code, result::toString);
    assertTrue(
        result.err.contains("the script of " + newer + " fails for 1 host(s)"), result::toString);
  }

  @Test
  void completionNamesEveryCommandAndItsOptions() {
    Result result = run("", "completion");
    assertEquals(0, result.code);
    for (String word : Arrays.asList("explain", "plan", "--max-moves", "--bind", "complete ")) {
      assertTrue(result.out.contains(word), word);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "timeouts.connect   | timeouts.connect",
        "connect            | default  3",
        "timeouts.connect   | value    0.001 to 86400 seconds",
        "timeouts.connect   | reload   apply to new requests",
        "limits             | limits.head_bytes",
        "backends[1].weight | 0 to 256 shares",
        "keys               | access_log.path",
        "check              | Usage: rsp check",
        "reload             | Usage: rsp reload",
        "reload             | reload.max_moves"
      })
  void helpExplainsKeysAndCommands(String topic, String part) {
    Result result = run("", "help", topic);
    assertEquals(0, result.code, result::toString);
    assertTrue(result.out.contains(part), result::toString);
  }

  @Test
  void helpAloneIsTheHelpOfTheProgram() {
    assertEquals(run("", "--help").out, run("", "help").out);
  }

  @Test
  void helpOfAKeyFitsTheWidthOfATerminal() {
    assertTrue(run("", "help", "timeouts.body").out.lines().allMatch(line -> line.length() <= 80));
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  private static Result run(String input, String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    InputStream in = System.in;
    ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
    ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
      System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
      int code =
          Main.commandLine(
                  () -> {
                    throw new AssertionError("no command here serves");
                  })
              .execute(arguments);
      return new Result(
          code,
          outBytes.toString(StandardCharsets.UTF_8),
          errBytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
      System.setIn(in);
    }
  }
}
