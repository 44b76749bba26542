// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Canaries, clients of TLS and HTTP/2, slow clients, damaged messages, reloads and good clients,
 * all at once against one packaged rsp, for any time: {@code scripts/soak}. Prints a table, and
 * exits with 1 if a requirement was not met.
 */
public final class Soak {
  private static final int LOOPS = 2;
  private static final int CANARIES = 16;
  private static final int FUZZERS = 4;
  private static final int GOOD = 2;
  private static final int GOOD_PER_SECOND = 100;
  private static final int GOOD_WINDOW_SECONDS = 1;
  private static final int WARM_UP_SECONDS = 20;
  private static final int CALM_SECONDS = 5;
  private static final int RELOAD_MILLIS = 500;

  /**
   * Twice the timeouts of two seconds, the time between two checks of them, a linger of one second,
   * and a busy machine.
   */
  private static final int SLOW_PATIENCE_MILLIS = 12_000;

  /** All timeouts of the connections that are left are shorter; the rest is for a busy machine. */
  private static final Duration SETTLED = Duration.ofSeconds(30);

  /** A shorter run cannot show how memory grows after compilation and pooling. */
  private static final int SLOPE_MINUTES = 60;

  private static final double MOST_MIB_PER_HOUR = 1;

  private final Canary canary;
  private final SecureClients secure;
  private final FuzzPeers fuzz = new FuzzPeers(System.nanoTime());
  private final RawBackend good = Origin.start();
  private final List<long[]> resident = Collections.synchronizedList(new ArrayList<>());
  private final List<Double> p99 = Collections.synchronizedList(new ArrayList<>());
  private final List<String> broken = new ArrayList<>();
  private double worstMillis;
  private long goodFailed;
  private long goodAsked;
  private int reloads;

  private final String listeners;

  private Soak(Path directory) throws Exception {
    canary = new Canary(directory);
    secure = new SecureClients(canary.marks());
    listeners = secure.lua(directory);
  }

