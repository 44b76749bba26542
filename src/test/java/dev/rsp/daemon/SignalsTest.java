// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sends real signals to {@link SignalsProbe}, started as the launcher starts the daemon. */
@Timeout(120)
final class SignalsTest {
  private static final int JAVA = Runtime.version().feature();

  /**
   * The signals of one burst. They cause fewer reloads: all that arrive during one cause one more.
   */
  private static final int BURST = 50;

  /** The message of the exception that the probe throws on USR1. */
  private static final String COMPLAINT = "no such directory";

  private Process probe;
  private boolean complained;
  private BufferedReader output;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(JAVA == 17 || JAVA > 20, "the launcher does not ignore HUP on Java " + JAVA);
    List<String> command =
        new ArrayList<>(
            List.of("sh", "-c", "trap '' HUP QUIT USR1; exec 3< /dev/null; exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (JAVA == 17) {
      command.add("--add-exports=java.base/jdk.internal.module=ALL-UNNAMED");
    }
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), SignalsProbe.class.getName()));
    probe = new ProcessBuilder(command).redirectErrorStream(true).start();
    output = probe.inputReader();
  }

  @AfterEach
  void stop() {
    if (probe != null) {
      probe.destroyForcibly();
    }
  }

  @Test
  void delivers() throws IOException, InterruptedException {
    expect("held");
    kill("HUP", BURST); // held, and one in the end
    letGo();
    expectInAnyOrder("ready", "reload");
    kill("HUP", BURST); // during a reload: one more follows
    endReload();
    expect("reload");
    endReload();
    kill("USR1", 1);
    int more = endReloadsBefore("reopen");
    assertTrue(more < BURST, "reloads: " + more);
    letGo();
    expect("reopen done"); // and it throws
    awaitComplaint();
    kill("HUP", 1);
    expect("reload");
    kill("QUIT", 1);
    expect("stop"); // does not wait for the reload
    endReload();
    kill(ignoresInt() ? "TERM" : "INT", 1);
    awaitStopAmongReloads();
    assertTrue(probe.waitFor(30, TimeUnit.SECONDS));
    assertEquals(0, probe.exitValue());
  }

  @Test
  void livesThroughAStormWhileItStarts() throws IOException, InterruptedException {
    // Before the shell has run its first line, a HUP may end the process.
    while (!ignoresHup()) {
      Thread.sleep(1);
    }
    while (!output.ready()) {
      kill("HUP", 1);
    }
    expect("held");
    letGo();
    kill("HUP", 1);
    expectInAnyOrder("ready", "reload");
  }

  /** Signal 1 is bit 0 of the last hexadecimal digit: proc(5). */
  private boolean ignoresHup() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + probe.pid() + "/status")).stream()
        .anyMatch(line -> line.matches("SigIgn:.*[13579bdf]"));
  }

  /** Signal 2 is bit 1: a shell that starts the tests in the background ignores INT in them. */
  private boolean ignoresInt() throws IOException {
    return Files.readAllLines(Path.of("/proc/" + probe.pid() + "/status")).stream()
        .anyMatch(line -> line.matches("SigIgn:.*[2367abef]"));
  }

  private void kill(String signal, int times) throws IOException, InterruptedException {
    String script = "i=0; while [ $i -lt $2 ]; do kill -s $0 $1; i=$((i + 1)); done";
    String pid = Long.toString(probe.pid());
    Process kill =
        new ProcessBuilder("sh", "-c", script, signal, pid, Integer.toString(times))
            .inheritIO()
            .start();
    assertEquals(0, kill.waitFor(), "the probe is gone");
  }

  private void letGo() throws IOException {
    probe.getOutputStream().write('\n');
    probe.getOutputStream().flush();
  }

  private void endReload() throws IOException {
    letGo();
    expect("reload done");
  }

  /**
   * Ends reloads until another line is read, which is checked; returns how many there were. Java
   * handles each signal on a new thread, so some arrive late.
   */
  private int endReloadsBefore(String expected) throws IOException {
    int reloads = 0;
    String line = next();
    for (; "reload".equals(line); line = next()) {
      reloads++;
      endReload();
    }
    assertEquals(expected, line);
    return reloads;
  }

  /** A HUP that comes late may be reloading when the stop comes, which does not wait for it. */
  private void awaitStopAmongReloads() throws IOException {
    for (String line = next(); !"stop".equals(line); line = next()) {
      if ("reload".equals(line)) {
        letGo();
      } else {
        assertEquals("reload done", line);
      }
    }
  }

  /** The next line that is not the log's: a thread of its own writes those at any time. */
  private String next() throws IOException {
    String line = output.readLine();
    while (line != null && line.contains(COMPLAINT)) {
      complained = true;
      line = output.readLine();
    }
    return line;
  }

  /** Waits until the log says why the action failed. A late reload may come before that line. */
  private void awaitComplaint() throws IOException {
    while (!complained) {
      String line = output.readLine();
      if (line.contains(COMPLAINT)) {
        complained = true;
      } else {
        assertEquals("reload", line);
        endReload();
      }
    }
  }

  private void expect(String line) throws IOException {
    assertEquals(line, next());
  }

  private void expectInAnyOrder(String first, String second) throws IOException {
    String line = next();
    if (second.equals(line)) {
      expect(first);
    } else {
      assertEquals(first, line);
      expect(second);
    }
  }
}
