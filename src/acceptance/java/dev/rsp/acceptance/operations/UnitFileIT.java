// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Has systemd verify the unit file that is shipped. */
final class UnitFileIT {
  private static final String INSTALLED = "/usr/share/rsp/bin/rsp";

  @Test
  void isWhatSystemdExpects(@TempDir Path directory) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/systemd-analyze")), "systemd is not installed");
    Path home = Path.of(System.getProperty("rsp.home"));
    String shipped = Files.readString(home.resolve("config/rsp.service"));
    assertTrue(shipped.contains("ExecStart=" + INSTALLED + " run "), shipped);
    // systemd checks that the program exists, and in a build tree its path is another.
    String program = '"' + home.resolve("bin/rsp").toString() + '"';
    Path unit =
        Files.writeString(directory.resolve("rsp.service"), shipped.replace(INSTALLED, program));
    Path socket = Files.copy(home.resolve("config/rsp.socket"), directory.resolve("rsp.socket"));
    Process verify =
        new ProcessBuilder(
                "systemd-analyze", "verify", "--man=no", unit.toString(), socket.toString())
            .redirectErrorStream(true)
            .start();
    String complaints = new String(verify.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals("", complaints);
    assertEquals(0, verify.waitFor());
  }

  /** The scale goes from 0 to 10; systemd calls 2.0 and less OK. */
  @Test
  void exposureIsAtMost2(@TempDir Path directory) throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/systemd-analyze")), "systemd is not installed");
    Path home = Path.of(System.getProperty("rsp.home"));
    Path unit = Files.copy(home.resolve("config/rsp.service"), directory.resolve("rsp.service"));
    Process security =
        new ProcessBuilder(
                "systemd-analyze", "security", "--offline=yes", "--threshold=20", unit.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(security.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, security.waitFor(), said);
    assertTrue(said.contains("Overall exposure level for rsp.service: "), said);
  }

  @Test
  void theUserOfTheUnitIsMade(@TempDir Path root) throws IOException, InterruptedException {
    Path home = Path.of(System.getProperty("rsp.home"));
    Path shipped = home.resolve("config/rsp.sysusers");
    Files.createDirectory(root.resolve("etc"));
    Process sysusers =
        new ProcessBuilder("systemd-sysusers", "--root=" + root, shipped.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(sysusers.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, sysusers.waitFor(), said);
    String users = Files.readString(root.resolve("etc/passwd"));
    assertTrue(users.contains("rsp:x:") && users.contains(":/var/lib/rsp:"), users);
    assertTrue(Files.readString(home.resolve("config/rsp.service")).contains("\nUser=rsp\n"));
  }
}