  /** One argument: for how many minutes. */
  public static void main(String[] arguments) throws Exception {
    int minutes = Integer.parseInt(arguments[0]);
    Path directory = Files.createTempDirectory("soak");
    boolean held;
    try {
      held = new Soak(directory).run(directory, minutes);
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    System.exit(held ? 0 : 1);
  }

  private boolean run(Path directory, int minutes) throws Exception {
    String options = System.getenv("RSP_JAVA_OPTS");
    // As in CanaryIT, but of the buffers only one in 128 is tracked, so that more requests pass.
    String java =
        options != null ? options : "-Dio.netty.leakDetection.level=simple " + Footprint.EXACT;
    try (Rsp rsp = Rsp.servingOnJava(java, directory, lua(Canary.BACKENDS))) {
      load(rsp, WARM_UP_SECONDS);
      Eventually.pause(SLOW_PATIENCE_MILLIS);
      Footprint before = Footprint.of(rsp);
      GoodClients.Latencies calm = goodClients(rsp).ask(Duration.ofSeconds(CALM_SECONDS));
      resident.clear();
      p99.clear();
      worstMillis = 0;
      goodAsked = 0;
      goodFailed = 0;
      long asked = canary.asked() + fuzz.sent() + secure.asked();
      SlowClients slow = load(rsp, minutes * 60);
      asked = canary.asked() + fuzz.sent() + secure.asked() - asked + goodAsked;
      Footprint after = settled(rsp, before);
      load(rsp, 1); // the detector reports what the collection found when buffers are allocated
      int log = rsp.count("] ERROR ") + rsp.count("LEAK");
      Map<String, Long> ended = rsp.stop();
      int violations = violations();

      row("requests", asked);
      row("  answered to canaries whole", canary.answered());
      row("  with TLS, answered whole", secure.asked() + ", " + secure.answered());
      row("  damaged by the fuzzer", fuzz.sent());
      row("  of good clients, without answer", goodFailed);
      row("reloads", reloads);
      row(
          "  seen by backends of HTTP/2, over TLS",
          canary.seenByHttp2() + ", " + canary.seenOverTls());
      row("foreign markers", canary.foreign());
      row("refereed violations", violations);
      row("damaged requests without an end", fuzz.stuck());
      row("slow clients at once, closed", slow.mostOpen() + ", " + slow.closed());
      row("slow clients not closed in time", slow.late());
      row("errors and leaks in the log", log);
      row("descriptors before, after", before.descriptors() + ", " + after.descriptors());
      row("direct memory after, KiB", after.directBytes() >> 10);
      row("engines of TLS after", after.engines());
      row("contexts of TLS before, after", before.contexts() + ", " + after.contexts());
      row("live objects before, after, KiB", before.liveKib() + ", " + after.liveKib());
      row("resident before, after, KiB", before.residentKib() + ", " + after.residentKib());
      row("resident, slope of the second half", "%.1f MiB/h".formatted(slope()));
      row("good clients, p99 calm", "%.1f ms".formatted(calm.millis(0.99)));
      row("good clients, median and worst p99", "%.1f, %.1f ms".formatted(median(p99), max(p99)));
      row("good clients, worst of all", "%.1f ms".formatted(worstMillis));
      ended.forEach((ending, count) -> row("ended " + ending, count));

      hold(canary.foreign() == 0, "no foreign marker");
      hold(violations == 0, "nothing but sound HTTP from rsp");
      hold(fuzz.stuck() == 0, "every damaged request comes to an end");
      hold(slow.late() == 0, "slow clients are closed in time");
      for (String ending : List.of("head_timeout", "body_timeout", "client_stalled")) {
        hold(ended.containsKey(ending), "some slow clients are counted as " + ending);
      }
      hold(slow.mostOpen() >= SlowClients.COUNT, "as many slow clients at once as were planned");
      hold(goodFailed == 0, "every good client gets its answer");
      hold(log == 0, "no error and no leak is logged");
      List<String> left = after.objectsLeftSince(before);
      hold(left.isEmpty(), "nothing of the load stays: " + left);
      List<String> memory = after.memoryLeftSince(before, LOOPS);
      hold(options != null || memory.isEmpty(), "no memory of the load stays: " + memory);
      hold(secure.answered() > secure.asked() / 4, "requests with TLS are answered");
      hold(canary.seenByHttp2() > 0 && canary.seenOverTls() > 0, "backends of HTTP/2 are asked");
      hold(ended.getOrDefault("failed", 0L) == 0, "no exchange fails by a fault of rsp's own");
      hold(minutes < SLOPE_MINUTES || slope() < MOST_MIB_PER_HOUR, "resident memory does not grow");
      if (log > 0) {
        rsp.log()
            .lines()
            .filter(l -> l.contains("] ERROR ") || l.contains("LEAK"))
            .limit(20)
            .forEach(System.out::println);
      }
    }
    canary.findings().forEach(System.out::println);
    fuzz.findings().stream().limit(10).forEach(System.out::println);
    broken.forEach(what -> System.out.println("BROKEN: " + what));
    System.out.println(broken.isEmpty() ? "soak: all held" : "soak: " + broken.size() + " broken");
    return broken.isEmpty();
  }

  private String lua(int canaries) {
    String backends = canary.slots(canaries);
    return listeners
        + "abort_on_close = false\nloops = "
        + LOOPS
        + "\ntimeouts = { head = 2, body = 2, idle = 2, keepalive = 2, backend_keepalive = 1,\n"
        + "  response = 5, connect = 2, linger = 1 }\n"
        + backends.substring(0, backends.lastIndexOf('}'))
        + Rsp.slot("good", good.address())
        + Rsp.slot("fuzz", fuzz.backend().address())
        + "}\n"
        + """
        function select(request)
          if request.host == "good.example" then return "good" end
          if request.host == "localhost" or request.host:find("^h%d+%.example$") then
            return PLACE
          end
          return "fuzz"
        end
        """
            .replace("PLACE", Canary.place(canaries));
  }

  private static GoodClients goodClients(Rsp rsp) {
    return new GoodClients(rsp.port(), "/length/1000", GOOD, GOOD_PER_SECOND);
  }

  /** Runs all of it at once for so long. */
  private SlowClients load(Rsp rsp, int seconds) throws InterruptedException {
    long end = System.nanoTime() + seconds * 1_000_000_000L;
    BooleanSupplier more = () -> System.nanoTime() - end < 0;
    int port = rsp.port();
    var slow = new SlowClients(port, SLOW_PATIENCE_MILLIS);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CANARIES; i++) {
      threads.add(new Thread(() -> canary.ask(port, more)));
    }
    for (int i = 0; i < FUZZERS; i++) {
      int number = i;
      threads.add(new Thread(() -> fuzz.ask(port, number, more)));
    }
    threads.addAll(secure.threads(rsp.ports().get(1), more));
    threads.add(new Thread(() -> askWell(rsp, more)));
    Thread attack = new Thread(slow);
    threads.add(attack);
    var failed = new ConcurrentLinkedQueue<Throwable>();
    for (Thread thread : threads) {
      thread.setDaemon(true);
      thread.setUncaughtExceptionHandler((client, why) -> failed.add(why));
      thread.start();
    }
    while (more.getAsBoolean()) {
      rsp.reconfigure(lua(1 + reloads++ % Canary.BACKENDS));
      resident.add(new long[] {System.nanoTime(), rsp.program().residentKib()});
      Eventually.pause(RELOAD_MILLIS);
    }
    slow.stop();
    for (Thread thread : threads) {
      thread.join(SETTLED.toMillis() * 2);
      hold(!thread.isAlive(), "every client comes to an end");
    }
    hold(failed.isEmpty(), "no client gives up: " + failed);
    return slow;
  }

