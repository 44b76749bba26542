// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.commands;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo does exactly what it prints on the screen. */
final class DemoIT {

  @Test
  void everyLineThatItPrintsDoesWhatItSays(@TempDir Path directory) throws IOException {
    try (Program demo =
        Program.start(
            Rsp.launcher(),
            "demo",
            "--port",
            "" + Peer.freePort(),
            "--directory",
            directory.toString())) {
      Eventually.holds(demo::toString, () -> demo.out().contains("Stop with Ctrl-C."));
      List<String> curls = lines(demo, "curl -H ");
      assertEquals(3, curls.size(), demo::out);
      for (int i = 0; i < curls.size(); i++) {
        assertTrue(curls.get(i).endsWith("# live%d answers, always".formatted(i + 1)), demo::out);
        for (int again = 0; again < 2; again++) {
          String answer = shell(curls.get(i));
          assertTrue(answer.startsWith("This is live%d.".formatted(i + 1)), answer);
        }
      }

      Path file = Path.of(lines(demo, "The backends are listed in ").get(0).replaceAll(".* ", ""));
      assertEquals(directory.resolve("backends.lua"), file);
      String lua = Files.readString(file);
      Files.writeString(
          file, lua.replace("return hash.python(request.host, #backends)", "return 3"));
      String reload = lines(demo, "Edit that file, then reload it:").get(0);
      shell(reload.substring(reload.indexOf("kill")));
      Eventually.holds(
          demo::toString,
          () -> curls.stream().allMatch(curl -> shell(curl).startsWith("This is live3.")));
      assertNotEquals(lua, Files.readString(file));

      demo.signal("TERM"); // a shell that runs the tests in the background ignores INT in them
      assertEquals(0, demo.awaitExit(), demo::toString);
    }
  }

  @Test
  void servesTlsWithACertificateOfItsOwn() {
    try (Program demo = Program.start(Rsp.launcher(), "demo", "--port", "" + Peer.freePort())) {
      Eventually.holds(demo::toString, () -> demo.out().contains("Stop with Ctrl-C."));
      List<String> curls = lines(demo, "curl --cacert ");
      assertEquals(1, curls.size(), demo::out);
      String curl = curls.get(0).replaceFirst(" +#.*", " -w ' %{http_version}'");
      String answer = shell(curl);
      assertTrue(answer.startsWith("This is live1."), answer);
      assertTrue(answer.endsWith(" 2"), answer);
    }
  }

  @Test
  void printsACommandThatTheMachineHas(@TempDir Path programs) throws IOException {
    // All that the launcher and the printed command need, but neither curl nor wget.
    for (String name : List.of("bash", "cat", "dirname", "java", "readlink", "sed", "sh")) {
      Program which = Program.run("sh", "-c", "command -v " + name);
      assertEquals(0, which.awaitExit(), which::toString);
      Files.createSymbolicLink(programs.resolve(name), Path.of(which.out().strip()));
    }
    String path = programs.toString();
    try (Program demo =
        Program.start(
            List.of(Rsp.launcher(), "demo", "--port", "" + Peer.freePort()),
            Map.of("PATH", path))) {
      Eventually.holds(demo::toString, () -> demo.out().contains("Stop with Ctrl-C."));
      List<String> commands = lines(demo, "bash ");
      assertEquals(3, commands.size(), demo::out);
      for (int i = 0; i < commands.size(); i++) {
        Program run = Program.start(List.of("sh", "-c", commands.get(i)), Map.of("PATH", path));
        assertEquals(0, run.awaitExit(), run::toString);
        assertTrue(run.out().startsWith("HTTP/1.1 200 OK"), run::toString);
        assertTrue(run.out().contains("This is live%d.".formatted(i + 1)), run::toString);
      }
    }
  }

  @Test
  void namesHostsThatABrowserResolvesToThisMachine() throws IOException {
    int port = Peer.freePort();
    try (Program demo = Program.start(Rsp.launcher(), "demo", "--port", "" + port)) {
      Eventually.holds(demo::toString, () -> demo.out().contains("Stop with Ctrl-C."));
      List<String> pages = lines(demo, "http://");
      assertEquals(3, pages.size(), demo::out);
      assertTrue(pages.contains("http://alice.localhost:%d/".formatted(port)), demo::out);
      for (int i = 0; i < pages.size(); i++) {
        // curl resolves these names as browsers do, without asking a name server.
        String answer = shell("curl " + pages.get(i));
        assertTrue(answer.startsWith("This is live%d.".formatted(i + 1)), answer);
      }
    }
  }

  @Test
  void leavesNoTemporaryDirectoryBehind() {
    try (Program demo = Program.start(Rsp.launcher(), "demo", "--port", "" + Peer.freePort())) {
      Eventually.holds(demo::toString, () -> demo.out().contains("Stop with Ctrl-C."));
      Path file = Path.of(lines(demo, "The backends are listed in ").get(0).replaceAll(".* ", ""));
      assertTrue(Files.exists(file), demo::out);
      demo.signal("TERM");
      assertEquals(0, demo.awaitExit(), demo::toString);
      assertFalse(Files.exists(file.resolveSibling("")), demo::out);
    }
  }

  private static List<String> lines(Program demo, String start) {
    return demo.out().lines().map(String::strip).filter(line -> line.startsWith(start)).toList();
  }

  private static String shell(String command) {
    Program run = Program.run("sh", "-c", command.replaceFirst("^curl ", "curl -sS "));
    assertEquals(0, run.awaitExit(), run::toString);
    return run.out();
  }
}
