// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Transports;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thousands of clients that cost memory and then stop: rsp serves others at the same time, holds
 * little for each, frees the memory when they close, and stops on a signal. For larger numbers, and
 * times: {@code scripts/soak crowd}.
 */
@Isolated("loads or measures the machine")
@Timeout(400)
final class CrowdIT {
  /** As many as one process of this test may have descriptors for on both sides, and more. */
  private static final int DOWNLOADS = 4_000;

  private static final int OTHERS = 600;

  /** What one client may cost in the process: a buffer of its head or body, and Java's objects. */
  private static final double MOST_KIB_EACH = 96;

  /** Java's heap and what Netty keeps in its pools, with any clients. */
  private static final long KEPT_KIB = 64 << 10;

  /**
   * For each request beside the crowd. It is far more than such a request takes, and far less than
   * when a loop waits for memory: then none is answered.
   */
  private static final double MOST_MILLIS = 5_000;

  private static final int PROBE_SECONDS = 2;

  private static final long LITTLE_MIB = 32;

  static Stream<Arguments> crowds() {
    Stream<Arguments> downloads =
        Transports.available().stream()
            .map(transport -> Arguments.of(transport, Burden.DOWNLOAD, DOWNLOADS));
    Stream<Arguments> others =
        Arrays.stream(Burden.values())
            .filter(burden -> burden != Burden.DOWNLOAD)
            .map(burden -> Arguments.of("epoll", burden, OTHERS));
    Stream<Arguments> heads =
        Transports.available().stream()
            .filter(transport -> !transport.equals("epoll"))
            .map(transport -> Arguments.of(transport, Burden.HEAD, OTHERS));
    return Stream.of(downloads, others, heads).flatMap(each -> each);
  }

  @ParameterizedTest
  @MethodSource("crowds")
  void othersAreServedAndTheMemoryIsFreed(
      String transport, Burden burden, int count, @TempDir Path directory) throws IOException {
    try (CrowdStage stage = new CrowdStage(directory, transport)) {
      CrowdStage.Seen seen;
      try (Crowd crowd = new Crowd(stage.rsp().port(), burden.request, burden.fillerBytes)) {
        seen = stage.measure(crowd, count, PROBE_SECONDS);
        assertEquals(0, crowd.refused(), () -> stage.rsp().log());
      }
      assertEquals(0, seen.probes().failed(), () -> stage.rsp().log());
      assertTrue(seen.probes().millis(1) < MOST_MILLIS, () -> "ms: " + seen.probes().millis(1));
      double most = MOST_KIB_EACH + (double) KEPT_KIB / count;
      assertTrue(seen.kibEach() < most, () -> "KiB for each: " + seen.kibEach());
      Eventually.holds(
          () -> "the memory back of %s: %s".formatted(seen, stage.rsp()),
          () -> stage.rsp().program().residentKib() < seen.residentKib() + KEPT_KIB);
    }
  }

  /**
   * With so little memory that the crowd would use it up twice: those that hold most are closed, no
   * allocation waits, and others are served.
   */
  @Test
  void othersAreServedWhenMemoryIsUsedUp(@TempDir Path directory) throws IOException {
    try (CrowdStage stage =
            new CrowdStage(directory, "epoll", "-XX:MaxDirectMemorySize=" + (LITTLE_MIB << 20));
        Crowd crowd = new Crowd(stage.rsp().port(), Burden.DOWNLOAD.request, 0)) {
      CrowdStage.Seen seen = stage.measure(crowd, 3_000, PROBE_SECONDS);
      assertEquals(0, seen.probes().failed(), () -> stage.rsp().log());
      assertTrue(seen.probes().millis(1) < MOST_MILLIS, () -> "ms: " + seen.probes().millis(1));
      assertEquals((LITTLE_MIB << 20) / 4 * 3, stage.rsp().memory("limit_bytes"));
      assertTrue(
          seen.buffersBytes() <= (LITTLE_MIB << 20) / 4 * 3, () -> "bytes: " + seen.buffersBytes());
      stage.rsp().awaitLog("WARN memory short buffers_bytes=");
      assertEquals(0, stage.rsp().count(" ERROR "), () -> stage.rsp().log());
      Map<String, Long> ended = stage.rsp().stop();
      assertTrue(ended.getOrDefault("limit_memory", 0L) > 0, ended::toString);
    }
  }

  @Test
  void itStopsWhileACrowdIsConnected(@TempDir Path directory) throws IOException {
    try (CrowdStage stage = new CrowdStage(directory, "epoll");
        Crowd crowd = new Crowd(stage.rsp().port(), Burden.TUNNEL_DOWN.request, 0)) {
      crowd.arrive(OTHERS);
      stage.rsp().signal("TERM");
      assertEquals(0, stage.rsp().program().awaitExit(), () -> stage.rsp().toString());
    }
  }
}
