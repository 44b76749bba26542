// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * No input of a command ends in a stack trace: generated pairs of files, and files that are none.
 */
@Timeout(120)
@Isolated("replaces standard output and standard error")
final class CommandFuzzTest {
  /** Some seconds of pairs; {@code scripts/fuzz commands} runs pairs for minutes. */
  private static final int PAIRS = 150;

  private static final long MINUTES = Long.getLong("rsp.fuzz.minutes", 0);

  /** The same pairs in each test run, others in each long run. */
  private static final long SEED = Long.getLong("rsp.fuzz.seed", 20261127);

  /** More than the largest configuration, 4 MiB. */
  private static final int HUGE_BYTES = (4 << 20) + 1;

  private static final List<String> NAMES = List.of("a", "b", "c", "d", "e");

  private static final List<String> SELECTS =
      List.of(
          "",
          "",
          "",
          "function select(r) return hash.python(r.host, #backends) end",
          "function select(r) return hash.jump(r.host, #backends) end",
          "function select(r) return hash.rendezvous(r.host) end",
          "function select(r) return hash.maglev(r.host) end",
          "function select(r) return { 1, 'b', #backends } end",
          "function select(r) return 'a' end",
          "function select(r) return 'no such slot' end",
          "function select(r) return nil, 'not here' end",
          "function select(r) return nil, 503 end",
          "function select(r) return #backends + 1 end",
          "function select(r) return -1 end",
          "function select(r) return {} end",
          "function select(r) return r.hots.x end",
          "function select(r) error(setmetatable({}, { __tostring = error })) end",
          "function select(r) while true do end end",
          "function select(r) if r.host:find('1') then error('x') end return 1 end",
          "function select(r) return '127.0.0.1:9' end",
          "function select(r) return string.rep('a', 100000) end",
          "function select(r) return 0/0 end",
          "function select(r) return 2^53 end",
          "select = 1",
          "function select(");

  private static final List<String> EXTRAS =
      List.of(
          "",
          "",
          "",
          "failover = 2",
          "reload = { max_moves = 10 }",
          "reload = { max_moves = 0, run_tests = true }",
          "test('t', function() expect('a.example', 'a') end)",
          "test('t', function() expect_same('a', 'b') end)",
          "test('t', function() error() end)",
          "journal = 'damaged.journal'",
          "journal = { path = 'no/such/folder/journal' }",
          "journal = { path = 'damaged.journal' }",
          "journal = { path = 'damaged.journal', hosts = 1 }",
          "journal = { path = '.' }",
          "candidate = 'new.lua'",
          "weights = 1",
          "timeouts = { head = -1 }",
          "listen = {}",
          "default_host = '..'",
          "initialise = 'http://127.0.0.1:1/{host}'");

  @TempDir private Path directory;

  private final Random random = new Random(SEED);
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  @Test
  void aPlanOfASpareThatTheNewFileLacksIsPrinted() throws IOException {
    String two = "{ name = 'a', address = '127.0.0.1:1' }, { name = 'b', address = '127.0.0.1:2' }";
    Path old = file("old.lua", "backends = { " + two + ", { name = 's', state = 'spare' } }");
    Path newer = file("new.lua", "backends = { " + two + " }");
    assertEquals(0, run("plan", old.toString(), newer.toString(), "--hosts", hosts().toString()));
    String text = printed.toString(UTF_8);
    assertTrue(text.contains("s kept as spare instead of removal"), text);
  }

  @Test
  void noPairOfFilesShowsAStackTrace() throws IOException {
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
    int planned = 0;
    int pairs = 0;
    for (; pairs < PAIRS || System.nanoTime() - end < 0; pairs++) {
      Files.write(directory.resolve("damaged.journal"), damagedJournal());
      String hosts = hosts().toString();
      Path old = file("old.lua", configuration());
      Path newer = file("new.lua", configuration());
      int code =
          run("plan", old.toString(), newer.toString(), "--hosts", hosts, "--max-moves", "50");
      planned += code == 1 ? 0 : 1;
      run("plan", newer.toString(), old.toString(), "--hosts", hosts, "--json");
      switch (random.nextInt(5)) {
        case 0 -> run("plan", old.toString(), newer.toString());
        case 1 -> run("check", old.toString());
        case 2 ->
            run(
                "explain",
                old.toString(),
                pick(List.of("a.example", "", "..", "[::1]", "A:80", "x y")));
        case 3 -> run("test", old.toString());
        default -> run("explain", "--json", newer.toString(), "www.example.com");
      }
    }
    // The files are neither all refused nor all good.
    assertTrue(planned > pairs / 10 && planned < pairs, planned + " of " + pairs + " planned");
  }

