// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
final class CirclesTest {
  @Test
  void aChainIsNoCircle() {
    assertEquals(List.of(), Circles.of(graph("a", "b", "b", "c", "a", "c")));
  }

  @Test
  void twoThatUseEachOtherAreACircle() {
    assertEquals(List.of(Set.of("a", "b")), Circles.of(graph("a", "b", "b", "a", "b", "c")));
  }

  @Test
  void circlesThatShareAClassAreOne() {
    assertEquals(
        List.of(Set.of("a", "b", "c")), Circles.of(graph("a", "b", "b", "a", "b", "c", "c", "b")));
  }

  @Test
  void circlesOfWhichOneUsesTheOtherStayApart() {
    assertEquals(
        Set.of(Set.of("a", "b"), Set.of("c", "d")),
        Set.copyOf(Circles.of(graph("a", "b", "b", "a", "b", "c", "c", "d", "d", "c"))));
  }

  /** A graph of pairs of user and used. */
  private static Map<String, Set<String>> graph(String... pairs) {
    Map<String, Set<String>> uses = new TreeMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      uses.merge(
          pairs[i],
          Set.of(pairs[i + 1]),
          (one, other) -> Set.copyOf(Stream.of(one, other).flatMap(Set::stream).toList()));
    }
    return uses;
  }
}
