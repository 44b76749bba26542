// SPDX-License-Identifier: Apache-2.0
package dev.rsp.usage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sums by host in little memory. */
@Timeout(60)
final class UsageTableTest {
  private static UsageTable table(int hosts) {
    return new UsageTable(UsageTable.newHash(), hosts);
  }

  private static void add(UsageTable table, String host, long requests) {
    byte[] octets = ("x" + host + "y").getBytes(StandardCharsets.US_ASCII);
    table.add(octets, 1, octets.length - 2, requests, 10 * requests, 100 * requests, 1000);
  }

  @Test
  void sumsAreThoseOfAMapForHostsInAnyOrder() {
    UsageTable table = table(100_000);
    Map<String, Long> model = new HashMap<>();
    var random = new SplittableRandom(1);
    for (int i = 0; i < 200_000; i++) {
      String host = "h" + random.nextInt(30_000) + "x".repeat(random.nextInt(200));
      add(table, host, i);
      model.merge(host, (long) i, Long::sum);
    }
    long sum = 0;
    for (Map.Entry<String, Long> entry : model.entrySet()) {
      HostUse use = table.use(entry.getKey());
      HostUse others = table.others();
      if (use.requests() > 0 || others.requests() == 0) {
        assertEquals(entry.getValue(), use.requests(), entry.getKey());
        assertEquals(10 * entry.getValue(), use.bytesIn());
        assertEquals(100 * entry.getValue(), use.bytesOut());
      }
      sum += entry.getValue();
    }
    assertEquals(sum, table.total().requests());
  }

  @Test
  void hostsBeyondTheMaximumAreSummedTogetherAndThoseWithARowStayExact() {
    UsageTable table = table(2);
    List.of("a", "b", "c", "a", "d").forEach(host -> add(table, host, 1));
    assertEquals(2, table.size());
    assertEquals(2, table.use("a").requests());
    assertEquals(1, table.use("b").requests());
    assertEquals(0, table.use("c").requests());
    assertEquals(new HostUse("*", 2, 20, 200, 2000), table.others());
  }

  @Test
  void regularHostsGetARowWhereInventedOnesDoNot() {
    var hash = UsageTable.newHash();
    var table = new UsageTable(hash, 3);
    var more = new UsageTable(hash, 10);
    List.of("a", "b").forEach(host -> add(table, host, 1));
    List.of("invented", "site", "b", "site2").forEach(host -> add(more, host, 5));
    RegularHosts regular =
        (octets, length) ->
            new String(octets, 0, length, StandardCharsets.US_ASCII).startsWith("site");
    table.addAll(more, 2, 3, regular);
    assertEquals(5, table.use("site").requests());
    assertEquals(6, table.use("b").requests());
    assertEquals(10, table.others().requests());
    assertEquals(0, table.use("site2").requests());
  }

  @Test
  void theLargestComeFirstAndEqualOnesByTheirNames() {
    UsageTable table = table(100);
    for (int i = 0; i < 50; i++) {
      add(table, "h" + i, i % 10);
    }
    List<String> hosts = table.top(UsageOrder.REQUESTS, 7).stream().map(use -> use.host()).toList();
    assertEquals(List.of("h19", "h29", "h39", "h49", "h9", "h18", "h28"), hosts);
    assertEquals(50, table.top(UsageOrder.BYTES, 1000).size());
    assertEquals(List.of(), table.top(UsageOrder.TIME, 0));
  }

  @Test
  void aClearedTableHasNothing() {
    UsageTable table = table(1);
    List.of("a", "b").forEach(host -> add(table, host, 1));
    table.clear();
    assertTrue(table.isEmpty());
    add(table, "c", 3);
    assertEquals(new HostUse("c", 3, 30, 300, 1000), table.use("c"));
    assertEquals(0, table.others().requests());
  }

  @Test
  void aMillionHostsCostAHundredBytesEachAndInventedLongNamesNoMoreThanTheBound() {
    for (int length : new int[] {12, 240}) {
      long before = usedHeap();
      UsageTable table = table(1_000_000);
      byte[] host = "a".repeat(255).getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < 1_000_000; i++) {
        for (int digit = 0, rest = i; digit < 6; digit++, rest /= 10) {
          host[digit] = (byte) ('0' + rest % 10);
        }
        table.add(host, 0, length, 1, 2, 3, 4);
      }
      long bytes = usedHeap() - before;
      assertEquals(1_000_000, table.total().requests());
      assertTrue(bytes < (length == 12 ? 100_000_000 : 130_000_000), "bytes: " + bytes);
    }
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  @Test
  void addingToAHostThatIsThereAllocatesNothing() {
    UsageTable table = table(1000);
    byte[] octets = "a.example".getBytes(StandardCharsets.US_ASCII);
    table.add(octets, 0, octets.length, 1, 1, 1, 1);
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = 0;
    for (int round = 0; round < 2; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 100_000; i++) {
        table.add(octets, 0, octets.length, 1, 1, 1, 1);
      }
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertTrue(allocated < 1000, "bytes: " + allocated);
  }
}
