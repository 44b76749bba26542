// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.rsp.access.AccessLog;
import dev.rsp.access.AccessLogSettings;
import dev.rsp.config.Config;
import dev.rsp.config.ListenOptions;
import dev.rsp.config.Place;
import dev.rsp.exchange.Counters;
import dev.rsp.exchange.Ending;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.Service;
import dev.rsp.lua.ScriptException;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.DeadlineWheel;
import dev.rsp.net.LoopMemory;
import dev.rsp.net.MemoryBudget;
import dev.rsp.net.NetLoop;
import dev.rsp.net.Transport;
import dev.rsp.net.tls.CertificateSource;
import dev.rsp.referee.Violation;
import dev.rsp.route.RequestSampler;
import dev.rsp.trace.Traces;
import dev.rsp.usage.RegularHosts;
import dev.rsp.usage.Usage;
import dev.rsp.usage.UsageSettings;
import dev.rsp.wake.Starter;
import io.netty.channel.Channel;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import io.netty.channel.ManualIoEventLoop;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A proxy of one loop on {@link EmbeddedSocket}s: no kernel, no thread and no clock but the test's,
 * so that it decides in which order everything happens, and when.
 *
 * <p>The loop is a real one, but its I/O handler tells of what the test has done, in that order,
 * and its time passes when the test says so. As with {@link Rig}, all that is written goes past a
 * referee. {@link #close} fails if a byte of it is wrong, if an exchange ended otherwise than by
 * {@link #expectEndings}, or if a connection, a buffer or an error in the log is left. Hosts that
 * start with "b" go to the second backend, all others to the first.
 */
final class EmbeddedRig implements AutoCloseable {
  /** Nothing that a test does takes as many. */
  private static final int MAX_TURNS = 10_000;

  private final MockTicker clock = Ticker.newMockTicker();
  private final Set<EmbeddedSocket> ready = new LinkedHashSet<>();
  private final List<EmbeddedPeer> clients = new ArrayList<>();
  private final List<EmbeddedPeer> backends = new ArrayList<>();

  /** Connections that were asked for, and that the test has not looked at. */
  private final Queue<EmbeddedPeer> asked = new ArrayDeque<>();

  /** Where all buffers are from. It counts, so that nothing can hide from {@link #close}. */
  private final CountingAllocator allocator = new CountingAllocator();

  private final MemoryBudget budget = new MemoryBudget();
  private final ConnectionCount connections = new ConnectionCount();
  private final Loads loads;

  /** Places that a configuration has listed, of which the loads keep an entry. */
  private final Set<Place> listed = new HashSet<>();

  private final List<String> errors = new ArrayList<>();
  private final ErrorWatch watch = new ErrorWatch();
  private final ManualIoEventLoop hand;
  private final Worker loop;
  private @Nullable AccessLog accessLog;
  private @Nullable Traces traces;
  private @Nullable Usage usage;
  private @Nullable CertificateSource certificates;
  private boolean acceptsAtOnce;
  private @Nullable Error openFailure;
  private @Nullable RuntimeException refusal;
  private @Nullable Error optionFailure;
  private boolean backendsAreJudged = true;
  private final Set<EmbeddedPeer> unjudged = new HashSet<>();
  private String endings = "";
  private long nowMillis;

  /** The number of the configuration in force. */
  private long generation;

  /** Starts with more lines of the configuration file. */
  EmbeddedRig(String... lines) throws Exception {
    this(config(lines));
  }

  /** Starts with a configuration. */
  EmbeddedRig(Config config) throws ScriptException {
    this(config, new Loads());
  }

  /** The same, with the loads of another loop. */
  EmbeddedRig(Config config, Loads loads) throws ScriptException {
    this.loads = loads;
    root().addAppender(watch);
    watch.start();
    hand = new ManualIoEventLoop(null, Thread.currentThread(), executor -> new Events(), clock);
    // The transport is for listeners, of which there are none.
    var memory = new LoopMemory(budget, allocator, allocator::usedBytes);
    loop =
        new Worker(
            new NetLoop(Transport.NIO, unix -> open(), hand, memory), connections, new Starter());
    serve(config);
  }

  /** Traces requests from the next configuration on. */
  void trace(Traces newer) {
    traces = newer;
  }

  /** Takes a configuration into force. */
  void serve(Config config) throws ScriptException {
    config.slots().forEach(slot -> listed.add(slot.place()));
    AccessLogSettings settings = config.accessLog();
    if (settings != null && (accessLog == null || !accessLog.settings().equals(settings))) {
      closeAccessLog();
      try {
        accessLog = AccessLog.open(settings);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    AccessLog used = settings == null ? null : accessLog;
    UsageSettings wanted = config.usage();
    if (wanted != null && (usage == null || !usage.isOf(wanted))) {
      closeUsage();
      try {
        usage = Usage.open(wanted, RegularHosts.NONE);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    Usage sums = wanted == null ? null : usage;
    loop.serve(
        Service.of(
            config, ++generation, loads, RequestSampler.NONE, used, traces, sums, certificates));
  }

  /** From now on handshakes get their certificates here. */
  void certificates(CertificateSource source) {
    certificates = source;
  }

  /** Ends the access log when it has all lines so far. */
  void closeAccessLog() {
    loop.flushAccessLog();
    if (accessLog != null) {
      accessLog.close();
    }
    accessLog = null;
  }

  /** Ends the use of hosts when its files have all so far. */
  void closeUsage() {
    loop.flushUsage();
    if (usage != null) {
      usage.close();
    }
    usage = null;
  }

  /** A configuration with more lines in its file. */
  static Config config(String... lines) throws Exception {
    return Rig.config("127.0.0.1", 1, 2, lines);
  }

  /** A client whose connection was accepted. */
  EmbeddedPeer client() {
    var client = new EmbeddedPeer(this, true);
    clients.add(client);
    loop.adopt(client.socket(), ListenOptions.PLAIN);
    rest();
    return client;
  }

  /** A client with this address, which has sent something. */
  EmbeddedPeer clientFrom(SocketAddress address, String text) {
    EmbeddedPeer client = clientFrom(address, ListenOptions.PLAIN);
    client.send(text);
    rest();
    return client;
  }

  /** A client with this address, of a listen address with these options. */
  EmbeddedPeer clientFrom(SocketAddress address, ListenOptions options) {
    var client = new EmbeddedPeer(this, true);
    clients.add(client);
    client.socket().comesFrom(address);
    if (options.http2() || options.tls()) {
      unjudged.add(client);
    }
    loop.adopt(client.socket(), options);
    rest();
    return client;
  }

  /** The same on a listen address with options. With TLS or HTTP/2 no referee judges it. */
  EmbeddedPeer client(ListenOptions options) {
    var client = new EmbeddedPeer(this, true);
    clients.add(client);
    if (options.http2() || options.tls()) {
      unjudged.add(client);
    }
    loop.adopt(client.socket(), options);
    rest();
    return client;
  }

  /** A client that has sent something. */
  EmbeddedPeer client(String text) {
    EmbeddedPeer client = client();
    client.send(text);
    rest();
    return client;
  }

  private Channel open() {
    if (refusal != null) {
      RuntimeException failure = refusal;
      refusal = null;
      throw failure;
    }
    if (openFailure != null) {
      Error failure = openFailure;
      openFailure = null;
      throw failure;
    }
    var backend = new EmbeddedPeer(this, false);
    backends.add(backend);
    backend.socket().options.failure = optionFailure;
    if (optionFailure != null) {
      optionFailure = null;
      return backend.socket();
    }
    if (acceptsAtOnce) {
      backend.accept();
    } else {
      asked.add(backend);
    }
    return backend.socket();
  }

  /** The next socket to a backend cannot be made: an error is thrown that no code expects. */
  void failOpening(Error failure) {
    openFailure = failure;
  }

  /** The system refuses the next socket to a backend. */
  void refuseOpening(RuntimeException failure) {
    refusal = failure;
  }

  /** The same for the next socket's first option, when a connection has been made for it. */
  void failSettingOptions(Error failure) {
    optionFailure = failure;
  }

  /** From here on the test has no say in connections: backends accept them all. */
  void acceptAtOnce() {
    acceptsAtOnce = true;
  }

  /** The next connection that is asked for, and that a backend is yet to accept. */
  EmbeddedPeer connecting() {
    rest();
    EmbeddedPeer next = asked.poll();
    assertNotNull(next, "no connection is asked for");
    return Objects.requireNonNull(next);
  }

  /** The next connection that is asked for, which a backend accepts. */
  EmbeddedPeer backend() {
    EmbeddedPeer next = connecting();
    next.accept();
    rest();
    return next;
  }

  /** The same if a connection is asked for, else null. */
  @Nullable EmbeddedPeer backendIfAsked() {
    rest();
    return asked.isEmpty() ? null : backend();
  }

  /** Refuses the next connection if one is asked for; says whether one was. */
  boolean refusedIfAsked() {
    rest();
    EmbeddedPeer next = asked.poll();
    if (next != null) {
      next.refuse();
      rest();
    }
    return next != null;
  }

  /** An answer comes over all connections to backends: the loop asked over one that was idle. */
  void answerOverIdle(String answer) {
    rest();
    backends.stream().filter(EmbeddedPeer::isOpen).forEach(backend -> backend.send(answer));
    rest();
  }

  /** Backends do not speak HTTP, of which the referee knows. */
  void leaveBackendsUnjudged() {
    backendsAreJudged = false;
  }

  /** Nobody asks for a connection. */
  void expectNoConnect() {
    rest();
    assertEquals(0, asked.size(), "connections asked for");
  }

  // Turns and time -------------------------------------------------------------------------------

  /** An event of a socket that the loop is to be told of. */
  void ready(EmbeddedSocket socket) {
    ready.add(socket);
  }

  /** Lets the loop do what has come since its last turn; false if there was nothing. */
  boolean turn() {
    return hand.runNow() > 0;
  }

  /** Lets the loop do all that what has happened brings about. */
  void rest() {
    int turns = 0;
    while (turn()) {
      assertTrue(++turns < MAX_TURNS, "the loop does not come to rest");
    }
  }

  /** Lets time pass, with a turn of the loop wherever its timer wants one. */
  void pass(int millis) {
    rest();
    int left = millis;
    while (left > 0) {
      int tick = DeadlineWheel.TICK_MILLIS;
      int step = (int) Math.min(left, tick - nowMillis % tick);
      lapse(step);
      left -= step;
      rest();
    }
  }

  /** Lets time pass; returns how often timers woke the loop meanwhile. */
  int wakeUps(int millis) {
    rest();
    int count = 0;
    for (int left = millis; left > 0; left -= DeadlineWheel.TICK_MILLIS) {
      lapse(DeadlineWheel.TICK_MILLIS);
      if (turn()) {
        count++;
        rest();
      }
    }
    return count;
  }

  /** Lets time pass without a turn of the loop. */
  void lapse(int millis) {
    clock.advanceMillis(millis);
    nowMillis += millis;
  }

  /**
   * Lets time pass to the last millisecond of a tick. A deadline that is armed then is over a
   * millisecond after its time, and else up to a tick after it.
   */
  void passToEndOfTick() {
    pass((int) (DeadlineWheel.TICK_MILLIS - 1 - nowMillis % DeadlineWheel.TICK_MILLIS));
  }

  /** All clients break their connections. */
  void leave() {
    clients.forEach(EmbeddedPeer::reset);
    rest();
  }

  // What is left ---------------------------------------------------------------------------------

  Worker loop() {
    return loop;
  }

  /** What is counted of requests in flight. */
  Loads loads() {
    return loads;
  }

  CountingAllocator allocator() {
    return allocator;
  }

  /** Lets buffers have so much memory. It is looked at in the next tick. */
  void limitMemory(long bytes) {
    budget.limit(bytes);
  }

  /** How many bytes the buffers have that are held. */
  long held() {
    rest();
    return allocator.usedBytes();
  }

  /** These exchanges have ended, as {@link Counters#summary} says it, and no other will. */
  void expectEndings(String summary) {
    rest();
    endings = summary;
    assertEquals(summary, summary());
  }

  /** Whatever ended an exchange until now is as it should be. */
  void acceptEndings() {
    rest();
    endings = summary();
  }

  /** The errors that were logged so far, which are no fault then. */
  List<String> takeErrors() {
    rest();
    List<String> taken = List.copyOf(errors);
    errors.clear();
    return taken;
  }

  /** How many exchanges have ended. */
  long ended() {
    rest();
    return Arrays.stream(Ending.values()).mapToLong(loop.counters()::get).sum();
  }

  /** All endings that are not zero. */
  String summary() {
    return Counters.summary(List.of(loop.counters()));
  }

  /** Ends all peers, in good order, and looks at what is left. */
  @Override
  public void close() {
    try {
      asked.forEach(EmbeddedPeer::refuse);
      clients.forEach(EmbeddedPeer::takesAll);
      clients.forEach(EmbeddedPeer::end);
      rest();
      backends.forEach(EmbeddedPeer::end);
      rest();
      loop.drain();
      rest();
      List<EmbeddedPeer> peers = new ArrayList<>(clients);
      peers.addAll(backends);
      assertEquals(endings, summary(), "endings");
      assertEquals(0, peers.stream().filter(EmbeddedPeer::isOpen).count(), "open channels");
      assertEquals(0, loop.clientCount(), "clients left");
      assertEquals(0, connections.get(), "connections counted");
      assertEquals(0, loads.inFlight(), "requests counted");
      assertEquals(listed.size(), loads.places(), "places that are known");
      loop.shutDown();
      hand.runNonBlockingTasks(0); // by its turns it would end only when real time has passed
      assertEquals(0, allocator.usedBytes(), "bytes held");
      List<Violation> violations = new ArrayList<>();
      for (EmbeddedPeer peer : peers) {
        Violation violation = peer.verdict();
        boolean judged = backendsAreJudged || clients.contains(peer);
        if (violation != null && judged && !unjudged.contains(peer)) {
          violations.add(violation);
        }
      }
      assertEquals(List.of(), violations, "what the proxy must not have written");
      assertEquals(List.of(), errors, "logged");
    } finally {
      closeUsage();
      closeAccessLog();
      root().detachAppender(watch);
    }
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  /** Remembers what would be a fault of the proxy: its errors, and what Netty warns of. */
  private final class ErrorWatch extends AppenderBase<ILoggingEvent> {
    @Override
    protected void append(ILoggingEvent event) {
      boolean netty = event.getLoggerName().startsWith("io.netty");
      if (event.getLevel().isGreaterOrEqual(netty ? Level.WARN : Level.ERROR)) {
        errors.add(event.getFormattedMessage());
      }
    }
  }

  /** The part of a kernel that a loop asks what has happened. */
  private final class Events implements IoHandler {
    @Override
    public int run(IoHandlerContext context) {
      // What is told may make other sockets ready: that is for the next turn.
      List<EmbeddedSocket> told = new ArrayList<>(ready);
      ready.clear();
      told.forEach(EmbeddedSocket::tell);
      return told.size();
    }

    @Override
    public IoRegistration register(IoHandle handle) {
      throw new IllegalStateException("not an embedded socket");
    }

    @Override
    public void wakeup() {
      // The test wakes it.
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
      return false;
    }
  }
}