  @Test
  void noFileThatIsNoneShowsAStackTrace() throws IOException {
    String good = file("good.lua", "backends = { '127.0.0.1:1' }").toString();
    byte[] noise = new byte[5000];
    random.nextBytes(noise);
    List<String> files =
        List.of(
            directory.toString(),
            directory.resolve("missing").toString(),
            Files.write(directory.resolve("noise"), noise).toString(),
            Files.write(directory.resolve("bytecode"), new byte[] {27, 'L', 'u', 'a', 'R', 0})
                .toString(),
            Files.write(directory.resolve("empty"), new byte[0]).toString(),
            Files.write(directory.resolve("nul"), new byte[100]).toString(),
            Files.write(directory.resolve("huge"), new byte[HUGE_BYTES]).toString(),
            Files.writeString(directory.resolve("deep"), "x = " + "{".repeat(100_000)).toString(),
            Files.writeString(directory.resolve("line"), "--" + "x".repeat(1_000_000)).toString(),
            "/dev/null",
            "/proc/self/mem",
            "",
            "\u00fc.lua");
    for (String odd : files) {
      for (String command : List.of("check", "test")) {
        run(command, odd);
      }
      run("test", good, "--tests", odd);
      run("explain", odd, "a.example");
      run("plan", odd, good, "--hosts", hosts().toString());
      run("plan", good, odd, "--hosts", hosts().toString());
      run("plan", good, good, "--hosts", odd);
      run("plan", good, odd, "--hosts", odd, "--json");
    }
    run();
    run("no-such-command", "x");
    run("plan", good);
    run("explain", good, "a", "b");
    run("plan", good, good, "--max-moves", "NaN");
    run("plan", good, good, "--max-moves", "x");
  }

  @Test
  void filesMayBePipes() throws Exception {
    String good = file("good.lua", "backends = { '127.0.0.1:1' }").toString();
    byte[] configuration = Files.readAllBytes(Path.of(good));
    byte[] noise = new byte[5000];
    random.nextBytes(noise);
    String pipe = directory.resolve("pipe").toString();
    assertEquals(0, new ProcessBuilder("mkfifo", pipe).start().waitFor());
    String hosts = hosts().toString();
    assertEquals(0, through(pipe, configuration, "check", pipe));
    assertEquals(0, through(pipe, configuration, "explain", pipe, "a.example"));
    assertEquals(0, through(pipe, configuration, "plan", good, pipe, "--hosts", hosts));
    assertEquals(
        0, through(pipe, "a.example\n".getBytes(UTF_8), "plan", good, good, "--hosts", pipe));
    assertEquals(1, through(pipe, noise, "check", pipe));
    assertEquals(1, through(pipe, new byte[0], "plan", good, good, "--hosts", pipe));
    through(pipe, noise, "plan", good, good, "--hosts", pipe);
    through(pipe, noise, "test", good, "--tests", pipe);
  }

  /** Runs a command while another thread writes into a pipe that it reads. */
  private int through(String pipe, byte[] content, String... arguments) throws Exception {
    var writer =
        new FutureTask<>(
            // Waits until the command opens the pipe.
            () -> Files.write(Path.of(pipe), content, StandardOpenOption.WRITE));
    Thread thread = new Thread(writer, "writer of a pipe");
    thread.setDaemon(true);
    thread.start();
    int code = run(arguments);
    writer.get(10, TimeUnit.SECONDS);
    return code;
  }

