// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What rsp in C promises, by its functional tests and its known faults, is a list of twelve. These
 * are the first four, about its configuration file; {@link OriginalListIT} has the others.
 */
@Timeout(300)
final class OriginalFileIT {
  @TempDir private Path directory;

  @Test
  void one_itsSampleAndTheFormInOneLineStartWithTheSameReadyLine() throws IOException {
    int port = Peer.freePort();
    String sample =
        """
        listenPort = "%d"

        backendAddress = "127.0.0.1"
        backendPort = "%d"
        """;
    String line = "listenPort = \"%d\"backendAddress = \"127.0.0.1\"backendPort = \"%d\"";
    try (RawBackend backend = RawBackend.named("b")) {
      for (String form : List.of(sample, line)) {
        try (Rsp rsp = Rsp.serving(directory, form.formatted(port, backend.port()))) {
          String ready =
              "\\[[-0-9]{10} [:0-9]{8}\\.\\d{6} [-+]\\d{4}] Started\\.  Listening on port ";
          assertEquals(
              1, rsp.log().lines().filter(l -> l.matches(ready + port + "\\.")).count(), rsp::log);
          assertEquals("b any.example /x", rsp.get("any.example", "/x").body());
          assertEquals("b other.example /y", rsp.get("other.example", "/y").body());
        }
      }
    }
  }

  @Test
  void two_numbersArePortsAndTheFirstOfTheThreeThatIsNoStringIsNamed() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, original("0", "'127.0.0.1'", "" + backend.port()))) {
      assertEquals(200, rsp.get("a.example", "/").status());
    }
    assertAll(
        () -> assertRefused("listenPort", original("true", "{}", "nil")),
        () -> assertRefused("backendAddress", original("1", "{}", "false")),
        () -> assertRefused("backendPort", original("1", "'127.0.0.1'", "nil")),
        () -> assertRefused("listenPort", "backendPort = 1"));
  }

  @Test
  void thePortsMayBeNamesOfServicesThatTheSystemKnows() {
    Path file =
        Rsp.write(directory.resolve("names.lua"), original("'http'", "'127.0.0.1'", "'https'"));
    Program check = Rsp.run("check", file.toString());
    assertEquals(0, check.awaitExit(Duration.ZERO), check::toString);
  }

  private void assertRefused(String global, String lua) {
    Program run = Rsp.run("run", Rsp.write(directory.resolve(global + ".lua"), lua).toString());
    // Without a line feed, as the original prints it.
    assertEquals(global + " must be a string", run.err());
    assertEquals(1, run.awaitExit(Duration.ZERO));
  }

  @Test
  void three_aFileThatIsMissingOrWrongIsAnErrorParsingIt() {
    Path missing = directory.resolve("missing.lua");
    Path syntax = Rsp.write(directory.resolve("syntax.lua"), "listenPort = \n\n= 3");
    Path runtime = Rsp.write(directory.resolve("runtime.lua"), "listenPort = 1\nerror('no')\n");
    assertAll(
        List.of(missing, syntax, runtime).stream()
            .map(
                file ->
                    () -> {
                      Program run = Rsp.run("run", file.toString());
                      assertEquals(1, run.awaitExit(Duration.ZERO), run::toString);
                      assertTrue(run.err().startsWith("Error parsing config file: "), run::err);
                      assertTrue(run.err().contains(file.toString()), run::err);
                      assertEquals("", run.out());
                    }));
  }

  @Test
  void four_aShebangComputedValuesAndOtherGlobalsAreFine() throws IOException {
    try (RawBackend backend = RawBackend.named("b")) {
      String lua =
          """
          #!/usr/bin/env rsp
          local base = %d
          somethingElse = { 1, 2, 3 }
          function helper(n) return n + 1 end
          listenPort = 0
          backendAddress = "127.0.0" .. ".1"
          backendPort = helper(base)
          """
              .formatted(backend.port() - 1);
      try (Rsp rsp = Rsp.serving(directory, lua)) {
        assertEquals(200, rsp.get("a.example", "/").status());
      }
    }
  }

  /** A configuration with the three globals of the original, as they are given. */
  static String original(String port, String backendAddress, String backendPort) {
    return "listenPort = %s\nbackendAddress = %s\nbackendPort = %s\n"
        .formatted(port, backendAddress, backendPort);
  }
}
