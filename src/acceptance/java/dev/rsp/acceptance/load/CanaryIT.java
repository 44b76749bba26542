// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Rsp;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * No byte of one request reaches another, whatever clients, with and without TLS, backends and the
 * operator do; and no descriptor, no buffer, no native object of TLS and no memory is lost. {@code
 * scripts/soak} does the same for longer.
 */
@Isolated("loads or measures the machine")
final class CanaryIT {
  private static final long REQUESTS = Long.getLong("rsp.canary.requests", 10_000);

  /** Until the code that is used is compiled for the most part. */
  private static final long WARM_UP = REQUESTS / 2;

  /** Enough to keep both loops busy with several exchanges each. */
  private static final int CLIENTS = 16;

  private static final int RELOADS_AT_LEAST = 3;
  private static final int LOOPS = 2;

  /** Every buffer is tracked. */
  private static final String EXACT = "-Dio.netty.leakDetection.level=paranoid " + Footprint.EXACT;

  /** The timeouts of idle connections are a second. */
  private static final int IDLE_MILLIS = 2500;

  private static final Duration ENOUGH = Duration.ofSeconds(120 + REQUESTS / 50);

  private String listeners = "";

  @Test
  void noMarkStraysWhileAllGoWrong(@TempDir Path directory) throws Exception {
    try (Canary canary = new Canary(directory)) {
      var secure = new SecureClients(canary.marks());
      listeners = secure.lua(directory);
      try (Rsp rsp = Rsp.servingOnJava(EXACT, directory, lua(canary, Canary.BACKENDS))) {
        noneIsLost(rsp, canary, secure);
      }
    }
  }

  private void noneIsLost(Rsp rsp, Canary canary, SecureClients secure) throws Exception {
    // What is opened, compiled and kept with the first requests is no leak.
    load(rsp, canary, secure, WARM_UP);
    Eventually.pause(IDLE_MILLIS);
    Footprint before = Footprint.of(rsp);
    load(rsp, canary, secure, canary.asked() + REQUESTS);
    assertEquals(
        0, canary.foreign() + canary.fouls(), () -> String.join("\n---\n", canary.findings()));
    // Most requests must be answered, or the test would show little.
    assertTrue(
        canary.answered() > canary.asked() / 2,
        "answered: " + canary.answered() + ", broken: " + canary.broken());
    assertTrue(
        secure.answered() > secure.asked() / 4,
        "answered with TLS: " + secure.answered() + " of " + secure.asked());
    assertTrue(
        canary.seenByHttp2() > REQUESTS / 20 && canary.seenOverTls() > REQUESTS / 20,
        "requests of HTTP/2: " + canary.seenByHttp2() + ", over TLS: " + canary.seenOverTls());
    Eventually.holds(
        () -> "nothing of the load: " + left(rsp, before) + "\n" + rsp,
        () -> left(rsp, before).isEmpty());
    // The detector reports what the garbage collector found when the next buffer is allocated.
    rsp.collectGarbage();
    load(rsp, canary, secure, canary.asked() + CLIENTS);
    assertEquals(0, rsp.count("] ERROR "), rsp::log);
    assertEquals(0, rsp.count("LEAK"), rsp::log);
  }

  private static List<String> left(Rsp rsp, Footprint before) {
    Footprint now = Footprint.of(rsp);
    List<String> left = new ArrayList<>(now.objectsLeftSince(before));
    left.addAll(now.memoryLeftSince(before, LOOPS));
    return left;
  }

  private String lua(Canary canary, int backends) {
    return listeners
        + "abort_on_close = false\nloops = "
        + LOOPS
        + "\ntimeouts = { keepalive = 1, backend_keepalive = 1, linger = 1 }\n"
        + canary.slots(backends)
        + "function select(request) return "
        + Canary.place(backends)
        + " end\n";
  }

  /** Runs the clients until there are so many requests, and reloads some times. */
  private void load(Rsp rsp, Canary canary, SecureClients secure, long until) throws Exception {
    List<Thread> clients = new ArrayList<>();
    long deadline = System.nanoTime() + ENOUGH.toNanos();
    int port = rsp.port();
    var reloads = new AtomicInteger();
    BooleanSupplier more =
        () ->
            (canary.asked() < until || reloads.get() < RELOADS_AT_LEAST)
                && System.nanoTime() - deadline < 0;
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new Thread(() -> canary.ask(port, more)));
    }
    clients.addAll(secure.threads(rsp.ports().get(1), more));
    var failed = new ConcurrentLinkedQueue<Throwable>();
    for (Thread client : clients) {
      client.setDaemon(true);
      client.setUncaughtExceptionHandler((thread, why) -> failed.add(why));
      client.start();
    }
    while (more.getAsBoolean()) {
      rsp.reconfigure(lua(canary, 1 + reloads.getAndIncrement() % Canary.BACKENDS));
      Eventually.pause(200); // between them, traffic by one configuration
    }
    for (Thread client : clients) {
      client.join(ENOUGH.toMillis());
      assertTrue(!client.isAlive(), "a client waits in vain");
    }
    assertEquals(List.of(), List.copyOf(failed));
    assertTrue(canary.asked() >= until, "too slow: " + canary.asked());
  }
}
