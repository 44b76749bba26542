// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The access log of the real process: rotated, refused, full, hanging, and sent elsewhere. */
@Timeout(120)
final class AccessLogIT {
  @TempDir private Path directory;

  private Path log() {
    return directory.resolve("access.log");
  }

  private static String to(RawBackend backend, String target, String more) {
    return Rsp.oneBackend(backend.address())
        + "access_log = { path = \"%s\", format = \"$host $status\"%s }\n".formatted(target, more);
  }

  private static void awaitLines(Path file, List<String> lines) {
    Eventually.holds(
        "the lines " + lines, () -> Files.exists(file) && Files.readAllLines(file).equals(lines));
  }

  @Test
  void aLineIsThereWithinASecondAndAllAreThereAfterAStop() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, to(backend, "access.log", ""))) {
      rsp.get("one.example", "/");
      awaitLines(log(), List.of("one.example 200"));
      rsp.get("two.example", "/");
      rsp.stop();
      assertEquals(List.of("one.example 200", "two.example 200"), Files.readAllLines(log()));
    }
  }

  @Test
  void afterARenameAndUsr1LinesGoToANewFile() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, to(backend, "access.log", ""))) {
      rsp.get("one.example", "/");
      awaitLines(log(), List.of("one.example 200"));
      Files.move(log(), directory.resolve("access.log.1"));
      rsp.signal("USR1");
      rsp.awaitLog("status connections=");
      rsp.get("two.example", "/");
      awaitLines(log(), List.of("two.example 200"));
      assertEquals(
          List.of("one.example 200"), Files.readAllLines(directory.resolve("access.log.1")));
    }
  }

  @Test
  void aReloadMovesTheLogAndOneThatCannotBeOpenedRefusesIt() throws IOException {
    Path other = directory.resolve("other.log");
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, to(backend, "access.log", ""))) {
      rsp.get("one.example", "/");
      awaitLines(log(), List.of("one.example 200"));
      Path folder = Files.createDirectory(directory.resolve("folder"));
      Files.createSymbolicLink(folder.resolve("loop"), folder.resolve("loop"));
      Rsp.write(rsp.file(), to(backend, "folder/loop", ""));
      rsp.reloadRefused();
      assertTrue(rsp.log().contains("access_log: cannot open "), rsp::log);
      rsp.get("two.example", "/");
      awaitLines(log(), List.of("one.example 200", "two.example 200"));
      rsp.reconfigure(to(backend, "other.log", ""));
      rsp.get("three.example", "/");
      awaitLines(other, List.of("three.example 200"));
      rsp.reconfigure(Rsp.oneBackend(backend.address()));
      rsp.get("four.example", "/");
      rsp.stop();
      assertEquals(List.of("three.example 200"), Files.readAllLines(other));
    }
  }

  @Test
  void aFullDiskCostsLinesWhichAreCountedAndNoRequest() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, to(backend, "/dev/full", ""))) {
      for (int i = 0; i < 20; i++) {
        assertEquals(200, rsp.get("one.example", "/").status());
      }
      rsp.awaitLog("access log target=/dev/full lines dropped=");
      assertTrue(rsp.log().contains("reason=No space left on device"), rsp::log);
      rsp.stop();
    }
  }

  @Test
  void aTargetThatTakesNothingHoldsUpNoRequestAndNoStop() throws IOException {
    Path fifo = directory.resolve("fifo");
    Program.run("mkfifo", fifo.toString());
    // Holds the pipe open and reads nothing.
    try (Program holder = Program.start("sh", "-c", "exec 3<>\"$1\"; sleep 100", "sh", "" + fifo);
        RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, to(backend, fifo.toString(), ""))) {
      assertTrue(holder.isAlive());
      String longHost = "a".repeat(60) + ".example";
      for (int i = 0; i < 3000; i++) {
        assertEquals(200, rsp.get(longHost, "/").status());
      }
      rsp.signal("TERM");
      assertEquals(0, rsp.program().awaitExit(Duration.ofSeconds(30)));
    }
  }

  @Test
  void linesCanGoToStandardOutputBesideTheDaemonsLog() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, to(backend, "stdout", ""))) {
      rsp.get("one.example", "/");
      rsp.awaitLog("one.example 200\n");
    }
  }

  @Test
  void jsonIsReadByAnotherProgram() throws IOException {
    String lua = "access_log = \"access.log\"\nrequest_id = \"X-Request-ID\"\n";
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()) + lua)) {
      rsp.get("one.example", "/%C3%A4?q=%22");
      rsp.stop();
      String script =
          """
          import json, sys
          for line in open(sys.argv[1]):
              d = json.loads(line)
              print(d['host'], d['status'], d['ending'], len(d['request_id']), d['total_ms'] > 0)
          """;
      assertEquals(
          "one.example 200 served 32 True\n",
          Program.run("python3", "-c", script, log().toString()).out());
    }
  }
}
