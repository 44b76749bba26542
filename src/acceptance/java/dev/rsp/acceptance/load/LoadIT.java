// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.acceptance.rig.Ab;
import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * 100,000 requests on 100 connections, and none fails, with one configuration and while it is
 * reloaded.
 */
@Isolated("loads or measures the machine")
final class LoadIT {
  private static final int REQUESTS = 100_000;

  /** Fewer reloads would show little; a fast machine makes more of them during the requests. */
  private static final int RELOADS_AT_LEAST = 20;

  private static Path directory;
  @AutoClose private static Peer nginx;
  @AutoClose private static Peer other;

  @BeforeAll
  static void start(@TempDir Path first, @TempDir Path second, @TempDir Path third)
      throws IOException {
    directory = first;
    nginx = Peer.nginx(second, "127.0.0.1:9");
    other = Peer.nginx(third, "127.0.0.1:9");
  }

  @Test
  void noneFailsOnAConnectionEach() {
    try (Rsp rsp = Rsp.serving(directory, configuration(0, nginx, 2));
        Ab ab = Ab.start(rsp.port(), "a.example", REQUESTS)) {
      ab.assertNoneFailed();
    }
  }

  @Test
  void noneFailsOnKeptConnections() {
    try (Rsp rsp = Rsp.serving(directory, configuration(0, nginx, 2));
        Ab ab = Ab.start(rsp.port(), "a.example", REQUESTS, "-k")) {
      ab.assertNoneFailed();
    }
  }

  @Test
  void noneFailsOnAConnectionEachWhileItIsReloaded() {
    assertNoneFailsWhileReloading(LoadIT::otherBackendsAndListeners);
  }

  @Test
  void noneFailsOnKeptConnectionsWhileItIsReloaded() {
    assertNoneFailsWhileReloading(LoadIT::otherBackendsAndListeners, "-k");
  }

  @Test
  void noneFailsOnAConnectionEachWhileLoopsComeAndGo() {
    assertNoneFailsWhileReloading((turn, port) -> configuration(port, nginx, 1 + turn % 3));
  }

  @Test
  void noneFailsOnKeptConnectionsWhileLoopsComeAndGo() {
    assertNoneFailsWhileReloading((turn, port) -> configuration(port, nginx, 1 + turn % 3), "-k");
  }

  /** The configuration of one reload; rsp listens at least on this port. */
  private interface Plan {
    String at(int turn, int port);
  }

  private static String otherBackendsAndListeners(int turn, int port) {
    String lua = configuration(port, turn % 2 == 0 ? nginx : other, 2);
    return turn % 4 < 2 ? lua : lua.replace("listen = {", "listen = { \"[::1]:0\",");
  }

  private static void assertNoneFailsWhileReloading(Plan plan, String... options) {
    int port = Peer.freePort();
    int turn = 0;
    try (Rsp rsp = Rsp.serving(directory, plan.at(turn, port))) {
      while (turn < RELOADS_AT_LEAST) {
        try (Ab ab = Ab.start(port, "a.example", REQUESTS, options)) {
          while (ab.isRunning()) {
            turn++;
            String lua = plan.at(turn, port);
            rsp.reconfigure(lua);
            if (turn % 5 == 0) {
              Rsp.write(rsp.file(), lua + "backends[2] =\n");
              rsp.reloadRefused();
            }
          }
          ab.assertNoneFailed();
        }
      }
      assertEquals(0, rsp.count("connection failed"), rsp::toString);
    }
  }

  private static String configuration(int port, Peer backend, int loops) {
    return """
        listen = { "127.0.0.1:%d" }
        backends = { "%s" }
        loops = %d
        """
        .formatted(port, backend.address(), loops);
  }
}
