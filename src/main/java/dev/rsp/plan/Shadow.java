// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.Safeguards.Candidate;
import dev.rsp.lua.ScriptException;
import dev.rsp.route.Decision;
import dev.rsp.route.RequestSnapshot;
import java.util.Locale;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares the decisions of a candidate configuration with those of the active one, for a sample of
 * real requests.
 *
 * <p>Both run on a separate thread, with separate copies of the scripts, after the request was
 * routed: a candidate that fails or never ends neither changes nor delays a response. The thread is
 * busy for at most a fifth of the time.
 */
public final class Shadow implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Shadow.class);

  /** Maximum time of work without a pause. */
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** Length of a pause, as a multiple of the preceding work. */
  private static final int PAUSE_FACTOR = 4;

  private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long CLOSE_MILLIS = 2_000;

  /** Maximum of hosts that are counted, and of those in a log line. */
  private static final int COUNTED_HOSTS = 1_000;

  private static final int LISTED_HOSTS = 5;

  private final Candidate settings;
  private final Preview live;

  /** A second copy of the live script; its results differ from the first if they are random. */
  private final Preview secondLive;

  private final Preview candidate;
  private final Sampler.SampleQueue samples = new Sampler.SampleQueue();
  private final ScheduledExecutorService thread = thread();

  // Used by the thread only.
  private final TopHosts differing = new TopHosts(COUNTED_HOSTS);
  private long compared;
  private long differ;
  private long failed;
  private long unsteady;
  private long lastReported;
  private String firstError = "";

  private Shadow(Candidate settings, Preview live, Preview secondLive, Preview candidate) {
    this.settings = settings;
    this.live = live;
    this.secondLive = secondLive;
    this.candidate = candidate;
  }

  private static ScheduledExecutorService thread() {
    var executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, "rsp-shadow");
              thread.setDaemon(true);
              return thread;
            });
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    return executor;
  }

  /**
   * Starts the comparison if the configuration has a candidate; else returns null. If the candidate
   * cannot be loaded, only logs that. Blocks while the candidate is loaded.
   */
  public static @Nullable Shadow of(Config config) {
    Candidate settings = config.safeguards().candidate();
    if (settings == null) {
      return null;
    }
    try {
      Config other = ConfigLoader.reload(settings.file(), config);
      var shadow = new Shadow(settings, Preview.of(config), Preview.of(config), Preview.of(other));
      log.info(
          "candidate compared file={} share={} backends={}",
          settings.file(),
          settings.share(),
          other.slots().size());
      shadow.begin();
      return shadow;
    } catch (ConfigException e) {
      log.error("candidate not compared: {} problem(s)", e.problems().size());
      e.problems().forEach(problem -> log.error("{}", problem));
    } catch (ScriptException e) {
      log.error("candidate not compared: {}", e.message());
    }
    return null;
  }

  private void begin() {
    thread.schedule(this::turn, MIN_PAUSE_NANOS, TimeUnit.NANOSECONDS);
    thread.scheduleWithFixedDelay(
        this::reportGuarded, settings.everyMillis(), settings.everyMillis(), TimeUnit.MILLISECONDS);
  }

  /** Creates a sampler for one loop. Any thread. */
  public Sampler sampler() {
    return new Sampler(settings.share(), samples);
  }

  private void turn() {
    long begin = System.nanoTime();
    try {
      work(begin + TURN_NANOS);
    } catch (RuntimeException | Error e) { // any exception is the script's fault
      failed++;
      firstError = firstError.isEmpty() ? e.toString() : firstError;
    }
    long worked = System.nanoTime() - begin;
    try {
      thread.schedule(
          this::turn, Math.max(MIN_PAUSE_NANOS, PAUSE_FACTOR * worked), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("closed");
    }
  }

  private void work(long until) {
    for (RequestSnapshot request = samples.take(); request != null; request = samples.take()) {
      compare(request);
      if (System.nanoTime() - until > 0) {
        return;
      }
    }
  }

  private void compare(RequestSnapshot request) {
    compared++;
    Decision other = candidate.decide(request);
    if (other.error() != null) {
      failed++;
      firstError = firstError.isEmpty() ? other.error() : firstError;
    }
    Decision decision = live.decide(request);
    String from = Preview.targetName(decision);
    String to = Preview.targetName(other);
    if (!decision.pure() && !from.equals(Preview.targetName(secondLive.decide(request)))) {
      unsteady++;
    }
    if (!from.equals(to)) {
      differ++;
      differing.add(other.host(), from + " -> " + to);
    }
  }

  /** Catches exceptions, because a periodic task that throws is not run again. */
  private void reportGuarded() {
    try {
      report();
    } catch (RuntimeException | Error e) {
      log.error("candidate not reported", e);
    }
  }

  /** Logs the result if it has changed. */
  private void report() {
    if (compared == lastReported) {
      return;
    }
    lastReported = compared;
    String hosts =
        differing.top(LISTED_HOSTS).stream()
            .map(top -> top.host() + " " + top.note() + " (" + top.count() + ")")
            .collect(Collectors.joining(", "));
    log.info(
        "candidate file={} compared={} differ={} ({} %) failed={} dropped={} unsteady={}{}{}",
        settings.file(),
        compared,
        differ,
        String.format(Locale.ROOT, "%.1f", Moves.percent(differ, compared)),
        failed,
        samples.dropped(),
        unsteady,
        hosts.isEmpty() ? "" : " most: " + hosts,
        firstError.isEmpty() ? "" : " error: " + firstError);
  }

  /** Compares the queued samples for a limited time, logs the result and stops. */
  @Override
  public void close() {
    try {
      thread.submit(
          () -> {
            work(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS) / 2);
            report();
          });
      thread.shutdown();
      if (!thread.awaitTermination(CLOSE_MILLIS, TimeUnit.MILLISECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RejectedExecutionException e) {
      log.debug("closed before");
    }
  }
}
