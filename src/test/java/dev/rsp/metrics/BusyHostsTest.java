// SPDX-License-Identifier: Apache-2.0
package dev.rsp.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which hosts had most requests in the last whole minute, in bounded memory. */
@Timeout(20)
final class BusyHostsTest {
  private static final long MINUTE = TimeUnit.MINUTES.toNanos(1);

  private static void count(BusyHosts hosts, String host, long now) {
    byte[] bytes = ("xx" + host + "yy").getBytes(StandardCharsets.US_ASCII);
    hosts.count(bytes, 2, bytes.length - 2, "s-" + host, now);
  }

  private static List<BusyHosts.Host> sorted(List<BusyHosts.Host> hosts) {
    return hosts.stream().sorted(Comparator.comparing(BusyHosts.Host::host)).toList();
  }

  @Test
  void theHostsOfAMinuteAreKnownInTheNextOne() {
    var hosts = new BusyHosts();
    count(hosts, "a", 5);
    count(hosts, "b", MINUTE - 1);
    count(hosts, "a", MINUTE - 1);
    assertEquals(List.of(), hosts.last(MINUTE - 1));
    List<BusyHosts.Host> both =
        List.of(new BusyHosts.Host("a", "s-a", 2), new BusyHosts.Host("b", "s-b", 1));
    assertEquals(both, sorted(hosts.last(MINUTE)));
    count(hosts, "c", MINUTE + 1);
    assertEquals(both, sorted(hosts.last(2 * MINUTE - 1)));
    assertEquals(List.of(new BusyHosts.Host("c", "s-c", 1)), hosts.last(2 * MINUTE));
  }

  @Test
  void afterAMinuteWithoutRequestsThereAreNone() {
    var hosts = new BusyHosts();
    count(hosts, "a", 5);
    assertEquals(List.of(), hosts.last(2 * MINUTE));
    count(hosts, "b", 2 * MINUTE);
    assertEquals(List.of(), hosts.last(4 * MINUTE), "nothing of two minutes ago");
  }

  @Test
  void nanoTimeMayBeNegative() {
    var hosts = new BusyHosts();
    count(hosts, "a", -MINUTE - 1);
    assertEquals(1, hosts.last(-MINUTE).size());
    assertEquals(0, hosts.last(0).size());
  }

  @Test
  void aRequestWithoutAHostIsNotCounted() {
    var hosts = new BusyHosts();
    hosts.count(new byte[0], 0, 0, "(none)", 5);
    assertEquals(List.of(), hosts.last(MINUTE));
  }

  @Test
  void busyHostsAreFoundInAFloodOfNamesThatComeOnce() {
    var hosts = new BusyHosts(100);
    var random = new SplittableRandom(3);
    for (int i = 0; i < 100_000; i++) {
      count(hosts, "random" + random.nextInt(), 5);
      if (i % 20 == 0) {
        count(hosts, "busy" + i % 40, 5); // two hosts, each with 1 request in 42
      }
    }
    List<BusyHosts.Host> top = BusyHosts.busiest(List.of(hosts.last(MINUTE)), 3);
    assertEquals("busy0", top.get(0).host());
    assertEquals("busy20", top.get(1).host());
    for (BusyHosts.Host busy : top.subList(0, 2)) {
      assertTrue(busy.requests() <= 2500 && busy.requests() > 1400, busy::toString);
    }
    assertTrue(top.get(2).requests() < 50, () -> "a name that came once: " + top.get(2));
  }

  @Test
  void countsAreNeverTooLowAndTooHighByTheErrorAtMost() {
    var sketch = new HeavyHitters(64);
    var random = new SplittableRandom(4);
    Map<String, Long> exact = new HashMap<>();
    for (int i = 0; i < 50_000; i++) {
      // Zipf: host n has a share that falls with n.
      String host = "h" + (int) Math.pow(2000, random.nextDouble());
      exact.merge(host, 1L, Long::sum);
      byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
      sketch.count(bytes, 0, bytes.length, "s");
    }
    Map<String, HeavyHitters.Hitter> found =
        sketch.all().stream().collect(Collectors.toMap(HeavyHitters.Hitter::host, one -> one));
    assertEquals(64, found.size());
    assertEquals(50_000, sketch.total());
    assertEquals(50_000, found.values().stream().mapToLong(HeavyHitters.Hitter::count).sum());
    found.forEach(
        (host, hitter) -> {
          long real = exact.getOrDefault(host, 0L);
          assertTrue(hitter.count() >= real, () -> hitter + " of " + real);
          assertTrue(hitter.count() - hitter.error() <= real, () -> hitter + " of " + real);
        });
    exact.forEach((host, real) -> assertTrue(real <= 50_000 / 64 || found.containsKey(host), host));
  }

  @Test
  void oneThatIsLongerThanANameIsCut() {
    var sketch = new HeavyHitters(4);
    byte[] host = "a".repeat(300).getBytes(StandardCharsets.US_ASCII);
    sketch.count(host, 0, host.length, "s");
    assertEquals("a".repeat(255), sketch.all().get(0).host());
  }
}
