// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.Foresight.Candidate;
import dev.rsp.lua.ScriptException;
import dev.rsp.route.Asked;
import dev.rsp.route.Decision;
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
 * Compares what a candidate configuration would decide with what the one in force decides, for a
 * share of real requests.
 *
 * <p>Both are asked on a thread of their own, with globals of their own, after the request was
 * routed: a candidate that fails, or runs for ever, changes no answer and delays none. The thread
 * works at most a fifth of the time.
 */
public final class Shadow implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Shadow.class);

  /** Longest work at a time. */
  private static final long TURN_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** A pause of so many times the work that went before it. */
  private static final int REST_FACTOR = 4;

  private static final long LEAST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final long CLOSE_MILLIS = 2_000;

  /** Hosts that are counted, and those that a line names. */
  private static final int COUNTED_HOSTS = 1_000;

  private static final int TOLD_HOSTS = 5;

  private final Candidate settings;
  private final Preview live;

  /** A second copy of the live script, which differs from the first if it throws dice. */
  private final Preview again;

  private final Preview candidate;
  private final Sampler.Aside aside = new Sampler.Aside();
  private final ScheduledExecutorService thread = thread();

  // What follows is the thread's own.
  private final TopHosts differing = new TopHosts(COUNTED_HOSTS);
  private long compared;
  private long differ;
  private long failed;
  private long unsteady;
  private long told;
  private String firstError = "";

  private Shadow(Candidate settings, Preview live, Preview again, Preview candidate) {
    this.settings = settings;
    this.live = live;
    this.again = again;
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
   * Begins to compare, if a configuration names a candidate. One that cannot be loaded is told in
   * the log, and that is all: what is in force does not depend on it. Blocks for the loading.
   */
  public static @Nullable Shadow of(Config config) {
    Candidate settings = config.foresight().candidate();
    if (settings == null) {
      return null;
    }
    try {
      Config other = ConfigLoader.load(settings.file());
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
      log.error("candidate not compared: {}", e.told());
    }
    return null;
  }

  private void begin() {
    thread.schedule(this::turn, LEAST_REST_NANOS, TimeUnit.NANOSECONDS);
    thread.scheduleWithFixedDelay(
        this::tellGuarded, settings.everyMillis(), settings.everyMillis(), TimeUnit.MILLISECONDS);
  }

  /** Puts the requests of one more loop aside for it. Any thread. */
  public Sampler sampler() {
    return new Sampler(settings.share(), aside);
  }

  private void turn() {
    long begin = System.nanoTime();
    try {
      work(begin + TURN_NANOS);
    } catch (RuntimeException | Error e) { // whatever a script made of it
      failed++;
      firstError = firstError.isEmpty() ? e.toString() : firstError;
    }
    long worked = System.nanoTime() - begin;
    try {
      thread.schedule(
          this::turn, Math.max(LEAST_REST_NANOS, REST_FACTOR * worked), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      log.debug("closed");
    }
  }

  private void work(long until) {
    for (Asked request = aside.take(); request != null; request = aside.take()) {
      compare(request);
      if (System.nanoTime() - until > 0) {
        return;
      }
    }
  }

  private void compare(Asked request) {
    compared++;
    Decision other = candidate.decide(request);
    if (other.error() != null) {
      failed++;
      firstError = firstError.isEmpty() ? other.error() : firstError;
    }
    Decision decision = live.decide(request);
    String from = Preview.goal(decision);
    String to = Preview.goal(other);
    if (!decision.pure() && !from.equals(Preview.goal(again.decide(request)))) {
      unsteady++;
    }
    if (!from.equals(to)) {
      differ++;
      differing.add(other.host(), from + " -> " + to);
    }
  }

  /** A task that throws would not be run again. */
  private void tellGuarded() {
    try {
      tell();
    } catch (RuntimeException | Error e) {
      log.error("candidate not reported", e);
    }
  }

  /** Says what was found, if there is anything new to say. */
  private void tell() {
    if (compared == told) {
      return;
    }
    told = compared;
    String hosts =
        differing.top(TOLD_HOSTS).stream()
            .map(top -> top.host() + " " + top.note() + " (" + top.count() + ")")
            .collect(Collectors.joining(", "));
    log.info(
        "candidate file={} compared={} differ={} ({} %) failed={} dropped={} unsteady={}{}{}",
        settings.file(),
        compared,
        differ,
        String.format(Locale.ROOT, "%.1f", Moves.percent(differ, compared)),
        failed,
        aside.dropped(),
        unsteady,
        hosts.isEmpty() ? "" : " most: " + hosts,
        firstError.isEmpty() ? "" : " error: " + firstError);
  }

  /** Compares what still waits, for a short time, says what was found, and ends. */
  @Override
  public void close() {
    try {
      thread.submit(
          () -> {
            work(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS) / 2);
            tell();
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
