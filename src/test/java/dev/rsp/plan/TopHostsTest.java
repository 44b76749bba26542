// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TopHostsTest {
  @Test
  void countsExactlyWhileThereIsRoom() {
    var top = new TopHosts(3);
    List.of("a", "b", "a", "c", "a", "b").forEach(host -> top.add(host, "x"));
    assertEquals(List.of(new TopHosts.Top("a", 3, "x"), new TopHosts.Top("b", 2, "x")), top.top(2));
  }

  @Test
  void findsTheHeavyAmongManyThatComeOnce() {
    var top = new TopHosts(50);
    var random = new Random(3);
    for (int i = 0; i < 20_000; i++) {
      top.add(random.nextInt(10) == 0 ? "heavy.example" : "once" + i + ".example", "n" + i);
    }
    assertEquals("heavy.example", top.top(1).get(0).host());
    assertTrue(top.top(1000).size() <= 50);
  }
}
