// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.client.HandshakeCounters;
import dev.rsp.client.h2.Http2Counters;
import dev.rsp.config.Config;
import dev.rsp.config.Place;
import dev.rsp.config.Slot;
import dev.rsp.exchange.BackendFailure;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.SlotUse;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.metrics.Figures;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.MemoryBudget;
import dev.rsp.usage.Usage;
import dev.rsp.wake.StartCounters;
import dev.rsp.wake.Starter;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Reads the figures of the daemon for Prometheus. Any thread. */
final class DaemonFigures {
  private final Loops loops;
  private final Loads loads;
  private final ConnectionCount connections;
  private final MemoryBudget budget;
  private final Starter starter;
  private final JournalKeeper journal;
  private final CurrentAccessLog accessLog;
  private final CurrentUsage usage;
  private final CertificatesApi certificates;
  private final RequestFigures requests;

  DaemonFigures(
      Loops loops,
      Loads loads,
      ConnectionCount connections,
      MemoryBudget budget,
      Starter starter,
      JournalKeeper journal,
      CurrentAccessLog accessLog,
      CurrentUsage usage,
      CertificatesApi certificates) {
    this.loops = loops;
    this.loads = loads;
    this.connections = connections;
    this.budget = budget;
    this.starter = starter;
    this.journal = journal;
    this.accessLog = accessLog;
    this.usage = usage;
    this.certificates = certificates;
    this.requests = new RequestFigures(loops);
  }

  /**
   * Adds all figures.
   *
   * @param reloads what came of reloads and overrides since the start
   */
  void addTo(Figures figures, InForce now, ReloadLog reloads) {
    figures.gauge(
        "rsp_build_info",
        "Always 1; the labels say which rsp this is.",
        1,
        "version",
        BuildInfo.version(),
        "commit",
        BuildInfo.commit(),
        "java",
        System.getProperty("java.version", "unknown"));
    addConfiguration(figures, now, reloads);
    addTraffic(figures);
    figures.gauge(
        "rsp_client_connections_limit",
        "How many there may be: limits.connections.",
        now.config().limits().connections());
    for (HandshakeCounters.Result result : HandshakeCounters.Result.values()) {
      figures.count(
          "rsp_tls_handshakes",
          "How TLS handshakes of clients ended, since the start of rsp.",
          loops.handshakes(result),
          "result",
          result.label());
    }
    for (Http2Counters.Event event : Http2Counters.Event.values()) {
      figures.count(
          "rsp_http2_events",
          "What happened on connections of HTTP/2 clients, since the start of rsp.",
          loops.http2(event),
          "event",
          event.label());
    }
    addMemory(figures);
    addSlots(figures, now.config());
    requests.addTo(figures, now.config());
    addHosts(figures);
    certificates.addTo(figures);
    figures.count(
        "rsp_access_log_dropped_lines",
        "Lines of the access log that were lost, because its target did not take them.",
        accessLog.dropped());
    ProcessFigures.addTo(figures);
  }

  private void addHosts(Figures figures) {
    figures.gauge("rsp_journal_hosts", "Hosts that the journal knows.", journal.size());
    Usage sums = usage.used();
    if (sums != null) {
      figures.gauge(
          "rsp_usage_hosts", "Hosts with sums of their own in this hour.", sums.hostCount());
      figures.gauge(
          "rsp_usage_write_failed",
          "1 if the files of the usage of hosts could not be written the last time.",
          sums.problem().isEmpty() ? 0 : 1);
    }
    StartCounters starts = starter.counters();
    for (StartCounters.Step step : StartCounters.Step.values()) {
      figures.count(
          "rsp_site_starts",
          "Steps of starts of sleeping sites, since the start of rsp.",
          starts.get(step),
          "step",
          step.name().toLowerCase(Locale.ROOT));
    }
    figures.gauge("rsp_sites_starting", "Sites that are being started.", starter.starting());
    figures.gauge(
        "rsp_requests_waiting_for_sites", "Requests that wait for a start.", starter.waiting());
  }

  private static void addConfiguration(Figures figures, InForce now, ReloadLog reloads) {
    figures.gauge(
        "rsp_config_generation",
        "Which configuration is in force: 1 for that of the start, one more for each reload or override.",
        now.generation());
    figures.gauge(
        "rsp_config_loaded_timestamp_seconds",
        "When it was loaded, in seconds since 1970.",
        now.since().toEpochMilli() / 1000.0);
    addResults(
        figures,
        "rsp_reloads",
        "Reloads since the start, by their result.",
        reloads.results(ReloadLog.Kind.RELOAD));
    addResults(
        figures,
        "rsp_overrides",
        "States of slots that operators have set since the start, by what came of it.",
        reloads.results(ReloadLog.Kind.OVERRIDE));
  }

  private static void addResults(
      Figures figures, String name, String help, ReloadLog.Results results) {
    figures.count(name, help, results.accepted(), "result", "accepted");
    figures.count(name, help, results.refused(), "result", "refused");
  }

  private void addTraffic(Figures figures) {
    figures.gauge("rsp_client_connections", "Open connections of clients.", connections.get());
    figures.gauge("rsp_requests_in_flight", "Requests and tunnels at backends.", loads.inFlight());
    loops
        .endingCounts()
        .forEach(
            (ending, count) ->
                figures.count(
                    "rsp_exchanges",
                    "Exchanges that have ended, by how: see \"How requests end\".",
                    count,
                    "ending",
                    ending));
  }

  private void addMemory(Figures figures) {
    String help = "Memory: buffers in use, their limit, what their pools hold, the Java heap.";
    Runtime java = Runtime.getRuntime();
    figures.gauge("rsp_memory_bytes", help, budget.usedBytes(), "kind", "buffers");
    figures.gauge("rsp_memory_bytes", help, budget.limitBytes(), "kind", "buffers_limit");
    figures.gauge("rsp_memory_bytes", help, loops.allocatedBytes(), "kind", "direct");
    figures.gauge("rsp_memory_bytes", help, java.totalMemory() - java.freeMemory(), "kind", "heap");
  }

  /** Two slots with one address share its counts, so only the first of them has figures. */
  private void addSlots(Figures figures, Config config) {
    Set<Place> seen = new HashSet<>();
    for (Slot slot : config.slots()) {
      figures.gauge(
          "rsp_slot_up",
          "1 if the slot gets requests by its state in the file.",
          slot.isUp() ? 1 : 0,
          "slot",
          slot.name());
      Place place = slot.place();
      if (place == null || !seen.add(place)) {
        continue;
      }
      String[] labels = {"slot", slot.name(), "address", place.text()};
      figures.count("rsp_slot_requests", "Requests that were sent.", loads.requests(place), labels);
      figures.gauge(
          "rsp_slot_in_flight", "Requests and tunnels there now.", loads.inFlight(place), labels);
      Map<BackendFailure, Long> failures = SlotUse.failures(place, loads);
      failures.forEach(
          (reason, count) ->
              figures.count(
                  "rsp_slot_failures",
                  "Requests that failed there, by reason: see \"How backends fail\".",
                  count,
                  "slot",
                  slot.name(),
                  "address",
                  place.text(),
                  "reason",
                  reason.label()));
    }
  }
}
