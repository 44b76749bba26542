// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.NameRefresher;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.ReloadGuard;
import dev.rsp.plan.Sampler;
import dev.rsp.plan.Shadow;
import dev.rsp.proxy.ConnectionCount;
import dev.rsp.proxy.Listener;
import dev.rsp.proxy.Loads;
import dev.rsp.proxy.MemoryBudget;
import dev.rsp.proxy.ProxyLoop;
import dev.rsp.proxy.Service;
import dev.rsp.proxy.Transport;
import dev.rsp.wake.Starter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running proxy: loops, listeners and the configuration in force.
 *
 * <p>{@link #start} first; then {@link #reload} and {@link #stop} from any thread.
 */
final class Daemon {
  private static final Logger log = LoggerFactory.getLogger(Daemon.class);

  /** The exit status of a process that can no longer serve: EX_SOFTWARE of sysexits.h. */
  static final int BROKEN = 70;

  private final Path file;
  private final ConnectionCount connections = new ConnectionCount();
  private final MemoryBudget budget = new MemoryBudget();
  private final Starter starter = new Starter();
  private final Loads loads = new Loads();
  private final NameRefresher names = new NameRefresher();

  /** Held during a whole reload, so that there is one at a time. */
  private final Object reloading = new Object();

  private final CountDownLatch stopped = new CountDownLatch(1);

  private final Loops loops;
  private final Listeners listeners = new Listeners();
  private final JournalKeeper journal = new JournalKeeper();

  private @Nullable Config config;
  private @Nullable Shadow shadow;

  /** Set before a stop waits for anything, so that a second one ends the process at once. */
  private final AtomicBoolean stopping = new AtomicBoolean();

  Daemon(Path file, Transport transport) {
    this.file = file;
    this.loops =
        new Loops(
            number -> watched(new ProxyLoop(transport, number, connections, budget, starter)));
  }

  private static ProxyLoop watched(ProxyLoop loop) {
    loop.whenBroken(Daemon::halt);
    return loop;
  }

  /**
   * Ends the process at once because it can no longer serve all that it listens for: the service
   * manager is to start it again.
   */
  static void halt(String what) {
    log.error("Stopped at once, to be started again: {}.", what);
    dev.rsp.log.Logging.flush();
    Runtime.getRuntime().halt(BROKEN);
  }

  /** One whose loops are started by somebody else. */
  Daemon(Path file, IntFunction<ProxyLoop> loops) {
    this.file = file;
    this.loops = new Loops(loops);
  }

  /**
   * Reads the file and begins to serve.
   *
   * @param serving runs before the ready line is written
   * @throws ConfigException if the file cannot be used or an address cannot be bound; nothing runs
   *     then
   */
  synchronized void start(Runnable serving) throws ConfigException {
    Config first = ConfigLoader.load(file);
    shadow = Shadow.of(first);
    apply(first, shadow);
    serving.run();
    log.info("Started.  Listening on {}.", listeners.text());
  }

  /** Reads the file again and serves by it; if that is not possible, all stays as it is. */
  void reload() {
    synchronized (reloading) {
      reloadNow();
    }
  }

  private void reloadNow() {
    try {
      Config running = running();
      if (running == null) {
        return;
      }
      Config newer = ConfigLoader.load(file);
      // Outside of the lock, since it may take seconds, and a stop must not wait for it.
      ReloadGuard.check(running, newer, journal::known);
      Shadow compared = Shadow.of(newer);
      Shadow unused = compared;
      try {
        unused = replaceBy(newer, compared);
      } finally {
        close(unused);
      }
    } catch (ConfigException e) {
      log.error("not reloaded, all stays as it was: {} problem(s)", e.problems().size());
      for (String problem : e.problems()) {
        log.error("{}", problem);
      }
    } catch (RuntimeException | Error e) {
      log.error("not reloaded, all stays as it was: {}", cause(e), e);
    }
  }

  /** What lies behind a failure: Netty wraps what the system said. */
  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return cause == null || cause == failure ? failure : cause(cause);
  }

  /** The configuration in force; null if there is none, or it is coming to its end. */
  private synchronized @Nullable Config running() {
    return stopping.get() ? null : config;
  }

  /** Takes a configuration into force; returns the comparison that is then of no more use. */
  private synchronized @Nullable Shadow replaceBy(Config newer, @Nullable Shadow compared)
      throws ConfigException {
    if (stopping.get()) {
      return compared;
    }
    apply(newer, compared);
    log.info(
        "reloaded file={} backends={} listening on {}",
        file,
        newer.slots().size(),
        listeners.text());
    Shadow before = shadow;
    shadow = compared;
    return before;
  }

  /**
   * Takes a configuration into force: first all that can fail, then what cannot.
   *
   * @throws ConfigException if something failed; all is then as before, as it is after any other
   *     exception
   */
  private void apply(Config newer, @Nullable Shadow compared) throws ConfigException {
    List<Listener> opened = new ArrayList<>();
    int before = loops.count();
    try {
      loops.growTo(newer.loops());
      List<Service> services = services(newer, compared);
      listeners.open(newer, loops.first(newer.loops()), opened);
      loops.serve(services);
    } catch (ConfigException | RuntimeException | Error e) {
      undo(before, opened, e);
      throw e;
    }
    config = newer;
    newer.choosing().probe().warnings().forEach(log::warn);
    // There is no way back from here: what fails must not keep the rest from being done.
    finish("names", () -> names.watch(newer));
    finish("listeners", () -> listeners.swap(newer, loops.first(newer.loops()), opened));
    finish("loops", () -> loops.retireAfter(newer.loops()));
    finish("journal", () -> journal.keep(newer.foresight().journal(), loops.hosts()));
  }

  private void undo(int loopsBefore, List<Listener> opened, Throwable failure) {
    List<Runnable> steps = new ArrayList<>();
    opened.forEach(listener -> steps.add(listener::close));
    steps.add(() -> loops.shrinkTo(loopsBefore));
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException | Error e) {
        failure.addSuppressed(e);
      }
    }
  }

  private static void finish(String what, Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error e) {
      log.error("not all of the file is in force: {}: {}", what, cause(e), e);
    }
  }

  private static void close(@Nullable Shadow shadow) {
    if (shadow != null) {
      shadow.close();
    }
  }

  /** One for each loop; also for those that only finish what they have. */
  private List<Service> services(Config newer, @Nullable Shadow compared) throws ConfigException {
    List<Service> services = new ArrayList<>();
    try {
      for (int i = 0; i < loops.count(); i++) {
        services.add(
            Service.of(newer, loads, compared == null ? Sampler.NONE : compared.sampler()));
      }
    } catch (ScriptException e) {
      throw new ConfigException(ConfigException.Kind.CANNOT_RUN, List.of(e.told()));
    }
    return services;
  }

  /**
   * Stops: takes no more connections, lets requests in flight finish for as long as the
   * configuration says, and returns. Called again, it ends the process at once, whatever the first
   * call waits for.
   */
  void stop() {
    if (stopping.getAndSet(true)) {
      log.warn("Stopped now.");
      dev.rsp.log.Logging.flush();
      Runtime.getRuntime().halt(0);
    }
    int drainMillis;
    synchronized (this) {
      Config current = config;
      drainMillis = current == null ? 0 : current.timeouts().drainMillis();
      log.info("stopping connections={} drain_ms={}", connections.get(), drainMillis);
      step("listeners", listeners::close);
    }
    try {
      step("drain", () -> drain(drainMillis));
      step("connections", loops::closeAll);
      step("journal", journal::close);
      step("candidate", () -> close(shadow));
      step("loops", loops::shutDown);
      step("names", names::close);
      step("starter", starter::close);
      step("summary", this::logEnd);
      log.info("Stopped.");
    } finally {
      stopped.countDown();
    }
  }

  /** One step of a stop: whatever fails, the process ends. */
  private static void step(String what, Runnable step) {
    try {
      step.run();
    } catch (Throwable e) {
      log.error("not stopped in good order: {}: {}", what, cause(e), e);
    }
  }

  private void drain(int drainMillis) {
    int left = loops.drain(drainMillis);
    if (left > 0) {
      log.warn("drain time is over, closing connections={}", left);
    }
  }

  private void logEnd() {
    String ended = loops.endings();
    if (!ended.isEmpty()) {
      log.info("ended {}", ended);
    }
    logStarts();
    log.info("memory {}", memoryUse());
  }

  /**
   * Logs how much there is of what grows if something leaks, and how exchanges have ended so far.
   */
  void logUse() {
    String ended = loops.endings();
    log.info("status connections={} ended {}", connections.get(), ended.isEmpty() ? "none" : ended);
    logStarts();
    log.info("memory {} connections={}", memoryUse(), connections.get());
  }

  private String memoryUse() {
    return MemoryUse.summary(loops.allocatedBytes(), budget);
  }

  /** Logs how starts of sites have gone so far, if there was any. */
  private void logStarts() {
    String starts = starter.summary();
    if (!starts.isEmpty()) {
      log.info("starts {}", starts);
    }
  }

  /** Waits until {@link #stop} is done. */
  void awaitStop() {
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
