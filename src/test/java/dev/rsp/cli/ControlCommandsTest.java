// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.daemon.Daemon;
import dev.rsp.net.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands to a daemon that runs. */
@Timeout(60)
final class ControlCommandsTest {
  @TempDir private Path directory;

  private int port;
  private Daemon daemon;

  @BeforeEach
  void start() throws Exception {
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    StringBuilder hosts = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      hosts.append("h").append(i).append(".example 5 29000000 one 3.000\n");
    }
    Files.writeString(directory.resolve("hosts.journal"), hosts);
    write(file(), "hosts.journal", 2);
    daemon = new Daemon(file(), Transport.NIO);
    daemon.start(() -> {});
  }

  @AfterEach
  void stop() {
    daemon.stop();
  }

  private Path file() {
    return directory.resolve("backends.lua");
  }

  private void write(Path file, String journal, int slots) throws IOException {
    var text = new StringBuilder();
    text.append("listen = '127.0.0.1:").append(port).append("'\nloops = 1\n");
    text.append("control = '").append(directory.resolve("c.sock")).append("'\n");
    text.append("journal = '").append(directory.resolve(journal)).append("'\n");
    text.append("reload = { max_moves = 10 }\nbackends = {");
    for (int i = 1; i <= slots; i++) {
      text.append("{ name = 's%d', address = '127.0.0.1:%d' },".formatted(i, i));
    }
    Files.writeString(file, text.append("}\n"));
  }

  private static int run(String... words) {
    return Main.commandLine(
            () -> {
              throw new IllegalStateException("no command that serves");
            })
        .execute(words);
  }

  private String status() throws IOException {
    return ControlClient.ask(directory.resolve("c.sock"), "GET", "/status").text();
  }

  @Test
  void slotSetsAStateAndTheSocketIsFoundInTheFile() throws IOException {
    assertEquals(0, run("slot", "s2", "drain", "--file", file().toString()));
    assertTrue(status().contains("\noverride slot=s2 state=drain since="), this::statusText);
    assertEquals(1, run("slot", "s1", "drain", "--file", file().toString()));
    assertEquals(1, run("slot", "s3", "drain", "--file", file().toString()));
    assertEquals(1, run("slot", "s2", "spare", "--file", file().toString()));
    assertEquals(0, run("slot", "s2", "file", "--control", directory.resolve("c.sock").toString()));
    assertFalse(status().contains("override"), this::statusText);
  }

  private String statusText() {
    try {
      return status();
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void checkAsksTheDaemonAlsoIfTheJournalOfTheNewFileIsAnother() throws IOException {
    Path newer = directory.resolve("new.lua");
    write(newer, "other.journal", 2);
    assertEquals(0, run("check", newer.toString()));
    write(newer, "other.journal", 3);
    assertEquals(1, run("check", newer.toString()));
  }

  /** What a command that succeeds prints: on standard output, and behind it on standard error. */
  private String printed(String... words) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    var printed = new ByteArrayOutputStream();
    var noted = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(noted, true, StandardCharsets.UTF_8));
      assertEquals(0, run(words), () -> noted.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
    return (printed.toString(StandardCharsets.UTF_8) + noted.toString(StandardCharsets.UTF_8))
        .replace(file().toString(), "FILE")
        .replaceAll("since=\\S+ by=\".*\"", "since=... by=...");
  }

  private String explained(String host) {
    String control = directory.resolve("c.sock").toString();
    return printed("explain", file().toString(), host, "--live", "--control", control);
  }

  @Test
  void explainLiveAnswersAsOverridesSayAndNamesThoseThatChangeTheAnswer() throws IOException {
    String moved = null;
    String stays = null;
    for (int i = 0; i < 40; i++) {
      String host = "h" + i + ".example";
      boolean second = explained(host).contains("slot        s2");
      moved = second ? host : moved;
      stays = second ? stays : host;
    }
    assertEquals(0, run("slot", "s2", "down", "--file", file().toString()));
    String answer = explained(String.valueOf(moved));
    assertTrue(answer.contains("passed over s2 (down)\n"), answer);
    assertTrue(answer.contains("slot        s1 (index 1)\n"), answer);
    assertTrue(
        answer.endsWith(
            """
            note: overrides change this answer. By the file it goes to: s2
            note: override slot=s2 state=down since=... by=...
            """),
        answer);
    assertFalse(explained(String.valueOf(stays)).contains("note:"), "the same as by the file");
    assertEquals(0, run("slot", "s2", "file", "--file", file().toString()));
    assertFalse(explained(String.valueOf(moved)).contains("note:"));
  }

  @Test
  void checkNotesTheStatesThatAReloadKeepsButNotThoseThatTheFileSaysToo() throws IOException {
    String ok = "FILE: a reload would be accepted, and would move no known host\n";
    assertTrue(printed("check", file().toString()).endsWith(ok));
    assertEquals(0, run("slot", "s2", "drain", "--file", file().toString()));
    String noted = printed("check", file().toString());
    assertTrue(
        noted.endsWith(
            ok
                + "FILE: note: a reload keeps another state: override slot=s2 state=drain since=..."
                + " by=...\n"),
        noted);
    String text = Files.readString(file());
    Files.writeString(file(), text.replace("name = 's2'", "name = 's2', state = 'drain'"));
    assertTrue(printed("check", file().toString()).endsWith(ok), "the file says it now");
  }

  @Test
  void checkKnowsThatAnOverrideHasMovedTheHostsAlready() throws IOException {
    assertEquals(0, run("slot", "s2", "down", "--file", file().toString()));
    String text = Files.readString(file());
    // Without the override, this would move more hosts than max_moves.
    Files.writeString(file(), text.replace("name = 's2'", "name = 's2', state = 'down'"));
    String said = printed("check", file().toString());
    assertTrue(said.endsWith("would move no known host\n"), said);
  }
}
