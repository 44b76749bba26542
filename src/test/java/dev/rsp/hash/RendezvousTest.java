// SPDX-License-Identifier: Apache-2.0
package dev.rsp.hash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class RendezvousTest {
  private static String[] placed(List<Weighted> list) {
    var table = new Rendezvous(list);
    return Keys.placed(list, host -> table.index(host, 0, host.length));
  }

  private static List<Weighted> with(List<Weighted> list, UnaryOperator<Weighted> change) {
    return list.stream().map(change).toList();
  }

  private static UnaryOperator<Weighted> weight(String name, int weight) {
    return one -> one.name().equals(name) ? new Weighted(name, weight) : one;
  }

  @Test
  void followsItsDefinition() {
    List<Weighted> list = List.of(new Weighted("a", 1), new Weighted("b", 2), new Weighted("c", 5));
    var table = new Rendezvous(list);
    for (byte[] host : Keys.HOSTS.subList(0, 500)) {
      int best = 0;
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < list.size(); i++) {
        byte[] name = Keys.bytes(list.get(i).name());
        long draw =
            XxHash64.hash(
                XxHash64.hash(name, 0, name.length, 0), XxHash64.hash(host, 0, host.length, 0));
        double exponential = -Math.log(((draw >>> 11) + 0.5) / 0x1p53) / list.get(i).weight();
        if (exponential < least) {
          least = exponential;
          best = i + 1;
        }
      }
      assertEquals(best, table.index(host, 0, host.length));
    }
  }

  /** Other versions must give the same results. */
  @Test
  void theseHostsStayWhereTheyAre() {
    var equal = new Rendezvous(Keys.live(7));
    var weighted = new Rendezvous(with(Keys.live(7), weight("live3", 20)));
    var found = new StringBuilder();
    for (String host :
        List.of("a", "www.example.com", "ironhand.pythonanywhere.com", "localhost")) {
      byte[] key = Keys.bytes(host);
      found
          .append(equal.index(key, 0, key.length))
          .append(weighted.index(key, 0, key.length))
          .append(' ');
    }
    assertEquals("22 73 43 63", found.toString().trim());
  }

  @Test
  void onlyTheHostsOfANameThatGoesMove() {
    List<Weighted> eight = Keys.live(8);
    String[] before = placed(eight);
    for (int gone = 0; gone < 8; gone++) {
      List<Weighted> seven = new ArrayList<>(eight);
      String name = seven.remove(gone).name();
      assertEquals(Keys.count(before, name), Keys.moved(before, placed(seven)), name);
    }
  }

  @Test
  void aNewNameOnlyTakes() {
    String[] before = placed(Keys.live(8));
    String[] after = placed(Keys.live(9));

    assertEquals(Keys.count(after, "live9"), Keys.moved(before, after));
    assertShare(1 / 9.0, Keys.count(after, "live9"));
  }

  @Test
  void theOrderOfTheListDoesNotMatter() {
    for (List<Weighted> list : List.of(Keys.live(8), with(Keys.live(8), weight("live5", 3)))) {
      List<Weighted> shuffled = new ArrayList<>(list);
      Collections.shuffle(shuffled, new Random(1));
      assertArrayEquals(placed(list), placed(shuffled));
    }
  }

  @Test
  void aHigherWeightOnlyTakesAndALowerOneOnlyGives() {
    List<Weighted> even = with(Keys.live(8), one -> new Weighted(one.name(), 10));
    String[] before = placed(even);
    String[] more = placed(with(even, weight("live1", 20)));
    String[] fewer = placed(with(even, weight("live1", 5)));

    assertEquals(Keys.count(more, "live1") - Keys.count(before, "live1"), Keys.moved(before, more));
    assertEquals(
        Keys.count(before, "live1") - Keys.count(fewer, "live1"), Keys.moved(before, fewer));
    assertShare(2 / 9.0, Keys.count(more, "live1"));
    assertShare(0.5 / 7.5, Keys.count(fewer, "live1"));
  }

  @Test
  void onlyTheRatioOfWeightsMatters() {
    List<Weighted> list = with(Keys.live(5), weight("live2", 3));

    assertArrayEquals(
        placed(Keys.live(5)), placed(with(Keys.live(5), w -> new Weighted(w.name(), 7))));
    assertArrayEquals(
        placed(list), placed(with(list, w -> new Weighted(w.name(), 64 * w.weight()))));
  }

  @Test
  void weightZeroGetsNothing() {
    List<Weighted> list = with(Keys.live(4), weight("live2", 0));
    List<Weighted> without = List.of(list.get(0), list.get(2), list.get(3));

    assertArrayEquals(placed(without), placed(list));
    assertArrayEquals(new int[0], nobody().ranked(new byte[] {'a'}, 0, 1));
    assertEquals(0, nobody().index(new byte[] {'a'}, 0, 1));
  }

  private static Rendezvous nobody() {
    return new Rendezvous(List.of(new Weighted("a", 0)));
  }

  @Test
  void theNextInRankIsWhoTakesOver() {
    for (List<Weighted> list : List.of(Keys.live(6), with(Keys.live(6), weight("live1", 4)))) {
      var table = new Rendezvous(list);
      for (byte[] host : Keys.HOSTS.subList(0, 300)) {
        int[] ranked = table.ranked(host, 0, host.length);
        assertEquals(6, Arrays.stream(ranked).distinct().count());
        Set<Integer> gone = new HashSet<>();
        for (int index : ranked) {
          assertEquals(index, table.index(host, 0, host.length, i -> !gone.contains(i)));
          gone.add(index);
        }
        assertEquals(0, table.index(host, 0, host.length, i -> !gone.contains(i)));
      }
    }
  }

  @Test
  void aShortRankingIsTheBeginningOfTheWholeOne() {
    var table = new Rendezvous(Keys.live(20));
    for (byte[] host : Keys.HOSTS.subList(0, 200)) {
      int[] all = table.ranked(host, 0, host.length);
      for (int most : new int[] {0, 1, 2, 7, 20, 21}) {
        assertArrayEquals(
            Arrays.copyOf(all, Math.min(most, 20)), table.ranked(host, 0, host.length, most));
      }
    }
  }

  @Test
  void theHostsOfOneThatFailsAreSharedOutEvenly() {
    var table = new Rendezvous(Keys.live(8));
    var seconds = new int[9];
    int hosts = 0;
    for (byte[] host : Keys.HOSTS) {
      int[] ranked = table.ranked(host, 0, host.length, 2);
      if (ranked[0] == 3) {
        hosts++;
        seconds[ranked[1]]++;
      }
    }
    assertEquals(0, seconds[3]);
    for (int slot : new int[] {1, 2, 4, 5, 6, 7, 8}) {
      assertTrue(Math.abs(seconds[slot] - hosts / 7.0) < 0.25 * hosts / 7, seconds[slot] + "");
    }
  }

  @Test
  void readsOnlyTheRangeItIsGiven() {
    var table = new Rendezvous(Keys.live(8));
    byte[] inside = Keys.bytes("xxwww.example.comyy");
    byte[] host = Keys.bytes("www.example.com");

    assertEquals(table.index(host, 0, host.length), table.index(inside, 2, host.length));
  }

  @Test
  void refusesANameThatIsThereTwice() {
    List<Weighted> twice = List.of(new Weighted("a", 1), new Weighted("a", 2));
    assertThrows(IllegalArgumentException.class, () -> new Rendezvous(twice));
  }

  /** Within four standard deviations of the expected value. */
  private static void assertShare(double share, int count) {
    int hosts = Keys.HOSTS.size();
    double deviation = Math.sqrt(hosts * share * (1 - share));
    assertEquals(hosts * share, count, 4 * deviation);
  }
}
