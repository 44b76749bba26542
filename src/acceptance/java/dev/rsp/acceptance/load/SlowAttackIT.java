// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
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
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Thousands of clients that send or read as slowly as slowhttptest can are closed on schedule, each
 * with its own ending, and the latency of other clients does not suffer.
 *
 * <p>Two equal proxies have the same backend, and good clients send requests to both at once, at a
 * fixed rate far below what they can do. One of the two is attacked. The other load of the machine,
 * with that of the attackers themselves, is the same for both. So the difference is what the slow
 * clients do to the good ones inside of rsp. A busy machine delays sometimes the one and sometimes
 * the other, but slow clients that cost latency cost it in every window. So the better windows of
 * the attacked proxy are compared with the median of the other. The windows begin when all slow
 * clients are connected, and end before they are closed: to accept them, and to fetch what some of
 * them request and do not read, is ordinary work.
 */
@Isolated("loads or measures the machine")
final class SlowAttackIT {
  private static final int SLOW_HEADS = 1000;
  private static final int SLOW_BODIES = 800;
  private static final int SLOW_READERS = 300;
  private static final int SLOW_CLIENTS = SLOW_HEADS + SLOW_BODIES + SLOW_READERS;

  private static final int PER_SECOND = 1000;

  /** All have connected, and the windows are over, before the first of them is closed. */
  private static final int TIMEOUT_SECONDS = 20;

  private static final Duration WINDOW = Duration.ofSeconds(1);
  private static final int WINDOWS = 9;

  /** How many times the undisturbed latency the good clients may see. */
  private static final double MOST_TIMES_UNDISTURBED = 2;

  /** A connection per core, and together a few percent of what rsp can do. */
  private static final int GOOD_CLIENTS = Runtime.getRuntime().availableProcessors();

  private static final int GOOD_PER_SECOND = 250;

  /**
   * At least this share of the slow clients is counted with the expected ending. slowhttptest fails
   * to connect some of the others, or closes them itself.
   */
  private static final double COUNTED = 0.9;

  /** More than the sockets and rsp's buffers hold for a client that does not read. */
  private static final String LARGE = "/length/6291456";

  private static final String SMALL = "/length/4000";

  private final List<Double> undisturbed = new ArrayList<>();
  private final List<Double> attacked = new ArrayList<>();

  @Test
  void theSlowAreClosedOnScheduleAndOthersDoNotWait(@TempDir Path directory) throws Exception {
    // Not judged: that would take time on the same processors.
    try (RawBackend backend = Origin.startBehindAnother();
        Rsp rsp = Rsp.serving(Files.createDirectory(directory.resolve("attacked")), lua(backend));
        Rsp other = Rsp.serving(Files.createDirectory(directory.resolve("other")), lua(backend))) {
      var good = new GoodClients(rsp.port(), SMALL, GOOD_CLIENTS, GOOD_PER_SECOND);
      var goodOfOther = new GoodClients(other.port(), SMALL, GOOD_CLIENTS, GOOD_PER_SECOND);
      askBoth(good, goodOfOther); // warm-up: not measured
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

  /** Measures both proxies for one window. */
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

  /**
   * Attacks in all three ways, runs an action during that, and returns when all slow are closed.
   */
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
