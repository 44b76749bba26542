// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.admin.Json;
import dev.rsp.plan.Alternative;
import dev.rsp.plan.Machines;
import dev.rsp.plan.Moves;
import dev.rsp.plan.Plan;
import dev.rsp.plan.PlanValues;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What {@code rsp plan --json} prints for a program. */
@Timeout(60)
final class PlanJsonTest {
  @Test
  void hasTheWholePlan() {
    Moves moves =
        new Moves(
            6,
            2,
            60,
            30,
            List.of(new Moves.Pair("b", "x", 1, 20), new Moves.Pair("b", "(failed)", 1, 10)),
            List.of(
                new Moves.Load("b", 5, 3, 50, 20),
                new Moves.Load("x", 0, 1, 0, 20),
                new Moves.Load("(refused)", 1, 1, 10, 10),
                new Moves.Load("(failed)", 0, 1, 0, 10)));
    Machines machines =
        new Machines(
            List.of(
                new Machines.Change("b", "10.0.0.1:80", "10.0.0.2:80", "x", 2, 20),
                new Machines.Change("c", "unix:/a", "unix:/b", "", 1, 5)),
            3,
            2,
            20);
    Plan plan =
        new Plan(moves, machines, 4, 5, "", List.of(new Alternative("do less", 1, 100 / 6.0)));
    assertEquals(
        "{\"hosts\":6,\"moved\":2,\"percent\":33.33,"
            + "\"pairs\":[{\"from\":\"b\",\"to\":\"x\",\"hosts\":1,\"requests\":20},"
            + "{\"from\":\"b\",\"to\":\"(failed)\",\"hosts\":1,\"requests\":10}],"
            + "\"alternatives\":[{\"what\":\"do less\",\"moved\":1,\"percent\":16.67}],"
            + "\"requests\":60,\"moved_requests\":30,"
            + "\"refused_before\":1,\"refused_after\":1,\"failed_after\":1,"
            + "\"undecided_before\":4,\"undecided_after\":5,\"invalid_lines\":3,"
            + "\"slots\":["
            + slot("b", 5, 3, 50, 20)
            + ","
            + slot("x", 0, 1, 0, 20)
            + ","
            + slot("(refused)", 1, 1, 10, 10)
            + ","
            + slot("(failed)", 0, 1, 0, 10)
            + "],\"other_machine\":3,\"exchanged\":2,\"addresses\":["
            + "{\"slot\":\"b\",\"from\":\"10.0.0.1:80\",\"to\":\"10.0.0.2:80\","
            + "\"former_slot\":\"x\",\"hosts\":2,\"requests\":20},"
            + "{\"slot\":\"c\",\"from\":\"unix:/a\",\"to\":\"unix:/b\","
            + "\"former_slot\":\"\",\"hosts\":1,\"requests\":5}],\"warnings\":[\"w\"]}",
        Json.of(PlanValues.of(plan, 3, List.of("w"))));
  }

  private static String slot(
      String name, int hostsBefore, int hostsAfter, int requestsBefore, int requestsAfter) {
    return ("{\"name\":\"%s\",\"hosts_before\":%d,\"hosts_after\":%d,"
            + "\"requests_before\":%d,\"requests_after\":%d}")
        .formatted(name, hostsBefore, hostsAfter, requestsBefore, requestsAfter);
  }
}
