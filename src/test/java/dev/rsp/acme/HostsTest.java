// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the log of orders keeps. */
@Timeout(30)
final class HostsTest {
  private static final String OWN = "0000000a";
  private static final String OTHER = "0000000b";
  private static final long DAY = 86_400_000;

  private final Budget budget = new Budget(10, DAY);
  private final Hosts hosts = new Hosts(OWN, budget, new Pause());

  private static Hosts read(List<String> lines, Budget budget) {
    var hosts = new Hosts(OWN, budget, new Pause());
    lines.forEach(line -> assertTrue(hosts.apply(line), line));
    return hosts;
  }

  @Test
  void ofOtherAccountsTheLastPauseAndTheOrdersOfAMonthAreKept() {
    long now = 100 * DAY;
    for (int i = 0; i < 1_000; i++) {
      assertTrue(hosts.apply("pause " + OTHER + ' ' + i + " 1 down"));
      assertTrue(hosts.apply("announces " + OTHER));
    }
    assertTrue(hosts.apply("order " + OTHER + ' ' + (now - 32 * DAY) + " first a.example"));
    assertTrue(hosts.apply("order " + OTHER + ' ' + (now - 30 * DAY) + " first b.example"));
    assertEquals(
        List.of(
            "pause " + OTHER + " 999 1 down",
            "announces " + OTHER,
            "order " + OTHER + ' ' + (now - 30 * DAY) + " first b.example"),
        hosts.lines(now));
  }

  @Test
  void aLogThatIsWrittenAnewNamesTheHostsWhoseOrdersAreUnderWay() {
    long now = 100 * DAY;
    assertTrue(hosts.apply(hosts.orderLine(false, now, "a.example")));
    hosts.takeUnfinished();
    hosts.getOrAdd("a.example").phase(HostState.Phase.ORDERING);
    hosts.getOrAdd("b.example").phase(HostState.Phase.QUEUED);
    var next = new Budget(10, DAY);
    Hosts found = read(hosts.lines(now), next);
    assertEquals(List.of("a.example"), found.takeUnfinished());
    assertEquals(1, next.used(now), "counted once");
  }

  @Test
  void whatACaSaysCannotSteerATerminal() {
    assertEquals("a [31mb c d e f", Hosts.line("a\u001b[31mb\u009bc\u202ed\u2028e\nf"));
    assertEquals("Müller: 名", Hosts.line("Müller: 名"));
    assertEquals("unknown", Hosts.line(""));
    assertEquals(500, Hosts.line("x".repeat(10_000)).length());
  }
}
