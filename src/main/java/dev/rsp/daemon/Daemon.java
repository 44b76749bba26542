// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.admin.ApiReply;
import dev.rsp.admin.Operations;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.HeapNeed;
import dev.rsp.config.ListenAddress;
import dev.rsp.config.NameRefresher;
import dev.rsp.config.RunningCopy;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.Service;
import dev.rsp.exchange.SlotUse;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.log.IoReason;
import dev.rsp.log.Logging;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.Listener;
import dev.rsp.net.MemoryBudget;
import dev.rsp.net.Transport;
import dev.rsp.plan.ReloadGuard;
import dev.rsp.plan.Sampler;
import dev.rsp.plan.SelectTrial;
import dev.rsp.plan.Shadow;
import dev.rsp.wake.Starter;
import dev.rsp.worker.Worker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running proxy: its event loops, its listeners and the active configuration.
 *
 * <p>Call {@link #start} once. After that, all other methods may be called from any thread but an
 * event loop's.
 */
public final class Daemon {
  private static final Logger log = LoggerFactory.getLogger(Daemon.class);

  /** One line for each command that changes something, under a name that logback.xml can pick. */
  private static final Logger audit = LoggerFactory.getLogger("rsp.audit");

  /** The exit status of a process that can no longer serve: EX_SOFTWARE of sysexits.h. */
  static final int BROKEN = 70;

  /** A quarter of what the log queues, so that none of many thousand slots is lost. */
  private static final int LINES_AT_ONCE = 1_000;

  private final Path file;
  private final ConnectionCount connections = new ConnectionCount();
  private final MemoryBudget budget = new MemoryBudget();
  private final Starter starter = new Starter();
  private final Loads loads = new Loads();
  private final NameRefresher names = new NameRefresher();

  /** The lock that is held for a whole reload, so that only one reload runs at a time. */
  private final Object reloading = new Object();

  private final CountDownLatch stopped = new CountDownLatch(1);

  private final ServiceManager manager = ServiceManager.of(System.getenv());
  private final Loops loops;
  private final Listeners listeners = new Listeners(PassedSockets.of(System.getenv()));
  private final JournalKeeper journal = new JournalKeeper();
  private final CurrentAccessLog accessLog = new CurrentAccessLog();
  private final CurrentTraces traces = new CurrentTraces();
  private final CurrentUsage usage = new CurrentUsage(journal::isRegular);
  private final CurrentIssuer issuer = new CurrentIssuer(journal, this::certificateStored);
  private final CurrentCertificates certificates = new CurrentCertificates(issuer);
  private final CurrentOverrides overrides = new CurrentOverrides();
  private final RecentRequests recent;
  private final Operations operations;
  private final CurrentEndpoint control;
  private final CurrentEndpoint admin;

  /** How many reloads and plans use memory, so that a heap that is full may have room again. */
  private final AtomicInteger loading = new AtomicInteger();

  private @Nullable InForce inForce;
  private @Nullable Shadow shadow;

  private final ReloadLog reloads = new ReloadLog();

  /** Set before a stop waits for anything, so that a second stop ends the process at once. */
  private final AtomicBoolean stopping = new AtomicBoolean();

  /**
   * A daemon that does not run yet.
   *
   * @param file the configuration file, which {@link #start} and each {@link #reload} read
   * @param transport how the sockets of clients and backends are served
   */
  public Daemon(Path file, Transport transport) {
    this.file = file;
    this.loops =
        new Loops(number -> watched(new Worker(transport, number, connections, budget, starter)));
    this.recent = new RecentRequests(loops);
    this.operations = operations();
    this.control = CurrentEndpoint.control(operations);
    this.admin = CurrentEndpoint.admin(operations);
  }

  private Operations operations() {
    var shown = new CertificatesApi(certificates, issuer);
    return new DaemonOperations(
        file,
        loops,
        loads,
        connections,
        budget,
        this::inForce,
        stopping::get,
        this::reload,
        recent,
        new DaemonFigures(
            loops, loads, connections, budget, starter, journal, accessLog, usage, shown),
        journal,
        reloads,
        usage::used,
        shown,
        loading,
        overrides::now,
        this::override);
  }

  /** Each command of the API, for tests. */
  Set<String> commands() {
    return operations.routes().patterns();
  }

  /** A certificate was ordered and written. */
  private void certificateStored(Path file) {
    certificates.all().added(file);
  }

  private Worker watched(Worker loop) {
    loop.net().whenBroken(Daemon::halt);
    loop.net().failureLog().whenFailed(this::haltIfHeapExhausted);
    return loop;
  }

  /**
   * Ends the process if its heap is exhausted by what it serves. A reload that exhausts it is
   * refused, and costs no more than the requests that needed memory at that moment.
   */
  private void haltIfHeapExhausted(Throwable cause) {
    if (HeapNeed.isHeapExhausted(cause) && loading.get() == 0) {
      halt("the heap is exhausted");
    }
  }

  /**
   * Ends the process at once because part of it can no longer serve. The service manager restarts
   * it.
   *
   * @param what the cause, for the log
   */
  static void halt(String what) {
    log.error("Exiting with status 70 for a restart: {}.", what);
    Logging.flush();
    Runtime.getRuntime().halt(BROKEN);
  }

  /** For tests: the caller creates the event loops, each by its number. */
  Daemon(Path file, IntFunction<Worker> loops) {
    this.file = file;
    this.loops = new Loops(loops);
    this.recent = new RecentRequests(this.loops);
    this.operations = operations();
    this.control = CurrentEndpoint.control(operations);
    this.admin = CurrentEndpoint.admin(operations);
  }

  /**
   * Reads the file and begins to serve.
   *
   * @param serving runs when connections are accepted, before the ready line is logged
   * @throws ConfigException if the file cannot be used or an address cannot be bound; then nothing
   *     runs
   */
  public void start(Runnable serving) throws ConfigException {
    Config first = begin(serving);
    loading.incrementAndGet();
    try {
      SelectTrial trial = SelectTrial.of(first);
      // Not refused: rsp may be restarted after a crash, and no earlier file would be active.
      trial.problems().forEach(log::error);
      trial.warnings().forEach(log::warn);
    } finally {
      loading.decrementAndGet();
    }
  }

  /** Serves with the file; returns the configuration. */
  private synchronized Config begin(Runnable serving) throws ConfigException {
    InForce started;
    LoadingNotice notice = LoadingNotice.of(file);
    try {
      Config fromFile = ConfigLoader.load(file);
      Config first = overrides.resumed(fromFile);
      shadow = Shadow.of(first);
      started = InForce.first(first, fromFile);
      apply(started, shadow);
    } finally {
      notice.close();
    }
    serving.run();
    log.info("Started.  Listening on {}.", listeners.text());
    manager.logIfUnknown();
    manager.ready("serves " + started.text());
    watch();
    return started.config();
  }

  /** Tells the service manager that the daemon lives, for as long as each loop does its work. */
  private void watch() {
    long everyMillis = manager.aliveEveryMillis();
    if (everyMillis == 0) {
      return;
    }
    Watchdog watchdog =
        new Watchdog(everyMillis, loops::allRespond, manager::alive, System::nanoTime);
    var thread = new Thread(() -> watchdog.run(stopped), "watchdog");
    thread.setDaemon(true);
    thread.start();
  }

  /**
   * Reads the file again and activates it. If that fails, the reason is logged and the active
   * configuration stays. Blocks until the reload is complete; after {@link #stop} it does nothing.
   */
  public void reload() {
    reload("HUP");
  }

  /**
   * The same, with what came of it. With a control socket or an admin endpoint it says which hosts
   * moved, which may take seconds.
   *
   * @param by who asked for it
   */
  private ReloadResult reload(String by) {
    synchronized (reloading) {
      manager.reloading();
      String verdict = "; the last reload was refused: see the log";
      try {
        ReloadResult result = reloadNow();
        verdict = result.accepted() ? "" : verdict;
        InForce now = inForce();
        reloads.add(ReloadLog.Kind.RELOAD, result, now == null ? 0 : now.generation(), by);
        audit.info("audit command=reload by=\"{}\" accepted={}", by, result.accepted());
        return result;
      } finally {
        InForce now = inForce();
        if (now != null && !stopping.get()) {
          manager.ready("serves " + now.text() + verdict);
        }
      }
    }
  }

  private ReloadResult reloadNow() {
    loading.incrementAndGet();
    List<String> problems;
    try {
      Config running = running();
      if (running == null) {
        return ReloadResult.refused(List.of("rsp stops"));
      }
      Config fromFile = reloaded(running);
      Config newer = overrides.appliedTo(fromFile, file);
      // Not under the lock of this object: it may take seconds, and a stop must not wait for it.
      ReloadGuard.check(running, newer, journal::known);
      SelectTrial trial = SelectTrial.of(newer, newer.hasSelect() ? journal.hosts() : List.of());
      trial.throwIfProblem();
      activate(newer, fromFile);
      overrides.forgetNotIn(fromFile);
      trial.warnings().forEach(log::warn);
      List<String> said = new ArrayList<>(newer.warnings());
      said.addAll(trial.warnings());
      // After it is in force, because it may take seconds.
      if (newer.isWatched()) {
        said.add(moved(running, newer));
      }
      return new ReloadResult(true, said);
    } catch (ConfigException e) {
      problems = e.problems();
      logRefusal(problems);
    } catch (OutOfMemoryError e) {
      problems = List.of(file + ": " + HeapNeed.exhausted());
      logRefusal(problems);
    } catch (RuntimeException | Error e) {
      problems = List.of(String.valueOf(cause(e)));
      log.error("reload refused, configuration unchanged: {}", cause(e), e);
    } finally {
      loading.decrementAndGet();
    }
    logInForce("still in force {}");
    return ReloadResult.refused(problems);
  }

  private Config reloaded(Config running) throws ConfigException {
    LoadingNotice notice = LoadingNotice.of(file);
    try {
      return ConfigLoader.reload(file, running);
    } finally {
      notice.close();
    }
  }

  /** Which hosts a reload has moved. It is in force, so it does not fail because of that. */
  private String moved(Config before, Config now) {
    try {
      String moves = ReloadGuard.effect(before, now, journal.hosts());
      return "moved " + (moves.isEmpty() ? "no known host" : moves);
    } catch (ScriptException | OutOfMemoryError e) {
      log.warn("cannot count the hosts that moved: {}", e.toString());
      return "cannot count the hosts that moved: the log says why";
    }
  }

  /** Activates a configuration, and stops comparing with the candidate of the one before. */
  private void activate(Config newer, Config fromFile) throws ConfigException {
    Shadow compared = Shadow.of(newer);
    Shadow unused = compared;
    try {
      unused = replaceBy(newer, fromFile, compared);
    } finally {
      close(unused);
    }
  }

  private ApiReply override(String slot, String state, String by) {
    synchronized (reloading) {
      InForce before = stopping.get() ? null : inForce();
      loading.incrementAndGet();
      try {
        Config fromFile = before == null ? null : before.fromFile();
        ApiReply reply = overrides.set(fromFile, slot, state, by, this::activate);
        ReloadResult result = CurrentOverrides.result(reply, slot, state);
        InForce now = inForce();
        if (result != null && now != null) {
          reloads.add(ReloadLog.Kind.OVERRIDE, result, now.generation(), by);
        }
        return reply;
      } finally {
        loading.decrementAndGet();
      }
    }
  }

  private static void logRefusal(List<String> problems) {
    log.error("reload refused, configuration unchanged: {} problem(s)", problems.size());
    problems.forEach(problem -> log.error("{}", problem));
  }

  private void logInForce(String line) {
    InForce now = inForce();
    if (now != null) {
      log.atInfo().addKeyValue("generation", now.generation()).log(line, now.comparedWith(file));
    }
  }

  /** The innermost cause of a failure: Netty wraps the error of the operating system. */
  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return cause == null || cause == failure ? failure : cause(cause);
  }

  /** The active configuration; null before the start and from the beginning of a stop. */
  private synchronized @Nullable Config running() {
    return stopping.get() || inForce == null ? null : inForce.config();
  }

  private synchronized @Nullable InForce inForce() {
    return inForce;
  }

  /** Activates a configuration; returns the shadow that is no longer used. */
  private synchronized @Nullable Shadow replaceBy(
      Config newer, Config fromFile, @Nullable Shadow compared) throws ConfigException {
    InForce replaced = inForce;
    if (stopping.get() || replaced == null) {
      return compared;
    }
    InForce next = replaced.followedBy(newer, fromFile);
    apply(next, compared);
    log.info(
        "reloaded file={} backends={} listening on {}",
        file,
        newer.slots().size(),
        listeners.text());
    log.atInfo().addKeyValue("generation", next.generation()).log("in force {}", next.text());
    Shadow before = shadow;
    shadow = compared;
    return before;
  }

  /**
   * Activates a configuration: first the steps that can fail, then those that cannot.
   *
   * @throws ConfigException if a step failed; then everything is as before, as it is after any
   *     other exception
   */
  private void apply(InForce next, @Nullable Shadow compared) throws ConfigException {
    Config newer = next.config();
    List<Listener> opened = new ArrayList<>();
    int loopsBefore = loops.count();
    try {
      accessLog.open(newer);
      String shortage = newer.heapNeed(Math.max(loopsBefore, newer.loops())).problem();
      if (shortage != null) {
        throw new ConfigException(
            ConfigException.Kind.CANNOT_RUN, List.of(newer.program().name() + ": " + shortage));
      }
      loops.growTo(newer.loops());
      traces.open(newer);
      usage.open(newer);
      issuer.open(newer); // makes the store, which is one of the folders of certificates
      certificates.open(newer);
      List<Service> services = services(next, compared);
      listeners.open(newer, loops.first(newer.loops()), opened);
      control.open(newer);
      admin.open(newer);
      loops.serve(services);
    } catch (ConfigException | RuntimeException | Error e) {
      undo(loopsBefore, opened, e);
      throw e;
    }
    Config before = running();
    inForce = next;
    if (before == null) {
      logIdentity(newer);
    }
    newer.warnings().forEach(log::warn);
    Descriptors.check(newer);
    // From here on nothing is undone. If one of these steps fails, the others still run.
    finish("names", () -> names.watch(newer));
    finish("listeners", () -> listeners.swap(newer, loops.first(newer.loops()), opened));
    finish("loops", () -> loops.retireAfter(newer.loops()));
    for (Current<?> part : parts()) {
      finish(part.name(), () -> part.use(newer));
    }
    finish("figures", () -> recent.watch(newer.isWatched()));
    finish("journal", () -> journal.configure(newer.safeguards().journal(), loops.hosts()));
    saveCopy(before, newer);
  }

  /** The first line of the log. A start that fails says only why. */
  private void logIdentity(Config first) {
    log.info(
        "{} file={} pid={} listen={}",
        BuildInfo.text(),
        file,
        ProcessHandle.current().pid(),
        first.listen().stream().map(ListenAddress::text).collect(Collectors.joining(",")));
  }

  /** Commands then know what is in force. Without it they only know less. */
  private static void saveCopy(@Nullable Config before, Config newer) {
    try {
      if (before != null && !Objects.equals(RunningCopy.path(before), RunningCopy.path(newer))) {
        RunningCopy.remove(before);
      }
      RunningCopy.save(newer);
    } catch (IOException e) {
      log.warn(
          "the copy of the running configuration is not written, so rsp check cannot compare:"
              + " {}: {}",
          RunningCopy.path(newer),
          IoReason.of(e));
    }
  }

  private void removeCopy() {
    try {
      InForce last = inForce();
      if (last != null) {
        RunningCopy.remove(last.config());
      }
    } catch (IOException e) {
      log.debug("the copy of the running configuration stays", e);
    }
  }

  /** What a configuration replaces beside loops and listeners. */
  private List<Current<?>> parts() {
    return List.of(accessLog, traces, usage, certificates, issuer, control, admin);
  }

  private void undo(int loopsBefore, List<Listener> opened, Throwable failure) {
    List<Runnable> steps = new ArrayList<>();
    parts().forEach(part -> steps.add(part::discard));
    opened.forEach(listener -> steps.add(listener::close));
    steps.add(listeners::undo);
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
      log.error("configuration partially applied: {}: {}", what, cause(e), e);
    }
  }

  private static void close(@Nullable Shadow shadow) {
    if (shadow != null) {
      shadow.close();
    }
  }

  /** One service for each loop, also for the loops that only finish their connections. */
  private List<Service> services(InForce next, @Nullable Shadow compared) throws ConfigException {
    List<Service> services = new ArrayList<>();
    try {
      for (int i = 0; i < loops.count(); i++) {
        services.add(
            Service.of(
                next.config(),
                next.generation(),
                loads,
                compared == null ? Sampler.NONE : compared.sampler(),
                accessLog.opened(),
                traces.opened(),
                usage.opened(),
                certificates.opened() == null ? null : certificates));
      }
    } catch (ScriptException e) {
      throw new ConfigException(ConfigException.Kind.CANNOT_RUN, List.of(e.message()));
    }
    return services;
  }

  /**
   * Stops: accepts no more connections, lets requests in flight finish for at most {@code
   * timeouts.drain}, closes everything, and returns. A second call ends the process at once,
   * whatever the first one waits for.
   */
  public void stop() {
    if (stopping.getAndSet(true)) {
      log.warn("Stopped now.");
      Logging.flush();
      Runtime.getRuntime().halt(0);
    }
    manager.stopping();
    int drainMillis;
    synchronized (this) {
      InForce current = inForce;
      drainMillis = current == null ? 0 : current.config().timeouts().drainMillis();
      log.info("stopping connections={} drain_ms={}", connections.get(), drainMillis);
      step("listeners", listeners::close);
    }
    try {
      step("drain", () -> drain(drainMillis));
      step("connections", loops::closeAll);
      step("access log", this::closeAccessLog);
      step("traces", this::closeTraces);
      step("usage", this::closeUsage);
      step("control", this::closeControl);
      step("figures", () -> recent.watch(false));
      step("journal", journal::close);
      step("copy", this::removeCopy);
      step("candidate", () -> close(shadow));
      step("loops", loops::shutDown);
      step("issuer", this::closeIssuer);
      step("certificates", this::closeCertificates);
      step("names", names::close);
      step("starter", starter::close);
      step("summary", this::logEnd);
      log.info("Stopped.");
    } finally {
      stopped.countDown();
    }
  }

  /** Runs one step of a stop. If it fails, the next steps still run, so that the process ends. */
  private static void step(String what, Runnable step) {
    try {
      step.run();
    } catch (Throwable e) {
      log.error("shutdown step failed: {}: {}", what, cause(e), e);
    }
  }

  private synchronized void closeTraces() {
    traces.close();
  }

  private synchronized void closeControl() {
    control.close();
    admin.close();
  }

  private synchronized void closeAccessLog() {
    loops.flushAccessLog();
    accessLog.close();
  }

  private synchronized void closeUsage() {
    loops.flushUsage();
    usage.close();
  }

  private synchronized void closeIssuer() {
    issuer.close();
  }

  private synchronized void closeCertificates() {
    certificates.close();
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
   * Opens the access log again, as logrotate needs it, and logs the state of the process: how many
   * connections are open, how exchanges have ended so far, how starts of sites have gone, how much
   * memory is used, and what each slot was sent.
   */
  public void logUse() {
    accessLog.reopen();
    String ended = loops.endings();
    log.info("status connections={} ended {}", connections.get(), ended.isEmpty() ? "none" : ended);
    logInForce("in force {}");
    logStarts();
    log.info("memory {} connections={}", memoryUse(), connections.get());
    logSlots();
  }

  /** Logs what each slot was sent, and how it failed. */
  private void logSlots() {
    Config current = running();
    if (current == null) {
      return;
    }
    int lines = 0;
    for (String slot : SlotUse.lines(current, loads)) {
      log.info("{}", slot);
      if (++lines % LINES_AT_ONCE == 0) {
        Logging.flush();
      }
    }
  }

  private String memoryUse() {
    return MemoryUse.summary(loops.allocatedBytes(), budget);
  }

  /** Logs how starts of sites have gone so far, if there were any. */
  private void logStarts() {
    String starts = starter.summary();
    if (!starts.isEmpty()) {
      log.info("starts {}", starts);
    }
  }

  /** Waits until {@link #stop} is complete, or until the thread is interrupted. */
  public void awaitStop() {
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
