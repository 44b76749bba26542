// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.exchange.RequestCounts;
import dev.rsp.exchange.SlotTotals;
import dev.rsp.lua.CallCounts;
import dev.rsp.metrics.BusyHosts;
import dev.rsp.metrics.Figures;
import dev.rsp.route.Why;
import dev.rsp.worker.LoopUse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Reads what the loops have counted of requests, and what they have now. Any thread. */
final class RequestFigures {
  /** A loop that does not respond within this time has no figures of the moment. */
  private static final int REPORT_MILLIS = 1000;

  private static final String SLOT = "slot";

  private final Loops loops;

  RequestFigures(Loops loops) {
    this.loops = loops;
  }

  void addTo(Figures figures, Config config) {
    loops
        .requests()
        .forEach(
            (slot, totals) -> {
              if (totals.count() > 0) {
                addSlot(figures, slot, totals);
              }
            });
    for (Why why : Why.values()) {
      figures.count(
          "rsp_routes",
          "Requests by what chose their route.",
          loops.routes(why),
          "why",
          why.text());
    }
    List<Loops.Report> reports = loops.reports(REPORT_MILLIS);
    addReports(figures, config, reports);
    addTopHosts(
        figures, reports.stream().map(one -> one.use().busyHosts()).toList(), config.topHosts());
  }

  /** Names the busiest hosts of all loops, at most so many. */
  static void addTopHosts(Figures figures, List<List<BusyHosts.Host>> loops, int most) {
    for (BusyHosts.Host host : BusyHosts.busiest(loops, most)) {
      figures.gauge(
          "rsp_top_host_requests",
          "Requests of the busiest hosts in the last whole minute: at least so many.",
          host.requests(),
          "host",
          host.host(),
          SLOT,
          host.slot());
    }
  }

  private static void addSlot(Figures figures, String slot, SlotTotals totals) {
    totals.requests(
        (statusClass, ending, count) ->
            figures.count(
                "rsp_requests",
                "Requests that have ended, by slot, class of the status, and how they ended.",
                count,
                SLOT,
                slot,
                "status",
                statusClass,
                "ending",
                ending.label()));
    figures.durations(
        "rsp_request_duration_seconds",
        "From the first octet of a request to its end. Tunnels are left out.",
        totals.duration(),
        SLOT,
        slot);
    figures.durations(
        "rsp_request_first_byte_seconds",
        "From sending the head of a request to the first octet of the answer.",
        totals.firstByte(),
        SLOT,
        slot);
    figures.count(
        "rsp_request_received_bytes",
        "Octets of requests, as clients framed them.",
        totals.requestBytes(),
        SLOT,
        slot);
    figures.count(
        "rsp_response_sent_bytes",
        "Octets of responses, as they were framed for clients.",
        totals.responseBytes(),
        SLOT,
        slot);
    figures.count(
        "rsp_slot_connects",
        "Connections that were begun for a request.",
        totals.connects(),
        SLOT,
        slot);
    figures.count(
        "rsp_slot_retries",
        "Requests that were sent again, because a connection that had served before was closed.",
        totals.retries(),
        SLOT,
        slot);
  }

  private static void addReports(Figures figures, Config config, List<Loops.Report> reports) {
    int cachedHosts = 0;
    CallCounts calls = CallCounts.NONE;
    for (Loops.Report report : reports) {
      LoopUse use = report.use();
      cachedHosts += use.cachedHosts();
      calls = calls.plus(use.calls());
      figures.gauge(
          "rsp_loop_lag_seconds",
          "How long the loop took until it ran a task of this scrape. One that took more than 1 s"
              + " is left out.",
          report.lagNanos() / (double) TimeUnit.SECONDS.toNanos(1),
          "loop",
          Integer.toString(report.number()));
    }
    figures.gauge(
        "rsp_cached_hosts",
        "Hosts whose route is cached, over all loops. One may be in each loop.",
        cachedHosts);
    figures.count("rsp_script_calls", "Calls of functions of the script.", calls.runs());
    String failures = "Calls that failed: by an error, or by the budget of a request.";
    figures.count(
        "rsp_script_failures", failures, calls.failed() - calls.exhausted(), "reason", "error");
    figures.count("rsp_script_failures", failures, calls.exhausted(), "reason", "budget");
    bySlot(config, reports, LoopUse::idle)
        .forEach(
            (slot, count) ->
                figures.gauge(
                    "rsp_slot_idle_connections",
                    "Connections that carry no request now.",
                    count,
                    SLOT,
                    slot));
    bySlot(config, reports, LoopUse::queued)
        .forEach(
            (slot, count) ->
                figures.gauge(
                    "rsp_slot_queued_requests",
                    "Requests that wait until the slot accepts a connection.",
                    count,
                    SLOT,
                    slot));
  }

  /** The sums by slot: 0 for each that has a place, and those of other places in one. */
  private static Map<String, Long> bySlot(
      Config config, List<Loops.Report> reports, Function<LoopUse, Map<Place, Integer>> counts) {
    Map<Place, String> names = new HashMap<>();
    Map<String, Long> sums = new TreeMap<>();
    sums.put(RequestCounts.OTHER, 0L);
    for (Slot slot : config.slots()) {
      Place place = slot.place();
      if (place != null && names.putIfAbsent(place, slot.name()) == null) {
        sums.put(slot.name(), 0L);
      }
    }
    for (Loops.Report report : reports) {
      counts
          .apply(report.use())
          .forEach(
              (place, count) ->
                  sums.merge(
                      names.getOrDefault(place, RequestCounts.OTHER), (long) count, Long::sum));
    }
    return sums;
  }
}
