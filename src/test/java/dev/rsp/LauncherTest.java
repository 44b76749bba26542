// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs bin/rsp with a Java that only says how it was called. */
final class LauncherTest {
  /**
   * Prints its process id, the signals it ignores, the one that it suspends threads by, and its
   * arguments, one per line.
   */
  private static final String JAVA =
      """
      #!/bin/sh
      if [ "$1" = -version ]; then echo 'openjdk version "20.0.1" 2023-04-18' >&2; exit; fi
      echo "$$"
      sed -n 's/^SigIgn:[^0-9a-f]*//p' "/proc/$$/status"
      echo "$_JAVA_SR_SIGNUM"
      printf '%s\\n' "$@"
      """;

  private static final int HUP = 1;

  private @TempDir Path directory;
  private Path program;
  private Path javaHome;

  @BeforeEach
  void install() throws IOException {
    Path home = directory.resolve("a home");
    program = Files.createDirectories(home.resolve("bin")).resolve("rsp");
    Files.copy(Path.of("src/launcher/bin/rsp"), program);
    executable(program);
    Files.createDirectories(home.resolve("lib"));
    Files.createFile(home.resolve("lib/rsp.jar"));
    javaHome = directory.resolve("a java");
    Files.createDirectories(javaHome.resolve("bin"));
    Files.writeString(javaHome.resolve("bin/java"), JAVA);
    executable(javaHome.resolve("bin/java"));
    release("17.0.15");
  }

  @Test
  void becomesJava() throws Exception {
    Run run = run(Map.of(), program, "run", "a file.lua");
    assertEquals(Long.toString(run.pid), run.lines().get(0), "the process id stays");
    List<String> end = List.of("-cp", directory + "/a home/lib/*", "dev.rsp.cli.Main");
    assertTrue(String.join("\n", run.lines()).contains(String.join("\n", end)), run.output);
    assertTrue(run.output.endsWith("\nrun\na file.lua\n"), run.output);
  }

  @Test
  void findsItsHomeThroughLinks() throws Exception {
    Path links = Files.createDirectory(directory.resolve("links"));
    Path absolute = Files.createSymbolicLink(links.resolve("absolute"), program);
    Path relative = Files.createSymbolicLink(links.resolve("rsp"), absolute.getFileName());
    assertTrue(run(Map.of(), relative).output.contains("/a home/lib/*\n"));
  }

  @Test
  void findsJavaInThePath() throws Exception {
    // As Debian has it: /usr/bin/java is a link, and the version is beside what it points to.
    Path bin = Files.createDirectory(directory.resolve("path"));
    Files.createSymbolicLink(bin.resolve("java"), javaHome.resolve("bin/java"));
    Map<String, String> path = Map.of("JAVA_HOME", "", "PATH", bin + ":" + System.getenv("PATH"));
    release("25.0.1");
    assertTrue(run(path, program).output.contains("-XX:+UseCompactObjectHeaders"));
  }

  @ParameterizedTest
  @CsvSource({
    "17.0.15, true, false",
    "21.0.4, true, false",
    "25.0.3, true, true",
    "27-ea, true, true"
  })
  void fitsTheFlagsToTheVersion(String version, boolean ignoresHup, boolean compact)
      throws Exception {
    release(version);
    Run run = run(Map.of(), program);
    assertEquals(ignoresHup, run.ignores(HUP), run.output);
    assertEquals(compact, run.lines().contains("-XX:+UseCompactObjectHeaders"));
    assertEquals(version.startsWith("17"), run.output.contains("--add-exports="));
  }

  /** Each of them would end or stop a program that does nothing about it. */
  @ParameterizedTest
  @CsvSource({
    "QUIT, 3",
    "USR1, 10",
    "USR2, 12",
    "PIPE, 13",
    "ALRM, 14",
    "TTIN, 21",
    "TTOU, 22",
    "VTALRM, 26",
    "PROF, 27",
    "IO, 29",
    "PWR, 30"
  })
  void ignoresWhatOperatorsOfOtherProxiesSendUntilJavaTakesItOver(String name, int number)
      throws Exception {
    assertTrue(run(Map.of(), program).ignores(number), name);
  }

