// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A plan as the values of a JSON object. Any thread. */
public final class PlanValues {
  private PlanValues() {}

  /**
   * The values of a plan.
   *
   * @param invalidLines number of invalid lines in the list of hosts
   * @param warnings of the new file
   */
  public static Map<String, Object> of(Plan plan, int invalidLines, List<String> warnings) {
    Moves moves = plan.moves();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("hosts", moves.hosts());
    json.put("moved", moves.moved());
    json.put("percent", rounded(moves.percent()));
    json.put("pairs", moves.pairs().stream().map(PlanValues::pair).toList());
    json.put("alternatives", plan.alternatives().stream().map(PlanValues::alternative).toList());
    json.put("requests", moves.requests());
    json.put("moved_requests", moves.movedRequests());
    json.put("refused_before", moves.refusedBefore());
    json.put("refused_after", moves.refusedAfter());
    json.put("failed_after", moves.failedAfter());
    json.put("undecided_before", plan.undecidedBefore());
    json.put("undecided_after", plan.undecidedAfter());
    json.put("invalid_lines", invalidLines);
    json.put("slots", moves.loads().stream().map(PlanValues::load).toList());
    json.put("other_machine", plan.machines().hosts());
    json.put("exchanged", plan.machines().exchanged());
    json.put("addresses", plan.machines().changes().stream().map(PlanValues::address).toList());
    json.put("warnings", warnings);
    return json;
  }

  private static Map<String, Object> address(Machines.Change change) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("slot", change.slot());
    json.put("from", change.from());
    json.put("to", change.to());
    json.put("former_slot", change.formerSlot());
    json.put("hosts", change.hosts());
    json.put("requests", change.requests());
    return json;
  }

  private static Map<String, Object> pair(Moves.Pair pair) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("from", pair.from());
    json.put("to", pair.to());
    json.put("hosts", pair.hosts());
    json.put("requests", pair.requests());
    return json;
  }

  private static Map<String, Object> alternative(Alternative alternative) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("what", alternative.what());
    json.put("moved", alternative.moved());
    json.put("percent", rounded(alternative.percent()));
    return json;
  }

  private static Map<String, Object> load(Moves.Load load) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", load.slot());
    json.put("hosts_before", load.hostsBefore());
    json.put("hosts_after", load.hostsAfter());
    json.put("requests_before", load.requestsBefore());
    json.put("requests_after", load.requestsAfter());
    return json;
  }

  /** Rounds to two digits after the decimal point. */
  private static double rounded(double percent) {
    return Math.round(percent * 100) / 100.0;
  }
}
