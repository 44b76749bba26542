// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that is stopped twice ends at once, whatever the first stop waits for. */
@Timeout(120)
final class SecondStopTest {
  @Test
  void endsTheProcessWhileTheFirstWaitsForAListener(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("backends.lua");
    Files.writeString(file, "listen = '127.0.0.1:0'\nbackends = { '127.0.0.1:9' }\nloops = 1\n");
    Process probe =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    StopProbe.class.getName(),
                    file.toString()))
            .redirectErrorStream(true)
            .start();
    String out = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, probe.waitFor(), out);
    assertTrue(out.contains("stopping connections="), out);
    assertTrue(out.contains("Stopped now."), out);
    // The first stop would have logged that after its timeout.
    assertFalse(out.contains("a listening socket is not closed"), out);
  }
}
