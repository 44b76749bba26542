// SPDX-License-Identifier: Apache-2.0
package dev.rsp.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HostCountsTest {
  private final HostCounts counts = new HostCounts();

  @Test
  void countsRequestsByHostAndKeepsTheLastSlot() {
    add("a.example", "live1");
    add("b.example", "live2");
    add("a.example", "live3");
    assertEquals(Map.of("a.example", "2 live3", "b.example", "1 live2"), contents());
    assertEquals(2, counts.size());
  }

  @Test
  void tellsHostsApartThatBeginAlike() {
    add("a", "s");
    add("a.b", "s");
    add("a.b.c", "s");
    add("b", "s");
    assertEquals(4, counts.size());
  }

  @Test
  void takesTheLongestHost() {
    String longest = "x".repeat(253);
    add(longest, "s");
    assertEquals(Map.of(longest, "1 s"), contents());
  }

  @Test
  void agreesWithAMapOverThousandsOfHosts() {
    Map<String, String> expected = new HashMap<>();
    Map<String, Integer> byHost = new HashMap<>();
    var random = new Random(7);
    for (int i = 0; i < 50_000; i++) {
      String host = "site" + random.nextInt(20_000) + ".example";
      String slot = "live" + random.nextInt(5);
      add(host, slot);
      int n = byHost.merge(host, 1, Integer::sum);
      expected.put(host, n + " " + slot);
    }
    assertEquals(expected, contents());
  }

  @Test
  void countsInSumWhatHasNoRoom() {
    var small = new HostCounts(3);
    for (int i = 0; i < 5; i++) {
      byte[] host = bytes("h" + i);
      small.add(host, host.length, "s", true);
      small.add(host, host.length, "s", true);
    }
    assertEquals(3, small.size());
    assertEquals(4, small.missed());
  }

  @Test
  void isAsGoodAsNewWhenCleared() {
    for (int i = 0; i < 3000; i++) {
      add("h" + i, "s");
    }
    counts.clear();
    assertEquals(Map.of(), contents());
    add("h1", "t");
    assertEquals(Map.of("h1", "1 t"), contents());
  }

  @Test
  void makesNoGarbageForAKnownHostNorAfterAClear() {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    byte[] host = bytes("www.example.com");
    var tally = new HostTally();
    var visit = new HostTally.Visit();
    visit(tally, visit, host);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 10_000; i++) {
      visit(tally, visit, host);
    }
    assertEquals(0, (threads.getCurrentThreadAllocatedBytes() - before) / 10_000);
  }

  private static void visit(HostTally tally, HostTally.Visit visit, byte[] host) {
    visit.begin(host, host.length);
    visit.answered(tally, 200, "live1");
  }

  @Test
  void takesOnlyWhatABackendAnsweredBelow500() {
    var tally = new HostTally();
    var visit = new HostTally.Visit();
    int[] statuses = {101, 200, 204, 301, 404, 499, 500, 502, 503, 599};
    for (int status : statuses) {
      byte[] host = bytes("h" + status);
      visit.begin(host, host.length);
      visit.answered(tally, status, "s");
    }
    HostCounts taken = tally.swap(counts);
    Map<String, String> found = new HashMap<>();
    taken.forEach((host, requests, slot, served) -> found.put(host, requests + " " + slot));
    assertTrue(
        found.keySet().stream().allMatch(host -> host.compareTo("h500") < 0), found::toString);
    assertEquals(6, found.size());
  }

  @Test
  void aVisitIsUsedAgainForLongerAndShorterHosts() {
    var tally = new HostTally();
    var visit = new HostTally.Visit();
    for (int length : new int[] {5, 253, 3, 64, 65}) {
      byte[] host = bytes("x".repeat(length));
      visit.begin(host, length);
      visit.answered(tally, 200, "s");
    }
    assertEquals(5, tally.swap(counts).size());
  }

  private void add(String host, String slot) {
    counts.add(bytes(host), host.length(), slot, true);
  }

  private Map<String, String> contents() {
    Map<String, String> contents = new HashMap<>();
    counts.forEach((host, requests, slot, served) -> contents.put(host, requests + " " + slot));
    return contents;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
