// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Transports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Crowds of clients that cost memory and then stop, of every kind and over every transport, in the
 * numbers of a real attack: {@code scripts/soak crowd}. Prints a table, and exits with 1 if a
 * requirement was not met.
 */
public final class CrowdSoak {
  /** Two descriptors for each on the side of the peers, which may have 20,000. */
  private static final int DOWNLOADS = 9_500;

  private static final int HEADS = 5_000;
  private static final int TUNNELS = 2_000;
  private static final int OTHERS = 1_000;

  private static final int PROBE_SECONDS = 10;
  private static final double MOST_P99_MILLIS = 50;
  private static final double MOST_KIB_EACH = 96;

  /** Java's heap and what Netty keeps in its pools. */
  private static final long KEPT_KIB = 64 << 10;

  private static final int BASELINE_SECONDS = 10;

  private final List<String> broken = new ArrayList<>();

  private CrowdSoak() {}

  /**
   * The first argument: how many clients of each kind; 0 for the numbers of an attack. The others,
   * if there are any: the transports.
   */
  public static void main(String[] arguments) throws Exception {
    List<String> transports = List.of(arguments).subList(1, arguments.length);
    boolean held =
        new CrowdSoak()
            .run(
                Integer.parseInt(arguments[0]),
                transports.isEmpty() ? Transports.available() : transports);
    System.exit(held ? 0 : 1);
  }

  private boolean run(int count, List<String> transports) throws Exception {
    System.out.println(
        "| clients | transport | what each does | KiB each | buffers, MiB | others, p50 ms | p99 ms |"
            + " failed | memory back after s |\n|---:|---|---|---:|---:|---:|---:|---:|---:|");
    for (Burden burden : Burden.values()) {
      for (String transport : transports) {
        row(transport, burden, count == 0 ? attack(burden) : count);
      }
    }
    broken.forEach(what -> System.out.println("BROKEN: " + what));
    System.out.println(broken.isEmpty() ? "soak: all held" : "soak: " + broken.size() + " broken");
    return broken.isEmpty();
  }

  private static int attack(Burden burden) {
    return switch (burden) {
      case DOWNLOAD -> DOWNLOADS;
      case HEAD -> HEADS;
      case TUNNEL_DOWN, TUNNEL_UP -> TUNNELS;
      case UPLOAD, PIPELINE, SLOW_UPLOAD, UWSGI, START -> OTHERS;
    };
  }

  private void row(String transport, Burden burden, int count) throws IOException {
    Path directory = Files.createTempDirectory("crowd");
    try (CrowdStage stage = new CrowdStage(directory, transport)) {
      CrowdStage.Seen seen;
      try (Crowd crowd = new Crowd(stage.rsp().port(), burden.request, burden.fillerBytes)) {
        seen = stage.measure(crowd, count, PROBE_SECONDS);
        hold(crowd.refused() == 0, transport, burden, "refuses none");
      }
      // The channels of the others take twice as much of the heap as those of epoll.
      long keptKib = KEPT_KIB + (transport.equals("epoll") ? 0 : 5L * count);
      double back = secondsToBaseline(stage, seen, keptKib);
      double p99 = seen.probes().millis(0.99);
      System.out.printf(
          "| %,d | %s | %s | %.1f | %d | %.1f | %.1f | %d | %.1f |%n",
          count,
          transport,
          burden.text,
          seen.kibEach(),
          seen.buffersBytes() >> 20,
          seen.probes().millis(0.5),
          p99,
          seen.probes().failed(),
          back);
      hold(seen.probes().failed() == 0, transport, burden, "answers all others");
      hold(p99 <= MOST_P99_MILLIS, transport, burden, "answers others soon");
      double most = MOST_KIB_EACH + (double) KEPT_KIB / count;
      hold(seen.kibEach() <= most, transport, burden, "holds little for each");
      // Java's channels do not report a reset while they are not read: only timeouts.idle ends
      // those.
      boolean seenToLeave = !transport.equals("nio") || !leftUnread(burden);
      hold(!seenToLeave || back <= BASELINE_SECONDS, transport, burden, "gives the memory back");
      hold(
          stage.rsp().log().lines().noneMatch(line -> line.contains(" ERROR ")),
          transport,
          burden,
          "logs no error");
      stage.rsp().signal("TERM");
      hold(stage.rsp().program().awaitExit() == 0, transport, burden, "ends in good order");
    } finally {
      Files.deleteIfExists(directory.resolve("backends.lua"));
      Files.deleteIfExists(directory);
    }
  }

  /** Whether the client of the burden is not read, because the backend takes nothing. */
  private static boolean leftUnread(Burden burden) {
    return burden == Burden.UPLOAD || burden == Burden.TUNNEL_UP;
  }

  private static double secondsToBaseline(CrowdStage stage, CrowdStage.Seen seen, long keptKib) {
    long start = System.nanoTime();
    long patience = 3L * BASELINE_SECONDS * 1_000_000_000L;
    while (stage.rsp().program().residentKib() > seen.residentKib() + keptKib
        && System.nanoTime() - start < patience) {
      Eventually.pause(50);
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private void hold(boolean holds, String transport, Burden burden, String what) {
    if (!holds) {
      broken.add(burden + " over " + transport + ": " + what);
    }
  }
}
