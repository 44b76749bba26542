// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.Operations;
import dev.rsp.admin.Routes;
import dev.rsp.config.Config;
import dev.rsp.config.ListenAddress;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.SlotUse;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.metrics.Figures;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.MemoryBudget;
import dev.rsp.usage.Usage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the control socket says and does. Thread-safe. */
final class DaemonOperations implements Operations {
  /** A loop that does not run a task within this time is not alive. */
  private static final int ALIVE_MILLIS = 2000;

  private final Path file;
  private final Loops loops;
  private final Loads loads;
  private final ConnectionCount connections;
  private final MemoryBudget budget;
  private final Supplier<@Nullable InForce> inForce;
  private final Supplier<Boolean> stopping;
  private final Function<String, ReloadResult> reload;
  private final ReloadLog reloads;
  private final Supplier<Overrides> overrides;
  private final RecentRequests recent;
  private final Routes routes;
  private final DaemonFigures figures;

  DaemonOperations(
      Path file,
      Loops loops,
      Loads loads,
      ConnectionCount connections,
      MemoryBudget budget,
      Supplier<@Nullable InForce> inForce,
      Supplier<Boolean> stopping,
      Function<String, ReloadResult> reload,
      RecentRequests recent,
      DaemonFigures figures,
      JournalKeeper journal,
      ReloadLog reloads,
      Supplier<@Nullable Usage> usage,
      CertificatesApi certificates,
      AtomicInteger loading,
      Supplier<Overrides> overrides,
      OverrideApi.Command override) {
    this.file = file;
    this.loops = loops;
    this.loads = loads;
    this.connections = connections;
    this.budget = budget;
    this.inForce = inForce;
    this.stopping = stopping;
    this.reload = reload;
    this.reloads = reloads;
    this.recent = recent;
    var hosts = new HostsSeen(journal::hosts, System::nanoTime);
    this.routes =
        new Api(
                inForce,
                this,
                journal,
                reloads,
                hosts,
                new SlotValues(loads, hosts, recent),
                new UsageValues(usage),
                certificates)
            .routes();
    new CandidateApi(inForce, journal, loading, overrides).addTo(routes);
    this.overrides = overrides;
    new OverrideApi(overrides, override).addTo(routes);
    this.figures = figures;
  }

  @Override
  public boolean isAlive() {
    return loops.allRespond(ALIVE_MILLIS);
  }

  @Override
  public boolean isServing() {
    return inForce.get() != null && !stopping.get();
  }

  @Override
  public List<String> status() {
    List<String> lines = new ArrayList<>();
    lines.add(BuildInfo.text() + " pid=" + ProcessHandle.current().pid() + " " + state());
    InForce now = inForce.get();
    if (now != null) {
      lines.add("in force " + now.comparedWith(file));
      lines.add("listen " + String.join(", ", listen(now.config())));
    }
    lines.addAll(overrides.get().lines());
    lines.add("connections=" + connections.get() + " in_flight=" + loads.inFlight());
    String endings = loops.endings();
    lines.add("ended " + (endings.isEmpty() ? "none" : endings));
    lines.add("memory " + MemoryUse.summary(loops.allocatedBytes(), budget));
    if (now != null) {
      lines.addAll(SlotUse.lines(now.config(), loads));
    }
    return lines;
  }

  private String state() {
    return !stopping.get()
        ? "serves"
        : "stops: waits for " + connections.get() + " connections, or for timeouts.drain";
  }

  private static List<String> listen(Config config) {
    return config.listen().stream().map(ListenAddress::text).toList();
  }

  @Override
  public Map<String, @Nullable Object> values() {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("version", BuildInfo.version());
    all.put("commit", BuildInfo.commit());
    all.put("java", System.getProperty("java.version"));
    all.put("pid", ProcessHandle.current().pid());
    all.put("serving", isServing());
    all.put("file", file.toString());
    InForce now = inForce.get();
    if (now != null) {
      all.put("generation", now.generation());
      all.put("since", now.since().toString());
      all.put("digest", now.config().program().fingerprint());
      all.put("listen", listen(now.config()));
    }
    all.put("overrides", overrides.get().values());
    all.put("connections", connections.get());
    all.put("in_flight", loads.inFlight());
    all.put("endings", loops.endingCounts());
    all.put("memory_bytes", loops.allocatedBytes());
    if (now != null) {
      List<Map<String, @Nullable Object>> slots = SlotUse.values(now.config(), loads);
      RecentRequests.Now lately = recent.now();
      slots.forEach(slot -> slot.putAll(lately.values(String.valueOf(slot.get("name")))));
      all.put("slots", slots);
    }
    return all;
  }

  @Override
  public byte[] configuration() {
    InForce now = inForce.get();
    return now == null ? new byte[0] : now.config().program().source();
  }

  @Override
  public Figures.Text metrics(@Nullable String accept) {
    var all = new Figures();
    InForce now = inForce.get();
    if (now != null) {
      figures.addTo(all, now, reloads);
    }
    return all.text(accept);
  }

  @Override
  public long reloads() {
    return reloads.count();
  }

  @Override
  public List<Map<String, @Nullable Object>> reloadsSince(long seen) {
    return reloads.since(seen);
  }

  @Override
  public Routes routes() {
    return routes;
  }

  @Override
  public Verdict reload(String peer) {
    ReloadResult result = reload.apply(peer);
    List<String> lines = new ArrayList<>(result.lines());
    InForce now = inForce.get();
    if (now != null) {
      lines.add((result.accepted() ? "in force " : "still in force ") + now.comparedWith(file));
    }
    return new Verdict(result.accepted(), lines);
  }
}
