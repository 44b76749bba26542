// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Peer;
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

/**
 * The page for browsers, as the build has made it: types and logic by TypeScript and Vitest, then
 * in headless Chromium by {@code src/page/test/browser.mjs}, with made-up figures and with those of
 * a real rsp.
 */
@Timeout(300)
final class PageIT {
  private static final String HOST = "www.alice.example";
  private static final String TOKEN = "a-token-of-the-tests";

  /** npm may have to load packages first. */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir private Path directory;

  private static String slots(RawBackend one, RawBackend two) {
    return Rsp.slot("live1", one.address()) + Rsp.slot("live2", two.address());
  }

  private static String configuration(int port, String slots) {
    return "listen = \"127.0.0.1:0\"\nbackends = {\n%s}\nadmin = { address = \"127.0.0.1:%d\", token = \"%s\" }\n"
        .formatted(slots, port, TOKEN);
  }

  @Test
  void worksInChromiumAndIsAccessible() throws IOException {
    Path target = Path.of("target").toAbsolutePath();
    Path page = target.resolve("classes/dev/rsp/page");
    assertTrue(
        Files.exists(page.resolve("index.html")), "the build has no page: is npm installed?");
    Path candidate = directory.resolve("candidate.lua");
    int port = Peer.freePort();
    try (RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two");
        Rsp rsp = Rsp.serving(directory, configuration(port, Rsp.slot("live1", one.address())))) {
      Rsp.write(candidate, configuration(port, slots(one, two) + Rsp.slot("live3", one.address())));
      rsp.get(HOST, "/");
      Rsp.write(rsp.file(), configuration(port, slots(one, two)));
      rsp.reload();
      Rsp.write(rsp.file(), "listen = 5");
      rsp.reloadRefused();
      Program run =
          Program.start(
              "sh",
              "src/page/test/run",
              target.resolve("page-test").toString(),
              page.toString(),
              target.resolve("page-screenshots").toString(),
              "--url",
              "http://127.0.0.1:" + port + "/",
              "--token",
              TOKEN,
              "--host",
              HOST,
              "--candidate",
              candidate.toString());
      assertEquals(0, run.awaitExit(PATIENCE), run::toString);
      if (!"none".equals(System.getenv("RSP_BROWSER"))) {
        assertTrue(run.out().contains("ok a real rsp, with its own page"), run::out);
        for (String state : List.of("drain", "file")) {
          String line =
              "audit command=slot slot=\"live1\" state=%s by=\"address=127.0.0.1".formatted(state);
          assertTrue(rsp.log().contains(line), rsp::log);
        }
        assertFalse(rsp.log().contains(TOKEN), "the token is in the log");
      }
    }
  }
}
