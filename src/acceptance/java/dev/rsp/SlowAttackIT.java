// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand clients and more that send or read as slowly as slowhttptest can are closed on
 * schedule, each with its own ending, and the others do not notice.
 *
 * <p>Good clients ask at a fixed rate far below what rsp can do, in windows that are calm and
 * attacked by turns, so that the machine is the same for both. The medians of the windows' 99th
 * percentiles are compared: one hiccup decides nothing. An attacked window begins when all slow
 * clients are there, and ends before they are closed; that a thousand come at once, and that rsp
 * fetches what some ask for and do not read, is work like any other. The attacker runs on the same
 * processors as rsp, the good clients and the backend, and its own work delays them as well; it
 * runs at the lowest priority so that it mostly does not, but what is left of that is noise of this
 * method and counts against rsp. On a machine with other work the windows differ more, and there
 * are more of them: a proxy in which the good wait for the slow fails in each.
 */
final class SlowAttackIT {
  private static final int SLOW_HEADS = 500;
  private static final int SLOW_BODIES = 400;
  private static final int SLOW_READERS = 200;
  private static final int SLOW_CLIENTS = SLOW_HEADS + SLOW_BODIES + SLOW_READERS;

  /** All have come long before the first of them is closed. */
  private static final int PER_SECOND = 1000;

  private static final Duration WINDOW = Duration.ofSeconds(1);
  private static final int ROUNDS_AT_LEAST = 5;
  private static final int ROUNDS_AT_MOST = 10;

  /** What is promised of the good. */
  private static final double MOST_TIMES_CALM = 2;

  /** A connection per core, and together a few percent of what rsp can do. */
  private static final int GOOD_CLIENTS = Runtime.getRuntime().availableProcessors();

  private static final int GOOD_PER_SECOND = 250;

  /**
   * Of the slow, at least this share is counted with the ending that is due. The rest is for those
   * that slowhttptest did not get connected, or gave up itself.
   */
  private static final double COUNTED = 0.9;

  /** A timeout of 3 s, looked at as often; the rest is for the machine. */
  private static final Duration CLOSED = Duration.ofSeconds(20);

  /** More than the sockets and rsp's buffers hold for a client that does not read. */
  private static final String LARGE = "/length/6291456";

  private static final String SMALL = "/length/4000";

  private final List<Double> calm = new ArrayList<>();
  private final List<Double> attacked = new ArrayList<>();

  @Test
  void theSlowAreClosedOnScheduleAndOthersDoNotWait(@TempDir Path directory) throws Exception {
    // Unwatched: what it sends is made and looked at on the same processors.
    try (RawBackend backend = Origin.startBehindAnother();
        Rsp rsp = Rsp.serving(directory, lua(backend))) {
      var good = new GoodClients(rsp.port(), SMALL, GOOD_CLIENTS, GOOD_PER_SECOND);
      good.ask(WINDOW); // the first requests are compiled, not measured
      int rounds = 0;
      while (rounds < ROUNDS_AT_LEAST || (!othersDoNotWait() && rounds < ROUNDS_AT_MOST)) {
        calm.add(p99(good));
        attack(rsp, good);
        rounds++;
      }
      System.out.printf("p99 in ms: calm %s, attacked %s%n", calm, attacked);
      assertTrue(othersDoNotWait(), () -> "p99 in ms: calm " + calm + ", attacked " + attacked);
      assertEquals(0, rsp.count("ERROR"), rsp::log);
      Map<String, Long> ended = rsp.stop();
      assertCounted(rounds * SLOW_HEADS, "head_timeout", ended);
      assertCounted(rounds * SLOW_BODIES, "body_timeout", ended);
      assertCounted(rounds * SLOW_READERS, "client_stalled", ended);
    }
  }

  private static String lua(RawBackend backend) {
    return "listen = \"127.0.0.1:0\"\nloops = 2\n"
        + "timeouts = { head = 3, body = 3, idle = 3, keepalive = 3, linger = 1 }\n"
        + "backends = {\""
        + backend.address()
        + "\"}\n";
  }

  /**
   * Below twice what it is in calm. The floor is the worst calm window: what this machine does to
   * the good with nobody else there is nothing that rsp could do better.
   */
  private boolean othersDoNotWait() {
    double bound = Math.max(MOST_TIMES_CALM * median(calm), Collections.max(calm));
    return median(attacked) <= bound;
  }

  /** One attack of all three kinds, and the good meanwhile; returns when all slow are gone. */
  private void attack(Rsp rsp, GoodClients good) {
    int before = rsp.program().descriptors();
    // The interval between two pieces is longer than the timeout.
    try (Program heads = slow(rsp, SMALL, SLOW_HEADS, "-H", "-i", "9", "-x", "24");
        Program bodies =
            slow(rsp, SMALL, SLOW_BODIES, "-B", "-i", "9", "-x", "10", "-s", "8192", "-t", "POST");
        Program readers =
            slow(rsp, LARGE, SLOW_READERS, "-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "1")) {
      Eventually.holds(
          () -> "the attack: " + heads + bodies + readers,
          CLOSED,
          () -> rsp.program().descriptors() > before + 0.95 * SLOW_CLIENTS);
      attacked.add(p99(good));
      Eventually.holds(
          () -> "the slow to be closed, descriptors: " + rsp.program().descriptors(),
          CLOSED,
          () -> rsp.program().descriptors() < before + SLOW_CLIENTS / 50);
    }
  }

  private static Program slow(Rsp rsp, String path, int clients, String... options) {
    List<String> command = new ArrayList<>(List.of("nice", "-n", "19", "slowhttptest"));
    command.addAll(List.of(options));
    command.addAll(List.of("-c", "" + clients, "-r", "" + PER_SECOND, "-l", "30", "-p", "5"));
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

  private static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }
}
