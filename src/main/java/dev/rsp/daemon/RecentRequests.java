// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.exchange.SlotTotals;
import dev.rsp.metrics.Distribution;
import dev.rsp.metrics.Recent;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the slots were sent lately: rates and percentiles for operators. A thread takes samples of
 * what the loops count, while somebody may ask. Thread-safe.
 */
final class RecentRequests {
  private static final Logger log = LoggerFactory.getLogger(RecentRequests.class);

  /** Five samples for a rate over 10 s; a process without requests is to sleep. */
  private static final int SAMPLE_SECONDS = 2;

  /** Durations take more memory, so a sixth of their minute is enough. */
  private static final int SAMPLES_OF_DURATIONS = 5;

  private static final double MILLIS_PER_SECOND = 1000;
  private static final Map<String, Double> PERCENTILES = percentiles();

  private final Loops loops;
  private @Nullable ScheduledThreadPoolExecutor thread;
  private volatile Recent recent = new Recent();

  RecentRequests(Loops loops) {
    this.loops = loops;
  }

  private static Map<String, Double> percentiles() {
    Map<String, Double> all = new LinkedHashMap<>();
    all.put("p50", 0.5);
    all.put("p95", 0.95);
    all.put("p99", 0.99);
    return all;
  }

  /** Takes samples from now on, or none. */
  synchronized void watch(boolean wanted) {
    ScheduledThreadPoolExecutor running = thread;
    if (wanted && running == null) {
      recent = new Recent();
      var sampling = new Sampling(loops, recent);
      running =
          new ScheduledThreadPoolExecutor(
              1,
              task -> {
                var made = new Thread(task, "figures");
                made.setDaemon(true);
                return made;
              });
      running.scheduleWithFixedDelay(sampling, 0, SAMPLE_SECONDS, TimeUnit.SECONDS);
      thread = running;
    } else if (!wanted && running != null) {
      running.shutdownNow();
      thread = null;
    }
  }

  /** Takes the samples. On its own thread. */
  private static final class Sampling implements Runnable {
    private final Loops loops;
    private final Recent recent;
    private int samples;

    Sampling(Loops loops, Recent recent) {
      this.loops = loops;
      this.recent = recent;
    }

    @Override
    public void run() {
      try {
        recent.sampleCounts(System.nanoTime(), loops.requestCounts());
        if (samples++ % SAMPLES_OF_DURATIONS == 0) {
          Map<String, Distribution> durations = new HashMap<>();
          loops.requests().forEach((slot, totals) -> durations.put(slot, totals.duration()));
          recent.sampleDurations(System.nanoTime(), durations);
        }
      } catch (RuntimeException | Error e) {
        log.error("a sample of the figures failed", e); // the next one may not
      }
    }
  }

  /** What the slots were sent, up to now. */
  Now now() {
    return new Now(loops.requests(), recent, System.nanoTime());
  }

  /** What the slots were sent, up to one moment. Confined to one thread. */
  static final class Now {
    private final Map<String, SlotTotals> totals;
    private final Recent recent;
    private final long nanos;

    private Now(Map<String, SlotTotals> totals, Recent recent, long nanos) {
      this.totals = totals;
      this.recent = recent;
      this.nanos = nanos;
    }

    /**
     * What one slot was sent: {@code rate} in requests a second over the last 10 s, {@code status}
     * with the counts of {@code 1xx} to {@code 5xx}, {@code latency_ms} with {@code p50}, {@code
     * p95} and {@code p99} of the last minute or null without requests, {@code bytes_in} and {@code
     * bytes_out}. As {@code Json} writes it.
     *
     * @param slot its name, or one of those that {@code RequestCounts} has
     */
    Map<String, @Nullable Object> values(String slot) {
      SlotTotals known = totals.get(slot);
      SlotTotals sent = known == null ? new SlotTotals() : known;
      return values(
          sent, recent.rate(slot, sent.count(), nanos), recent.durations(slot, sent.duration()));
    }

    /** The same for all slots together, and the requests that had none. */
    Map<String, @Nullable Object> total() {
      var sum = new SlotTotals();
      var lately = new Distribution();
      double rate = 0;
      for (Map.Entry<String, SlotTotals> one : totals.entrySet()) {
        SlotTotals sent = one.getValue();
        sum.add(sent);
        rate += recent.rate(one.getKey(), sent.count(), nanos);
        lately.add(recent.durations(one.getKey(), sent.duration()));
      }
      return values(sum, rate, lately);
    }

    private static Map<String, @Nullable Object> values(
        SlotTotals sent, double rate, Distribution lately) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      values.put("rate", rounded(rate));
      values.put("status", sent.byStatus());
      values.put("latency_ms", lately.count() == 0 ? null : percentiles(lately));
      values.put("bytes_in", sent.requestBytes());
      values.put("bytes_out", sent.responseBytes());
      return values;
    }

    private static Map<String, @Nullable Object> percentiles(Distribution lately) {
      Map<String, @Nullable Object> values = new LinkedHashMap<>();
      PERCENTILES.forEach(
          (name, share) -> values.put(name, rounded(lately.quantile(share) * MILLIS_PER_SECOND)));
      return values;
    }

    /** To three places: more are noise. */
    private static double rounded(double value) {
      return Math.round(value * MILLIS_PER_SECOND) / MILLIS_PER_SECOND;
    }
  }
}
