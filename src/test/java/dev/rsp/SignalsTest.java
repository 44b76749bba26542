// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sends real signals to {@link SignalsProbe}, started as the launcher starts the daemon. */
@Timeout(30)
final class SignalsTest {
  private static final int JAVA = Runtime.version().feature();

  private Process probe;
  private BufferedReader output;

  @BeforeEach
  void start() throws IOException {
    assumeTrue(JAVA == 17 || JAVA > 20, "the launcher does not ignore HUP on Java " + JAVA);
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", "trap '' HUP USR1; exec \"$@\"", "sh"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    if (JAVA == 17) {
      command.add("--add-exports=java.base/jdk.internal.module=ALL-UNNAMED");
    }
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.rsp.SignalsProbe"));
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
    kill("HUP", 50); // held, and one in the end
    letGo();
    expectInAnyOrder("ready", "reload");
    kill("HUP", 50); // during a reload: one more follows
    expect("reload done", "reload", "reload done");
    kill("USR1", 1);
    expect("reopen", "reopen done"); // and it throws
    assertTrue(output.readLine().contains("no such directory"));
    kill("HUP", 1);
    expect("reload");
    kill("TERM", 1);
    expect("stop"); // does not wait for the reload
    expect("reload done");
    kill("INT", 1);
    expect("stop");
    assertTrue(probe.waitFor(5, TimeUnit.SECONDS));
    assertEquals(0, probe.exitValue());
  }

  @Test
  void livesThroughAStormWhileItStarts() throws IOException, InterruptedException {
    // The shell needs a few milliseconds to reach its first line, and more on a busy machine.
    Thread.sleep(50);
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(600);
    while (System.nanoTime() - end < 0) {
      kill("HUP", 1);
    }
    expect("held");
    letGo();
    kill("HUP", 1);
    expectInAnyOrder("ready", "reload");
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

  private void expect(String... lines) throws IOException {
    for (String line : lines) {
      assertEquals(line, output.readLine());
    }
  }

  private void expectInAnyOrder(String first, String second) throws IOException {
    String line = output.readLine();
    if (line.equals(second)) {
      expect(first);
    } else {
      assertEquals(first, line);
      expect(second);
    }
  }
}
