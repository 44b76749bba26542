// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.plan.Alternative;
import dev.rsp.plan.Machines;
import dev.rsp.plan.Moves;
import dev.rsp.plan.OrderForecast;
import dev.rsp.plan.Plan;
import java.util.List;
import java.util.Locale;

/** Formats a plan as text for the operator. */
final class PlanText {
  /** Maximum rows of a table: one screen. The JSON form has all rows. */
  private static final int MAX_ROWS = 20;

  private PlanText() {}

  /**
   * Formats a plan as lines.
   *
   * @param old the old file's name
   * @param newer the new file's name
   * @param source source of the hosts
   * @param invalidLines number of invalid lines in the source
   * @param counted whether the source contains request counts
   */
  static String of(
      Plan plan, String old, String newer, String source, int invalidLines, boolean counted) {
    var out = new StringBuilder();
    Moves moves = plan.moves();
    line(out, "%s -> %s", old, newer);
    line(
        out,
        "hosts    %d from %s%s",
        moves.hosts(),
        source,
        invalidLines == 0 ? "" : " (" + lines(invalidLines) + " skipped: no valid host)");
    line(
        out,
        "moved    %d (%s)%s",
        moves.moved(),
        Plan.shown(moves.percent()),
        counted ? " with " + Plan.shown(moves.requestsPercent()) + " of the requests" : "");
    Machines machines = plan.machines();
    if (!machines.changes().isEmpty()) {
      line(
          out,
          "machine  %d (%s) keep their slot, which has another address%s",
          machines.hosts(),
          Plan.shown(Moves.percent(machines.hosts(), moves.hosts())),
          machines.exchanged() == 0
              ? ""
              : "; " + machines.exchanged() + " of them meet the former machine of another slot");
    }
    if (moves.refusedBefore() > 0 || moves.refusedAfter() > 0) {
      line(out, "refused  %d before, %d after", moves.refusedBefore(), moves.refusedAfter());
    }
    if (moves.failedAfter() > 0) {
      line(out, "failed   %d: %s", moves.failedAfter(), plan.error());
    }
    undecided(out, old, plan.undecidedBefore());
    undecided(out, newer, plan.undecidedAfter());
    addresses(out, machines);
    loads(out, moves, counted);
    pairs(out, moves, counted);
    alternatives(out, plan.alternatives());
    return out.toString();
  }

  /** Formats the forecast of orders as lines. */
  static String orders(OrderForecast orders) {
    var out = new StringBuilder();
    line(out, "");
    line(out, "certificates of the new file");
    orders.lines().forEach(text -> line(out, "  %s", text));
    String problem = orders.problem();
    if (problem != null) {
      line(out, "  problem: %s", problem);
    }
    return out.toString();
  }

  private static void undecided(StringBuilder out, String file, int hosts) {
    if (hosts > 0) {
      line(
          out,
          "unsure   %d by %s, whose select reads more than the host or keeps state;"
              + " placed as a GET of /",
          hosts,
          file);
    }
  }

  private static void addresses(StringBuilder out, Machines machines) {
    List<Machines.Change> changes = machines.changes();
    if (changes.isEmpty()) {
      return;
    }
    int slot = width(changes.stream().map(Machines.Change::slot).toList(), "slot");
    int from = width(changes.stream().map(Machines.Change::from).toList(), "address now");
    int to = width(changes.stream().map(Machines.Change::to).toList(), "then");
    line(out, "");
    line(
        out,
        "%s  %s  %s  %9s",
        pad("slot", slot),
        pad("address now", from),
        pad("then", to),
        "hosts");
    for (Machines.Change change : changes.subList(0, Math.min(changes.size(), MAX_ROWS))) {
      line(
          out,
          "%s  %s  %s  %9d%s",
          pad(change.slot(), slot),
          pad(change.from(), from),
          pad(change.to(), to),
          change.hosts(),
          change.isExchange() ? "  the address of " + change.formerSlot() + " now" : "");
    }
    more(out, changes.size());
  }

  private static void loads(StringBuilder out, Moves moves, boolean counted) {
    List<Moves.Load> loads = moves.loads();
    int width = width(loads.stream().map(Moves.Load::slot).toList(), "slot");
    line(out, "");
    line(out, "%s  %9s  %9s%s", pad("slot", width), "hosts now", "then", counted ? shares() : "");
    for (Moves.Load load : loads.subList(0, Math.min(loads.size(), MAX_ROWS))) {
      String share =
          counted
              ? "  %12s  %9s"
                  .formatted(
                      Plan.shown(Moves.percent(load.requestsBefore(), moves.requests())),
                      Plan.shown(Moves.percent(load.requestsAfter(), moves.requests())))
              : "";
      line(
          out,
          "%s  %9d  %9d%s",
          pad(load.slot(), width),
          load.hostsBefore(),
          load.hostsAfter(),
          share);
    }
    more(out, loads.size());
  }

  private static String shares() {
    return "  %12s  %9s".formatted("requests now", "then");
  }

  private static void pairs(StringBuilder out, Moves moves, boolean counted) {
    List<Moves.Pair> pairs = moves.pairs();
    if (pairs.isEmpty()) {
      return;
    }
    int from = width(pairs.stream().map(Moves.Pair::from).toList(), "from");
    int to = width(pairs.stream().map(Moves.Pair::to).toList(), "to");
    line(out, "");
    line(
        out,
        "%s  %s  %9s%s",
        pad("from", from),
        pad("to", to),
        "hosts",
        counted ? "   requests" : "");
    for (Moves.Pair pair : pairs.subList(0, Math.min(pairs.size(), MAX_ROWS))) {
      line(
          out,
          "%s  %s  %9d%s",
          pad(pair.from(), from),
          pad(pair.to(), to),
          pair.hosts(),
          counted
              ? "  %9s".formatted(Plan.shown(Moves.percent(pair.requests(), moves.requests())))
              : "");
    }
    more(out, pairs.size());
  }

  private static void alternatives(StringBuilder out, List<Alternative> alternatives) {
    if (alternatives.isEmpty()) {
      return;
    }
    line(out, "");
    line(out, "cheaper:");
    for (Alternative alternative : alternatives) {
      line(
          out,
          "  %7s  %s (%d hosts)",
          Plan.shown(alternative.percent()),
          alternative.what(),
          alternative.moved());
    }
  }

  private static void more(StringBuilder out, int rows) {
    if (rows > MAX_ROWS) {
      line(out, "and %d more; --json has all", rows - MAX_ROWS);
    }
  }

  private static int width(List<String> cells, String title) {
    return cells.stream()
        .limit(MAX_ROWS)
        .mapToInt(String::length)
        .reduce(title.length(), Math::max);
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  private static String lines(int count) {
    return count == 1 ? "1 line" : count + " lines";
  }

  private static void line(StringBuilder out, String format, Object... values) {
    out.append(String.format(Locale.ROOT, format, values)).append('\n');
  }
}