  private void askWell(Rsp rsp, BooleanSupplier more) {
    while (more.getAsBoolean()) {
      var latencies = goodClients(rsp).ask(Duration.ofSeconds(GOOD_WINDOW_SECONDS));
      p99.add(latencies.millis(0.99));
      worstMillis = Math.max(worstMillis, latencies.millis(1));
      goodFailed += latencies.failed();
      goodAsked += latencies.count();
    }
  }

  /** What rsp holds when nothing of a load is left, or after some time. */
  private static Footprint settled(Rsp rsp, Footprint before) {
    long deadline = System.nanoTime() + SETTLED.toNanos();
    Footprint now = Footprint.of(rsp);
    while (!now.objectsLeftSince(before).isEmpty() && System.nanoTime() - deadline < 0) {
      Eventually.pause(500);
      now = Footprint.of(rsp);
    }
    return now;
  }

  private int violations() {
    int violations = (int) canary.fouls() + (int) (fuzz.findings().size() - fuzz.stuck());
    for (AutoCloseable backend : List.of(canary, fuzz, good)) {
      try {
        backend.close();
      } catch (Exception | AssertionError e) {
        violations++;
        System.out.println(e);
      }
    }
    return violations;
  }

  private void hold(boolean holds, String what) {
    if (!holds) {
      broken.add(what);
    }
  }

  private static void row(String name, Object value) {
    System.out.printf("%-38s %s%n", name, value);
  }

  /** Least squares over the later half: what grows in the first one may be pools and code. */
  private double slope() {
    List<long[]> half = resident.subList(resident.size() / 2, resident.size());
    double meanTime = half.stream().mapToLong(at -> at[0]).average().orElse(0);
    double meanKib = half.stream().mapToLong(at -> at[1]).average().orElse(0);
    double products = 0;
    double squares = 0;
    for (long[] at : half) {
      products += (at[0] - meanTime) * (at[1] - meanKib);
      squares += (at[0] - meanTime) * (at[0] - meanTime);
    }
    return squares == 0 ? 0 : products / squares * 3600e9 / 1024;
  }

  private static double median(List<Double> values) {
    return values.isEmpty() ? 0 : values.stream().sorted().toList().get(values.size() / 2);
  }

  private static double max(List<Double> values) {
    return values.isEmpty() ? 0 : Collections.max(values);
  }
}
