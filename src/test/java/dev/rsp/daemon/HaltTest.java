// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process that can no longer serve ends, so that the service manager starts it again. */
@Timeout(120)
final class HaltTest {
  @Test
  void endsTheProcessWithTheDocumentedStatusAndALine() throws Exception {
    Process probe =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    HaltProbe.class.getName()))
            .redirectErrorStream(true)
            .start();
    String out = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(70, probe.waitFor(), out);
    assertTrue(
        out.contains(
            "Exiting with status 70 for a restart: the thread of an event loop has ended."),
        out);
  }
}