  @Test
  void hasJavaSuspendItsThreadsByASignalThatNobodySends() throws Exception {
    assertEquals("64", run(Map.of(), program).lines().get(2));
    assertEquals("60", run(Map.of("_JAVA_SR_SIGNUM", "60"), program).lines().get(2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"18.0.2", "20.0.1"})
  void leavesHupAloneWhereJavaCannotTakeItBack(String version) throws Exception {
    release(version);
    assertFalse(run(Map.of(), program).ignores(HUP));
  }

  @Test
  void asksJavaWhenThereIsNoReleaseFile() throws Exception {
    Files.delete(javaHome.resolve("release"));
    Run run = run(Map.of(), program);
    assertEquals(0, run.status);
    assertFalse(run.output.contains("--add-exports="), "it says 20: " + run.output);
    assertFalse(run.ignores(HUP), "it says 20: " + run.output);
  }

  @Test
  void letsTheOperatorOverride() throws Exception {
    List<String> lines = run(Map.of("RSP_JAVA_OPTS", "-Xmx1g  -Dx=*"), program).lines();
    assertTrue(lines.indexOf("-Xmx1g") > lines.indexOf("-Xms64m"), lines.toString());
    assertTrue(lines.contains("-Dx=*"), lines.toString());
  }

  @ParameterizedTest
  @CsvSource({"1, /dev/null first", "2, /dev/null second first"})
  void movesTheFirstSocketOfSystemdBehindTheLast(int count, String passed) throws Exception {
    assertEquals(passed, passed(count, "$$"));
  }

  @Test
  void leavesDescriptorsAloneThatWereForAnotherProcess() throws Exception {
    assertEquals("/dev/null second", passed(2, "1"));
  }

  @Test
  void refusesMoreSocketsThanItCanMove() throws Exception {
    String said = passed(7, "$$");
    assertTrue(said.startsWith("rsp: LISTEN_FDS is 7 (expected: at most 6 sockets"), said);
  }

  /** The names of the files that Java gets as descriptors 3, 4 and 5, of two that are passed. */
  private String passed(int count, String pid) throws Exception {
    Files.writeString(
        javaHome.resolve("bin/java"),
        "#!/bin/sh\nfor i in 3 4 5; do readlink /proc/$$/fd/$i; done\n");
    Path first = Files.createFile(directory.resolve("first"));
    Path second = Files.createFile(directory.resolve("second"));
    String manager =
        "export LISTEN_FDS=%d LISTEN_PID=%s; exec '%s' run 3<'%s'%s"
            .formatted(count, pid, program, first, count == 1 ? "" : " 4<'" + second + "'");
    String output = run(Map.of(), Path.of("/bin/sh"), "-c", manager).output;
    return output.replace(directory + "/", "").strip().replace('\n', ' ');
  }

  @Test
  void refusesAnOldJava() throws Exception {
    release("1.8.0_392");
    assertRefused(run(Map.of(), program), "is Java 8 (expected: Java 17 or newer)\n");
    release("11.0.2");
    assertRefused(run(Map.of(), program), "is Java 11 (expected: Java 17 or newer)\n");
  }

  @Test
  void refusesToStartWithoutJava() throws Exception {
    Files.delete(javaHome.resolve("bin/java"));
    assertRefused(run(Map.of(), program), "(expected: Java 17 or newer)\n");
    Path bin = Files.createDirectory(directory.resolve("no java"));
    for (String tool : List.of("env", "readlink", "dirname")) {
      Files.writeString(bin.resolve(tool), "#!/bin/sh\nexec /usr/bin/" + tool + " \"$@\"\n");
      executable(bin.resolve(tool));
    }
    Map<String, String> path = Map.of("JAVA_HOME", "", "PATH", bin.toString());
    assertRefused(run(path, program), "(expected: Java 17 or newer)\n");
  }

  @Test
  void refusesToStartUnbuilt() throws Exception {
    Files.delete(directory.resolve("a home/lib/rsp.jar"));
    assertRefused(run(Map.of(), program), "(build it: mvn package)\n");
  }

  private static void assertRefused(Run run, String end) {
    assertEquals(1, run.status, run.output);
    assertEquals(1, run.lines().size(), run.output);
    assertTrue(run.output.startsWith("rsp: ") && run.output.endsWith(end), run.output);
  }

  private void release(String version) throws IOException {
    String text = "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"Linux\"\n";
    Files.writeString(javaHome.resolve("release"), text);
  }

  private Run run(Map<String, String> environment, Path program, String... arguments)
      throws IOException, InterruptedException {
    // Whoever runs the tests may ignore HUP, and a shell cannot take that back.
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=HUP"));
    command.add(program.toString());
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    Map<String, String> all = new HashMap<>(Map.of("JAVA_HOME", javaHome.toString()));
    all.putAll(environment);
    builder.environment().putAll(all);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Run(process.pid(), process.waitFor(), output);
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private record Run(long pid, int status, String output) {
    List<String> lines() {
      return output.lines().toList();
    }

    /** Whether Java was started with a signal ignored: signal 1 is the lowest bit (proc(5)). */
    boolean ignores(int signal) {
      return (Long.parseLong(lines().get(1), 16) >> (signal - 1) & 1) != 0;
    }
  }
}
