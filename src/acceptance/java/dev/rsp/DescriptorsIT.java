// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A process that has no descriptor left: who is there is served or told, and who comes waits. */
@Timeout(60)
final class DescriptorsIT {
  private static final Duration SOON = Duration.ofSeconds(15);

  /** All below are in use by any process that prints, so that it gets none above. */
  private static final int NONE = 3;

  private static final int ENOUGH = 1000;

  @TempDir private Path directory;

  static List<String> transports() {
    return List.of("epoll", "nio");
  }

  @ParameterizedTest
  @MethodSource("transports")
  @Rule(74)
  void aRequestThatNeedsOneIsA503AndAClientThatNeedsOneIsServedLater(String transport)
      throws IOException {
    try (RawBackend used = RawBackend.named("used");
        RawBackend fresh = RawBackend.named("fresh");
        Rsp rsp =
            Rsp.serving(
                directory,
                "listen = \"127.0.0.1:0\"\nloops = 1\nbackends = {\n"
                    + Rsp.slot("used", used.address())
                    + Rsp.slot("fresh", fresh.address())
                    + "}\n"
                    + Rsp.BY_NAME,
                "--transport",
                transport);
        RawClient client = rsp.connect()) {
      assertEquals("used used /", client.get("used", "/").body());
      limit(rsp, NONE);
      assertEquals("used used /", client.get("used", "/").body()); // on the idle connection
      Answer refused = client.get("fresh", "/");
      assertEquals("503 out of connections to the backend\n", refused.body());
      try (RawClient late = rsp.connect()) { // which the kernel accepts
        late.send("GET / HTTP/1.1\r\nHost: fresh\r\n\r\n");
        rsp.awaitLog("accepting rests", SOON);
        limit(rsp, ENOUGH);
        assertEquals("fresh fresh /", late.read().body());
      }
      assertEquals("fresh fresh /", client.get("fresh", "/").body());
      assertEquals(Map.of("served", 4L, "connect_exhausted", 1L), rsp.stop());
    }
  }

  /** Sets how many descriptors it may have from now on; those that it has stay. */
  private static void limit(Rsp rsp, int descriptors) {
    Program set =
        Program.run(
            SOON, "prlimit", "--pid=" + rsp.program().pid(), "--nofile=" + descriptors + ":");
    assertEquals(0, set.awaitExit(SOON), set::toString);
  }
}
