// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.plan.Alternative;
import dev.rsp.plan.Machines;
import dev.rsp.plan.Moves;
import dev.rsp.plan.Plan;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code rsp plan} prints for an operator. */
@Timeout(60)
final class PlanTextTest {
  @Test
  void printsTheHostsOfEachSlotTheMovesAndCheaperWays() {
    Moves moves =
        new Moves(
            4,
            1,
            40,
            20,
            List.of(new Moves.Pair("a", "b", 1, 20)),
            List.of(new Moves.Load("a", 3, 2, 30, 10), new Moves.Load("b", 1, 2, 10, 30)));
    Plan plan = new Plan(moves, Machines.SAME, 0, 0, "", List.of(new Alternative("do less", 0, 0)));
    assertEquals(
        """
        old.lua -> new.lua
        hosts    4 from hosts.txt (1 line skipped: no valid host)
        moved    1 (25.0 %) with 50.0 % of the requests

        slot  hosts now       then  requests now       then
        a             3          2        75.0 %     25.0 %
        b             1          2        25.0 %     75.0 %

        from  to      hosts   requests
        a     b           1     50.0 %

        cheaper:
            0.0 %  do less (0 hosts)
        """,
        PlanText.of(plan, "old.lua", "new.lua", "hosts.txt", 1, true));
  }

  @Test
  void hasNoColumnsForRequestsIfTheListOfHostsDoesNotCountThem() {
    Moves moves =
        new Moves(
            2,
            1,
            2,
            1,
            List.of(new Moves.Pair("a", "b", 1, 1)),
            List.of(new Moves.Load("a", 2, 1, 2, 1), new Moves.Load("b", 0, 1, 0, 1)));
    assertEquals(
        """
        old.lua -> new.lua
        hosts    2 from hosts.txt
        moved    1 (50.0 %)

        slot  hosts now       then
        a             2          1
        b             0          1

        from  to      hosts
        a     b           1
        """,
        PlanText.of(plan(moves, ""), "old.lua", "new.lua", "hosts.txt", 0, false));
  }

  @Test
  void printsHowManyHostsAreRefused() {
    String text = text(plan(to("(refused)"), ""));
    assertTrue(text.contains("refused  0 before, 3 after"), text);
  }

  @Test
  void printsOnHowManyHostsTheNewScriptFailsAndTheFirstError() {
    String text = text(plan(to("(failed)"), "new.lua:7: no"));
    assertTrue(text.contains("failed   3: new.lua:7: no\n"), text);
  }

  @Test
  void printsWhichFileReadsMoreThanTheHost() {
    Plan plan = new Plan(to("b"), Machines.SAME, 0, 3, "", List.of());
    String text = text(plan);
    assertTrue(text.contains("unsure   3 by new.lua, whose select"), text);
  }

  @Test
  void printsTheFirstTwentyRowsOfATableAndHowManyMoreThereAre() {
    List<Moves.Load> loads =
        IntStream.rangeClosed(1, 22).mapToObj(i -> new Moves.Load("s" + i, 1, 1, 1, 1)).toList();
    String text = text(plan(new Moves(22, 0, 22, 0, List.of(), loads), ""));
    assertTrue(text.contains("\ns20 "), text);
    assertTrue(text.endsWith("\nand 2 more; --json has all\n"), text);
  }

  @Test
  void printsTheSlotsThatGetAnotherAddressAndHowManyHostsMeetAnotherMachine() {
    Moves moves = new Moves(10, 0, 10, 0, List.of(), List.of(new Moves.Load("a", 10, 10, 10, 10)));
    Machines machines =
        new Machines(
            List.of(
                new Machines.Change("live1", "10.0.0.1:80", "10.0.0.2:80", "live2", 4, 4),
                new Machines.Change("live2", "10.0.0.2:80", "unix:/run/x", "", 3, 3)),
            7,
            4,
            4);
    assertEquals(
        """
        old.lua -> new.lua
        hosts    10 from hosts.txt
        moved    0 (0.0 %) with 0.0 % of the requests
        machine  7 (70.0 %) keep their slot, which has another address; 4 of them meet the former \
        machine of another slot

        slot   address now  then             hosts
        live1  10.0.0.1:80  10.0.0.2:80          4  the address of live2 now
        live2  10.0.0.2:80  unix:/run/x          3

        slot  hosts now       then  requests now       then
        a            10         10       100.0 %    100.0 %
        """,
        text(new Plan(moves, machines, 0, 0, "", List.of())));
  }

  /** Three hosts that go from the slot a to a place. */
  private static Moves to(String name) {
    return new Moves(
        3,
        3,
        3,
        3,
        List.of(new Moves.Pair("a", name, 3, 3)),
        List.of(new Moves.Load("a", 3, 0, 3, 0), new Moves.Load(name, 0, 3, 0, 3)));
  }

  private static Plan plan(Moves moves, String error) {
    return new Plan(moves, Machines.SAME, 0, 0, error, List.of());
  }

  private static String text(Plan plan) {
    return PlanText.of(plan, "old.lua", "new.lua", "hosts.txt", 0, true);
  }
}
