// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Thousands of clients that send or read as slowly as slowhttptest can are closed on schedule, each
 * with its own ending, and the others do not notice.
 *
 * <p>Two equal proxies stand before the same backend, and good clients ask both at once, at a fixed
 * rate far below what they can do; one of them is attacked. What the machine does meanwhile, the
 * attackers' own work with it, is the same for both, so what differs is what the slow clients do to
 * the good ones inside of rsp. A machine that is busy delays now the one and now the other; slow
 * clients that are in the way are so in each window. So the better windows of the attacked are
 * compared with the median of the other's. The windows begin when all slow clients are there, and
 * end before they are closed; that they come at once, and that rsp fetches what some ask for and do
 * not read, is work like any other.
 */
final class SlowAttackIT {
  private static final int SLOW_HEADS = 1000;
  private static final int SLOW_BODIES = 800;
  private static final int SLOW_READERS = 300;
  private static final int SLOW_CLIENTS = SLOW_HEADS + SLOW_BODIES + SLOW_READERS;

  private static final int PER_SECOND = 1000;

  /** All have come, and the windows are over, before the first of them is closed. */
  private static final int TIMEOUT_SECONDS = 20;

  private static final Duration WINDOW = Duration.ofSeconds(1);
  private static final int WINDOWS = 9;

  /** What is promised of the good. */
  private static final double MOST_TIMES_UNDISTURBED = 2;

  /** A connection per core, and together a few percent of what rsp can do. */
  private static final int GOOD_CLIENTS = Runtime.getRuntime().availableProcessors();

  private static final int GOOD_PER_SECOND = 250;

  /**
   * Of the slow, at least this share is counted with the ending that is due. The rest is for those
   * that slowhttptest did not get connected, or gave up itself.
   */
  private static final double COUNTED = 0.9;

  /** More than the sockets and rsp's buffers hold for a client that does not read. */
  private static final String LARGE = "/length/6291456";

  private static final String SMALL = "/length/4000";

  private final List<Double> undisturbed = new ArrayList<>();
  private final List<Double> attacked = new ArrayList<>();

  @Test
  void theSlowAreClosedOnScheduleAndOthersDoNotWait(@TempDir Path directory) throws Exception {
    // Unwatched: what it sends is made and looked at on the same processors.
    try (RawBackend backend = Origin.startBehindAnother();
        Rsp rsp = Rsp.serving(Files.createDirectory(directory.resolve("attacked")), lua(backend));
        Rsp other = Rsp.serving(Files.createDirectory(directory.resolve("other")), lua(backend))) {
      var good = new GoodClients(rsp.port(), SMALL, GOOD_CLIENTS, GOOD_PER_SECOND);
      var goodOfOther = new GoodClients(other.port(), SMALL, GOOD_CLIENTS, GOOD_PER_SECOND);
      askBoth(good, goodOfOther); // the first requests are compiled, not measured
      undisturbed.clear();
      attacked.clear();
      attack(
          rsp,
          () -> {
            for (int window = 0; window < WINDOWS; window++) {
              askBoth(good, goodOfOther);
            }
          });
      String figures = "p99 in ms: undisturbed " + undisturbed + ", attacked " + attacked;
      System.out.println(figures);
      assertTrue(
          quantile(attacked, 0.25) <= MOST_TIMES_UNDISTURBED * quantile(undisturbed, 0.5), figures);
      assertEquals(0, rsp.count("ERROR"), rsp::log);
      Map<String, Long> ended = rsp.stop();
      assertCounted(SLOW_HEADS, "head_timeout", ended);
      assertCounted(SLOW_BODIES, "body_timeout", ended);
      assertCounted(SLOW_READERS, "client_stalled", ended);
    }
  }

  /** One window of both. */
  private void askBoth(GoodClients good, GoodClients goodOfOther) {
    CompletableFuture<Double> meanwhile = CompletableFuture.supplyAsync(() -> p99(goodOfOther));
    attacked.add(p99(good));
    undisturbed.add(meanwhile.join());
  }

  private static String lua(RawBackend backend) {
    return "listen = \"127.0.0.1:0\"\nloops = 2\n"
        + "timeouts = { head = T, body = T, idle = T, keepalive = T, linger = 1 }\n"
            .replace("T", "" + TIMEOUT_SECONDS)
        + "backends = {\""
        + backend.address()
        + "\"}\n";
  }

  /** One attack of all three kinds, and something meanwhile; returns when all slow are gone. */
  private static void attack(Rsp rsp, Runnable meanwhile) {
    int before = rsp.program().descriptors();
    // The interval between two pieces is longer than the timeout.
    try (Program heads = slow(rsp, SMALL, SLOW_HEADS, "-H", "-i", "90", "-x", "24");
        Program bodies =
            slow(
                rsp, SMALL, SLOW_BODIES, "-B", "-i", "90", "-x", "10", "-s", "8192", "-t", "POST");
        Program readers =
            slow(rsp, LARGE, SLOW_READERS, "-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "1")) {
      Eventually.holds(
          () -> "the attack: " + heads + bodies + readers,
          () -> rsp.program().descriptors() > before + 0.95 * SLOW_CLIENTS);
      meanwhile.run();
      Eventually.holds(
          () -> "the slow to be closed, descriptors: " + rsp.program().descriptors(),
          () -> rsp.program().descriptors() < before + SLOW_CLIENTS / 50);
    }
  }

  private static Program slow(Rsp rsp, String path, int clients, String... options) {
    List<String> command = new ArrayList<>(List.of("slowhttptest"));
    command.addAll(List.of(options));
    command.addAll(List.of("-c", "" + clients, "-r", "" + PER_SECOND, "-l", "180", "-p", "5"));
    command.addAll(List.of("-v", "0", "-u", "http://127.0.0.1:" + rsp.port() + path));
    return Program.start(command.toArray(new String[0]));
  }

  private static double p99(GoodClients good) {
    GoodClients.Latencies latencies = good.ask(WINDOW);
    assertEquals(0, latencies.failed(), "good clients without an answer");
    return latencies.millis(0.99);
  }

  private static void assertCounted(int times, String ending, Map<String, Long> ended) {
    long counted = ended.getOrDefault(ending, 0L);
    assertTrue(
        counted >= COUNTED * times && counted <= times,
        () -> ending + ": " + counted + " (expected: " + times + "), of " + ended);
  }

  private static double quantile(List<Double> values, double share) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get((int) (sorted.size() * share));
  }
}
