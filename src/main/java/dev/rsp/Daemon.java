// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.ListenAddress;
import dev.rsp.config.NameRefresher;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.ReloadGuard;
import dev.rsp.plan.Sampler;
import dev.rsp.plan.Shadow;
import dev.rsp.proxy.ConnectionCount;
import dev.rsp.proxy.Counters;
import dev.rsp.proxy.Listener;
import dev.rsp.proxy.Loads;
import dev.rsp.proxy.ProxyLoop;
import dev.rsp.proxy.Service;
import dev.rsp.proxy.Transport;
import dev.rsp.wake.Starter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
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

  /** How often a stopping daemon looks whether all connections have ended. */
  private static final int STOP_POLL_MILLIS = 20;

  private final Path file;
  private final Transport transport;
  private final ConnectionCount connections = new ConnectionCount();
  private final Starter starter = new Starter();
  private final Loads loads = new Loads();
  private final NameRefresher names = new NameRefresher();

  /** Held during a whole reload, so that there is one at a time. */
  private final Object reloading = new Object();

  private final CountDownLatch stopped = new CountDownLatch(1);

  private final Map<String, Listener> listeners = new LinkedHashMap<>();

  /** All that were ever made: the first serve, those beyond the configured number only finish. */
  private final List<ProxyLoop> loops = new ArrayList<>();

  private final JournalKeeper journal = new JournalKeeper();

  private @Nullable Config config;
  private @Nullable Shadow shadow;
  private boolean stopping;

  Daemon(Path file, Transport transport) {
    this.file = file;
    this.transport = transport;
  }

  /**
   * Reads the file and begins to serve.
   *
   * @throws ConfigException if the file cannot be used or an address cannot be bound; nothing runs
   *     then
   */
  synchronized void start() throws ConfigException {
    Config first = ConfigLoader.load(file);
    shadow = Shadow.of(first);
    apply(first, shadow);
    log.info("Started.  Listening on {}.", listening());
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
      ReloadGuard.check(running, newer, journal::hosts);
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
    }
  }

  /** The configuration in force; null if there is none, or it is coming to its end. */
  private synchronized @Nullable Config running() {
    return stopping ? null : config;
  }

  /** Takes a configuration into force; returns the comparison that is then of no more use. */
  private synchronized @Nullable Shadow replaceBy(Config newer, @Nullable Shadow compared)
      throws ConfigException {
    if (stopping) {
      return compared;
    }
    apply(newer, compared);
    log.info(
        "reloaded file={} backends={} listening on {}", file, newer.slots().size(), listening());
    Shadow before = shadow;
    shadow = compared;
    return before;
  }

  /**
   * Takes a configuration into force: first all that can fail, then what cannot.
   *
   * @throws ConfigException if something failed; all is then as before
   */
  private void apply(Config newer, @Nullable Shadow compared) throws ConfigException {
    List<Listener> opened = new ArrayList<>();
    int before = loops.size();
    try {
      while (loops.size() < newer.loops()) {
        loops.add(new ProxyLoop(transport, loops.size(), connections, starter));
      }
      List<Service> services = services(newer, compared);
      open(newer, opened);
      serve(services);
    } catch (ConfigException e) {
      opened.forEach(Listener::close);
      List<ProxyLoop> added = loops.subList(before, loops.size());
      added.forEach(ProxyLoop::shutDown);
      added.clear();
      throw e;
    }
    config = newer;
    newer.choosing().probe().warnings().forEach(log::warn);
    names.watch(newer);
    swapListeners(newer, opened);
    for (ProxyLoop loop : loops.subList(newer.loops(), loops.size())) {
      loop.execute(loop::retire);
    }
    journal.keep(
        newer.foresight().journal(),
        loops.stream().map(loop -> (JournalKeeper.Source) loop::takeHosts).toList());
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
      for (int i = 0; i < loops.size(); i++) {
        services.add(
            Service.of(newer, loads, compared == null ? Sampler.NONE : compared.sampler()));
      }
    } catch (ScriptException e) {
      String where = e.line() > 0 ? file + ":" + e.line() : file.toString();
      throw new ConfigException(
          ConfigException.Kind.CANNOT_RUN, List.of(where + ": " + e.getMessage()));
    }
    return services;
  }

  /** Binds what is new. */
  private void open(Config newer, List<Listener> opened) throws ConfigException {
    List<String> problems = new ArrayList<>();
    for (int i = 0; i < newer.listen().size(); i++) {
      ListenAddress address = newer.listen().get(i);
      if (listeners.containsKey(address.text())) {
        continue;
      }
      try {
        opened.add(Listener.open(address, active(newer)));
      } catch (IOException e) {
        problems.add(
            "%s: \"%s\" (expected: an address that can be bound: %s)"
                .formatted(newer.listenAt().get(i), address.text(), e.getMessage()));
      }
    }
    if (!problems.isEmpty()) {
      throw new ConfigException(problems);
    }
  }

  private List<ProxyLoop> active(Config newer) {
    return loops.subList(0, newer.loops());
  }

  /** The one swap: when this returns, every loop serves by the new configuration. */
  private void serve(List<Service> services) {
    CountDownLatch swapped = new CountDownLatch(loops.size());
    for (int i = 0; i < loops.size(); i++) {
      ProxyLoop loop = loops.get(i);
      Service service = services.get(i);
      loop.execute(
          () -> {
            loop.serve(service);
            swapped.countDown();
          });
    }
    await(swapped);
  }

  private void swapListeners(Config newer, List<Listener> opened) {
    for (Listener listener : opened) {
      listeners.put(listener.address().text(), listener);
    }
    List<String> kept = newer.listen().stream().map(ListenAddress::text).toList();
    List<ProxyLoop> active = active(newer);
    for (Listener listener : List.copyOf(listeners.values())) {
      if (kept.contains(listener.address().text())) {
        listener.serveBy(active);
      } else {
        listeners.remove(listener.address().text());
        listener.close();
      }
    }
  }

  /**
   * Stops: takes no more connections, lets requests in flight finish for as long as the
   * configuration says, and returns. Called again, it ends the process at once.
   */
  void stop() {
    List<ProxyLoop> stoppingLoops;
    int drainMillis;
    synchronized (this) {
      if (stopping) {
        log.warn("Stopped now.");
        dev.rsp.log.Logging.flush();
        Runtime.getRuntime().halt(0);
      }
      stopping = true;
      Config current = config;
      drainMillis = current == null ? 0 : current.timeouts().drainMillis();
      log.info("stopping connections={} drain_ms={}", connections.get(), drainMillis);
      listeners.values().forEach(Listener::close);
      stoppingLoops = List.copyOf(loops);
    }
    for (ProxyLoop loop : stoppingLoops) {
      loop.execute(loop::drain);
    }
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(drainMillis);
    while (clients(stoppingLoops) > 0 && System.nanoTime() < deadline && pause()) {}
    int left = clients(stoppingLoops);
    if (left > 0) {
      log.warn("drain time is over, closing connections={}", left);
    }
    CountDownLatch closed = new CountDownLatch(stoppingLoops.size());
    for (ProxyLoop loop : stoppingLoops) {
      loop.execute(
          () -> {
            loop.closeAll();
            closed.countDown();
          });
    }
    await(closed);
    journal.close();
    close(shadow);
    stoppingLoops.forEach(ProxyLoop::shutDown);
    names.close();
    starter.close();
    String ended = Counters.summary(stoppingLoops.stream().map(ProxyLoop::counters).toList());
    if (!ended.isEmpty()) {
      log.info("ended {}", ended);
    }
    log.info("memory {}", MemoryUse.summary());
    log.info("Stopped.");
    stopped.countDown();
  }

  /**
   * Logs how much there is of what grows if something leaks, and how exchanges have ended so far.
   */
  void logUse() {
    List<ProxyLoop> all;
    synchronized (this) {
      all = List.copyOf(loops);
    }
    String ended = Counters.summary(all.stream().map(ProxyLoop::counters).toList());
    log.info("status connections={} ended {}", connections.get(), ended.isEmpty() ? "none" : ended);
    log.info("memory {} connections={}", MemoryUse.summary(), connections.get());
  }

  /** Waits until {@link #stop} is done. */
  void awaitStop() {
    await(stopped);
  }

  /** The addresses in force, as the ready line says them. */
  private String listening() {
    List<String> ports = new ArrayList<>();
    List<String> paths = new ArrayList<>();
    for (Listener listener : listeners.values()) {
      String label = listener.label();
      List<String> list = label.startsWith("unix:") ? paths : ports;
      if (!list.contains(label)) {
        list.add(label);
      }
    }
    String text = ports.isEmpty() ? "" : (ports.size() == 1 ? "port " : "ports ") + join(ports);
    return paths.isEmpty() ? text : text + (text.isEmpty() ? "" : " and ") + join(paths);
  }

  private static String join(List<String> words) {
    return words.stream().collect(Collectors.joining(", "));
  }

  private static int clients(List<ProxyLoop> loops) {
    return loops.stream().mapToInt(ProxyLoop::clientCount).sum();
  }

  private static boolean pause() {
    try {
      Thread.sleep(STOP_POLL_MILLIS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
