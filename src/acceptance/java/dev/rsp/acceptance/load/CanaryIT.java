// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Eventually;
import dev.rsp.acceptance.rig.Rsp;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * No byte of one request reaches another, whatever clients, backends and the operator do; and no
 * descriptor and no buffer is lost. {@code scripts/soak} does the same for longer.
 */
@Isolated("loads or measures the machine")
final class CanaryIT {
  private static final long REQUESTS = Long.getLong("rsp.canary.requests", 10_000);

  /** Enough to keep both loops busy with several exchanges each. */
  private static final int CLIENTS = 16;

  private static final int RELOADS_AT_LEAST = 3;
  private static final int LOOPS = 2;

  /** What a loop keeps for its next large reads: two buffers of at most 256 KiB, see HotBuffer. */
  private static final long KEPT_BYTES = LOOPS * (512L << 10);

  /** Every buffer is tracked; and none is pooled, so that those in use can be counted. */
  private static final String EXACT =
      "-Dio.netty.leakDetection.level=paranoid -Dio.netty.allocator.type=unpooled";

  /** The timeouts of idle connections are a second. */
  private static final int IDLE_MILLIS = 2500;

  private static final Duration ENOUGH = Duration.ofSeconds(120 + REQUESTS / 50);

  @Test
  void noMarkStraysWhileAllGoWrong(@TempDir Path directory) throws Exception {
    try (Canary canary = new Canary();
        Rsp rsp = Rsp.servingOnJava(EXACT, directory, lua(canary, 3))) {
      // The descriptors that a loop opens for its first request are no leak.
      load(rsp, canary, CLIENTS * 10L);
      int before = settled(rsp);
      load(rsp, canary, canary.asked() + REQUESTS);
      assertEquals(
          0, canary.foreign() + canary.fouls(), () -> String.join("\n---\n", canary.findings()));
      // Most requests must be answered, or the test would show little.
      assertTrue(
          canary.answered() > REQUESTS / 2,
          "answered: " + canary.answered() + ", broken: " + canary.broken());
      Eventually.holds(
          () -> "at most " + before + " descriptors: " + rsp.program().descriptors(),
          () -> rsp.program().descriptors() <= before);
      Eventually.holds(
          () -> "at most " + KEPT_BYTES + " bytes of direct memory in use: " + rsp,
          () -> {
            long direct = rsp.directBytes();
            return direct >= 0 && direct <= KEPT_BYTES;
          });
      // The detector reports what the garbage collector found when the next buffer is allocated.
      rsp.collectGarbage();
      load(rsp, canary, canary.asked() + CLIENTS);
      assertEquals(0, rsp.count("ERROR"), rsp::log);
      assertEquals(0, rsp.count("LEAK"), rsp::log);
    }
  }

  private static String lua(Canary canary, int backends) {
    return "listen = \"127.0.0.1:0\"\nabort_on_close = false\nloops = "
        + LOOPS
        + "\ntimeouts = { backend_keepalive = 1, linger = 1 }\n"
        + canary.slots(backends);
  }

  /** Runs the clients until there are so many requests, and reloads some times. */
  private static void load(Rsp rsp, Canary canary, long until) throws Exception {
    List<Thread> clients = new ArrayList<>();
    long deadline = System.nanoTime() + ENOUGH.toNanos();
    int port = rsp.port();
    var reloads = new AtomicInteger();
    BooleanSupplier more =
        () ->
            (canary.asked() < until || reloads.get() < RELOADS_AT_LEAST)
                && System.nanoTime() - deadline < 0;
    for (int i = 0; i < CLIENTS; i++) {
      Thread client = new Thread(() -> canary.ask(port, more));
      client.setDaemon(true);
      client.start();
      clients.add(client);
    }
    while (more.getAsBoolean()) {
      rsp.reconfigure(lua(canary, 1 + reloads.getAndIncrement() % 3));
      Eventually.pause(200); // between them, traffic by one configuration
    }
    for (Thread client : clients) {
      client.join(ENOUGH.toMillis());
      assertTrue(!client.isAlive(), "a client waits in vain");
    }
    assertTrue(canary.asked() >= until, "too slow: " + canary.asked());
  }

  /** The descriptors that are left when all connections have timed out. */
  private static int settled(Rsp rsp) {
    Eventually.pause(IDLE_MILLIS);
    return rsp.program().descriptors();
  }
}
