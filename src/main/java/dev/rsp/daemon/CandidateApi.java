// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.ApiReply;
import dev.rsp.admin.ApiRequest;
import dev.rsp.admin.Routes;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.Slot;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.Plan;
import dev.rsp.plan.PlanValues;
import dev.rsp.plan.Space;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What operators can ask about a candidate for the configuration. Thread-safe. */
final class CandidateApi {
  private final Supplier<@Nullable InForce> inForce;
  private final JournalKeeper journal;
  private final AtomicInteger loading;
  private final Supplier<Overrides> overrides;

  /** A candidate may take as much memory as the configuration in force, so one at a time. */
  private final ReentrantLock one = new ReentrantLock();

  /**
   * About candidates for what is in force.
   *
   * @param loading how many configurations are loaded now, beside the one in force
   * @param overrides what a reload of the candidate would keep
   */
  CandidateApi(
      Supplier<@Nullable InForce> inForce,
      JournalKeeper journal,
      AtomicInteger loading,
      Supplier<Overrides> overrides) {
    this.overrides = overrides;
    this.inForce = inForce;
    this.journal = journal;
    this.loading = loading;
  }

  void addTo(Routes routes) {
    routes.post("/api/plan", request -> compared(request, this::plan));
    routes.post("/api/space", request -> compared(request, CandidateApi::space));
  }

  /** Compares two configurations. */
  private interface Comparison {
    Map<String, ? extends @Nullable Object> between(Config running, Config newer)
        throws ScriptException;
  }

  private ApiReply compared(ApiRequest request, Comparison comparison) {
    InForce now = inForce.get();
    if (now == null) {
      return ApiReply.error(503, "no configuration is in force");
    }
    if (!one.tryLock()) {
      return ApiReply.error(503, "another candidate is being compared; try again");
    }
    loading.incrementAndGet();
    try {
      Config candidate = ConfigLoader.candidate(request.body(), now.config());
      Config newer = overrides.get().appliedTo(candidate);
      return ApiReply.ok(comparison.between(now.config(), newer));
    } catch (ConfigException e) {
      return problems(e.problems());
    } catch (ScriptException e) {
      return problems(List.of(e.message()));
    } catch (OutOfMemoryError e) {
      return problems(List.of("not enough memory to load the candidate beside what is in force"));
    } finally {
      loading.decrementAndGet();
      one.unlock();
    }
  }

  private static ApiReply problems(List<String> problems) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("problems", problems);
    return new ApiReply(422, values);
  }

  private Map<String, Object> plan(Config running, Config newer) throws ScriptException {
    Plan plan = Plan.of(running, newer, journal.hosts(), (work, done, all) -> {});
    return PlanValues.of(plan, 0, newer.warnings());
  }

  private static Map<String, @Nullable Object> space(Config running, Config newer)
      throws ScriptException {
    Space before = Space.of(running, Space.PARTS);
    Space after = Space.of(newer, Space.PARTS);
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("buckets", Space.PARTS);
    values.put("before", before.slots());
    values.put("after", after.slots());
    values.put("moved", before.movedTo(after));
    values.put("names_after", newer.slots().stream().map(Slot::name).toList());
    return values;
  }
}