  @Test
  void aDefectIsReportedInOneLine() throws IOException {
    PrintStream err = System.err;
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    System.setErr(new PrintStream(text, true, UTF_8));
    try {
      assertEquals(Defect.EXIT_CODE, Defect.report(new IllegalStateException("one\ntwo")));
    } finally {
      System.setErr(err);
    }
    String line = text.toString(UTF_8);
    assertTrue(
        line.startsWith(
            "rsp has a defect: java.lang.IllegalStateException: one; please report it with "),
        line);
    assertEquals(1, line.lines().count(), line);
    Path trace = Path.of(line.strip().replaceAll(".* ", ""));
    assertTrue(Files.readString(trace).contains("aDefectIsReportedInOneLine"));
    Files.delete(trace);
  }

  /** Runs a command in this process; fails if it ends as no command may. Returns the exit code. */
  private int run(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    printed.reset();
    int code;
    try (PrintStream both = new PrintStream(printed, true, UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      code =
          Main.commandLine(
                  () -> {
                    throw new AssertionError("no command here serves");
                  })
              .execute(arguments);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    String text = printed.toString(UTF_8);
    String what = String.join(" ", arguments) + "\n" + text + files();
    assertTrue(code >= 0 && code <= 2, () -> code + ": " + what);
    assertTrue(
        !text.contains("\tat ") && !text.contains("Exception") && !text.contains("java."), what);
    return code;
  }

  private String files() {
    StringBuilder all = new StringBuilder();
    for (String name : List.of("old.lua", "new.lua")) {
      Path file = directory.resolve(name);
      if (Files.exists(file)) {
        try {
          all.append("\n-- ").append(name).append('\n').append(Files.readString(file));
        } catch (IOException e) {
          all.append(e);
        }
      }
    }
    return all.toString();
  }

  private Path hosts() throws IOException {
    StringBuilder lines = new StringBuilder("# hosts\n..\n\u00fc\n");
    for (int i = 0; i < 50; i++) {
      lines.append("host").append(i).append(".example ").append(i).append('\n');
    }
    return Files.writeString(directory.resolve("hosts.txt"), lines);
  }

  /** A journal of which some bytes are replaced, and the end is cut. */
  private byte[] damagedJournal() {
    StringBuilder lines =
        new StringBuilder("# rsp journal 2: host requests last-minute slot days\n");
    for (int i = 0; i < 20; i++) {
      lines.append("host%d.example %d 29%06d %s 1f\n".formatted(i, i * 7, i, pick(NAMES)));
    }
    byte[] bytes = lines.toString().getBytes(UTF_8);
    for (int i = random.nextInt(10); i > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return random.nextBoolean() ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length));
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(
        directory.resolve(name),
        text.contains("listen =") ? text : "listen = '127.0.0.1:0'\n" + text);
  }

  private String configuration() {
    List<String> names = new ArrayList<>(NAMES);
    StringBuilder lua = new StringBuilder("backends = {\n");
    int slots = random.nextInt(12) == 0 ? 0 : 1 + random.nextInt(5);
    for (int i = 0; i < slots; i++) {
      String name = names.remove(random.nextInt(names.size()));
      String address =
          rarely("nil", pick(List.of("'127.0.0.1:" + (1 + i) + "'", "'unix:/x" + i + "'")));
      String state = rarely("down", pick(List.of("'up'", "'up'", "'up'", "'down'", "'drain'")));
      String weight = rarely("-1", pick(List.of("1", "1", "1", "0", "2", "256")));
      switch (random.nextInt(5)) {
        case 0 -> lua.append("  '127.0.0.1:").append(10 + i).append("',\n");
        case 1 -> lua.append("  { name = '").append(name).append("', state = 'spare' },\n");
        default ->
            lua.append(
                "  { name = '%s', address = %s, state = %s, weight = %s },\n"
                    .formatted(name, address, state, weight));
      }
    }
    return lua.append("}\n")
        .append(random.nextInt(2) == 0 ? "" : pick(SELECTS))
        .append('\n')
        .append(random.nextInt(2) == 0 ? "" : pick(EXTRAS))
        .append('\n')
        .toString();
  }

  private String rarely(String bad, String good) {
    return random.nextInt(20) == 0 ? bad : good;
  }

  private String pick(List<String> of) {
    return of.get(random.nextInt(of.size()));
  }
}
