// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.rsp.log.IoReason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The orders of one configuration: takes wishes, and lets hosts go from the question whether they
 * are allowed ({@link Questions}) through the queue ({@link OrderQueue}) to the order ({@link
 * OrderRun}), and later from {@link Renewals} the same way. Thread-safe.
 */
final class Orders implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Orders.class);

  private static final long THREAD_IDLE_SECONDS = 10;

  /** How often it is tried to become the process that orders. */
  private static final long LOCK_MILLIS = 100;

  /** A process, or a configuration, that ends its orders takes about as long. */
  private static final int LOCK_TRIES = 30;

  /** The clock may be changed meanwhile. */
  private static final long MOST_SLEEP_MILLIS = TimeUnit.MINUTES.toMillis(1);

  private static final long LEAST_SLEEP_MILLIS = 10;

  /** If the CA fails for the same host again and again, the host may be the cause. */
  private static final int MOST_INTERRUPTIONS = 3;

  /** More handshakes than an rsp holds open are not waiting: something is stuck. */
  private static final int MAX_WISHES = 100_000;

  private static final String CLOSED = "rsp is stopping, or its configuration has changed";

  private final AcmeSettings settings;
  private final Clock clock;
  private final CertificateStore store;
  private final OrderRun run;
  private final OrderBook book;
  private final Counts counts;
  private final Consumer<Path> stored;
  private final Questions questions;
  private final ThreadPoolExecutor workers;
  private final ScheduledThreadPoolExecutor timer;

  /** What loops want, until the timer looks at it. */
  private final Queue<Wish> wishes = new ConcurrentLinkedQueue<>();

  private final AtomicInteger wishCount = new AtomicInteger();

  // All that follows is guarded by this; the hosts only when the store is open.

  private final Pauses pauses;
  private final Hosts hosts;
  private final OrderQueue queue;
  private final Renewals renewals;
  private final HeldDomains heldDomains = new HeldDomains();
  private int lockTries;
  private long lastMillis;
  private boolean opened;
  private boolean closed;
  private @Nullable ScheduledFuture<?> wake;

  /** A host that is wanted, and who wants it. */
  private record Wish(String host, Consumer<@Nullable String> done) {}

  /**
   * Orders with these settings, after {@link #start}.
   *
   * @param stored hears of each certificate that was written, by the path of its chain
   * @param clock for what is kept over restarts
   * @param ticker for what is not: it does not jump
   */
  Orders(
      AcmeSettings settings,
      Allow allow,
      Authorities authorities,
      Challenges challenges,
      Counts counts,
      Consumer<Path> stored,
      Clock clock,
      Ticker ticker) {
    this.settings = settings;
    this.counts = counts;
    this.stored = stored;
    this.clock = clock;
    String account = AccountId.of(settings.directory());
    var budget = new Budget(settings.orders(), TimeUnit.SECONDS.toMillis(settings.perSeconds()));
    var pause = new Pause();
    pauses = new Pauses(pause);
    hosts = new Hosts(account, budget, pause);
    queue = new OrderQueue(settings, account, budget, pauses);
    questions = new Questions(allow, counts, ticker);
    renewals = new Renewals(hosts, account, questions);
    workers =
        new ThreadPoolExecutor(
            OrderQueue.MAX_RUNNING,
            OrderQueue.MAX_RUNNING,
            THREAD_IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> thread(task, "acme-order"));
    workers.allowCoreThreadTimeOut(true);
    timer = new ScheduledThreadPoolExecutor(1, task -> thread(task, "acme"));
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    store = new CertificateStore(settings.store());
    var orderLog = new OrderLog(store.log());
    run = new OrderRun(settings, account, store, orderLog, authorities, challenges, clock, timer);
    book = new OrderBook(store, orderLog, run);
  }

  private static Thread thread(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Begins to read the store. Does not block. */
  void start() {
    timer.execute(this::open);
  }

  AcmeSettings settings() {
    return settings;
  }

  /** Uses another rule from now on. */
  void allow(Allow next) {
    questions.use(next);
  }

  // The store -------------------------------------------------------------------------------------

  private void open() {
    String problem;
    try {
      if (!isClosed() && book.take()) {
        load();
        return;
      }
      if (++lockTries < LOCK_TRIES) {
        openLater(LOCK_MILLIS);
        return;
      }
      problem = "another process orders certificates for " + settings.store();
    } catch (IOException e) {
      problem = "the store " + settings.store() + " cannot be used: " + IoReason.of(e);
    }
    notOpened(problem);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Reads the log, and asks for the hosts that were wanted meanwhile. */
  private void load() {
    try {
      book.load(hosts, clock.millis());
    } catch (IOException e) {
      notOpened("the log of orders " + store.log() + " cannot be used: " + IoReason.of(e));
      return;
    } catch (RuntimeException e) {
      log.error("the store {} cannot be read", settings.store(), e);
      notOpened("the store " + settings.store() + " cannot be read");
      return;
    }
    synchronized (this) {
      lastMillis = clock.millis();
      renewals.planAll(lastMillis);
      pauses.storeOpened();
      opened = true;
    }
    questions.hosts().forEach(this::ask);
    tick();
  }

  private void notOpened(String problem) {
    List<Consumer<@Nullable String>> waiting;
    synchronized (this) {
      if (closed) {
        return;
      }
      long millis = pauses.storeNotOpened(problem, clock.millis());
      waiting = questions.removeAll();
      openLater(lockTries >= LOCK_TRIES ? LOCK_MILLIS : millis);
    }
    answer(waiting, problem);
  }

  private synchronized void openLater(long millis) {
    if (!closed) {
      timer.schedule(this::open, millis, TimeUnit.MILLISECONDS);
    }
  }

  // Wishes ----------------------------------------------------------------------------------------

  /** As {@link Issuer#want}: a loop only leaves its wish, because it must not wait for the lock. */
  void want(String host, Consumer<@Nullable String> done) {
    if (wishCount.incrementAndGet() > MAX_WISHES) {
      wishCount.decrementAndGet();
      counts.countRefused();
      done.accept("too many handshakes wait for certificates");
      return;
    }
    wishes.add(new Wish(host, done));
    try {
      timer.execute(this::takeWishes);
    } catch (RejectedExecutionException e) {
      takeWishes(); // it is closed: they are refused
    }
  }

  private void takeWishes() {
    for (Wish wish = wishes.poll(); wish != null; wish = wishes.poll()) {
      wishCount.decrementAndGet();
      take(wish.host, wish.done);
    }
  }

  private void take(String host, Consumer<@Nullable String> done) {
    String reason;
    boolean ask = false;
    synchronized (this) {
      long now = clock.millis();
      HostState state = opened ? hosts.get(host) : null;
      reason = refusal(host, state, now);
      if (reason == null && state != null && !state.isIdle()) {
        state.await(done);
        return;
      }
      if (reason == null && state != null && state.isServed(now)) {
        verify(state, done);
        return;
      }
      if (reason == null) {
        boolean isNew = questions.add(host, List.of(done));
        if (isNew) {
          arrange(now);
        }
        ask = isNew && opened;
      }
    }
    if (reason != null) {
      answer(List.of(done), reason);
    } else if (ask) {
      ask(host);
    }
  }

  private @Nullable String refusal(String host, @Nullable HostState state, long now) {
    if (closed) {
      return CLOSED;
    }
    if (!opened && pauses.storeProblem() != null) {
      return pauses.storeProblem();
    }
    if (state != null && state.phase() == HostState.Phase.QUEUED) {
      return queue.blockage(now);
    }
    if (state != null && state.isIdle() && state.isHeld(now) && !state.isServed(now)) {
      return failure(state);
    }
    if (!questions.has(host) && (questions.size() >= settings.maxQueued() || queue.isFull())) {
      return tooMany();
    }
    return null;
  }

  private static String failure(HostState state) {
    return "%s (failures: %d, next try: %s)"
        .formatted(state.problem(), state.failures(), time(state.retryMillis()));
  }

  private String tooMany() {
    counts.countRefused();
    return "too many hosts wait for certificates (" + settings.maxQueued() + ")";
  }

  private static Instant time(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS);
  }

  /** Looks whether a certificate that should be there can be served. */
  private void verify(HostState host, Consumer<@Nullable String> done) {
    host.await(done);
    host.phase(HostState.Phase.ORDERING);
    timer.execute(
        () -> {
          boolean usable = run.isUsable(host.name());
          List<Consumer<@Nullable String>> waiting;
          boolean ask = false;
          synchronized (this) {
            host.phase(HostState.Phase.IDLE);
            waiting = host.takeWaiting();
            if (!usable && !closed) {
              ask = questions.add(host.name(), waiting);
              waiting = List.of();
            }
          }
          if (ask) {
            log.warn("stored certificate cannot be served host={}: ordered again", host.name());
            ask(host.name());
          }
          answer(waiting, usable ? null : CLOSED);
        });
  }

  private void ask(String host) {
    questions.ask(host, answer -> answered(host, answer));
  }

  private void answered(String host, Allow.Answer answer) {
    String reason;
    Questions.Question question;
    synchronized (this) {
      question = questions.remove(host);
      if (question == null || closed) {
        return; // too late
      }
      reason =
          switch (answer) {
            case YES -> queue(host, question);
            case NO -> "certificates are not allowed for this host";
            case UNKNOWN -> "it could not be asked whether certificates are allowed for this host";
          };
      if (reason != null && question.renewal() && answer != Allow.Answer.YES) {
        renewals.postpone(host, answer, reason, clock.millis());
      }
      pump();
    }
    if (reason != null) {
      answer(question.waiting(), reason);
    }
  }

  /** Queues a host that is allowed; returns what those who wait are told at once. */
  private @Nullable String queue(String host, Questions.Question question) {
    long now = clock.millis();
    String held = heldDomains.reason(host, now);
    if (held != null) {
      return held;
    }
    if (!question.renewal() && queue.isFull()) {
      return tooMany();
    }
    HostState state = hosts.getOrAdd(host);
    if (state.isIdle() && state.isHeld(now)) {
      return failure(state);
    }
    if (state.isIdle()) {
      queue.add(state, question.renewal());
    }
    String blockage = queue.blockage(now);
    if (blockage == null) {
      question.waiting().forEach(state::await);
    }
    return blockage;
  }

  private static void answer(List<Consumer<@Nullable String>> waiting, @Nullable String reason) {
    for (Consumer<@Nullable String> done : waiting) {
      try {
        done.accept(reason);
      } catch (RuntimeException e) {
        log.error("a handshake that waits for a certificate cannot be answered", e);
      }
    }
  }

  // Orders ----------------------------------------------------------------------------------------

  /** Begins as many orders as may be made now. */
  private void pump() {
    long now = clock.millis();
    OrderQueue.Turn turn = opened && !closed ? queue.next(now) : null;
    while (turn != null) {
      begin(turn, now);
      turn = queue.next(now);
    }
    arrange(now);
  }

  private void begin(OrderQueue.Turn turn, long now) {
    HostState host = turn.host();
    boolean renewal = turn.renewal();
    String replaces = renewal ? hosts.replaced(host) : null;
    String line = turn.countedMillis() == 0 ? null : hosts.orderLine(renewal, now, host.name());
    workers.execute(() -> ended(turn, run.order(host.name(), renewal, replaces, line)));
  }

  private void ended(OrderQueue.Turn turn, OrderRun.Outcome outcome) {
    HostState host = turn.host();
    List<Consumer<@Nullable String>> waiting = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    String reason;
    boolean isNew = outcome.kind() == OrderRun.Kind.ISSUED;
    if (isNew) {
      counts.countIssued(turn.renewal());
      use(host.name()); // first: a wish that finds it stored is told so at once
    }
    synchronized (this) {
      queue.ended(turn, outcome.ordered());
      waiting.addAll(host.takeWaiting());
      reason = closed && !isNew ? CLOSED : take(turn, outcome, waiting, lines);
      pump();
    }
    lines.forEach(book::append);
    answer(waiting, reason);
  }

  private void use(String host) {
    try {
      stored.accept(store.chain(host));
    } catch (RuntimeException e) {
      log.error("a certificate that was issued is not used yet host={}", host, e);
    }
  }

  /** Takes the end of an order; returns why there is no certificate. */
  private @Nullable String take(
      OrderQueue.Turn turn,
      OrderRun.Outcome outcome,
      List<Consumer<@Nullable String>> waiting,
      List<String> lines) {
    if (outcome.certificate() != null) {
      take(turn.host(), outcome, outcome.certificate(), lines);
      return null;
    }
    HostState host = turn.host();
    long now = clock.millis();
    String reason = Hosts.line(outcome.reason());
    switch (outcome.kind()) {
      case STORE_FAILED -> {
        counts.countInterrupted();
        pauses.storeFailed(reason, now);
        queue.add(host, turn.renewal());
        waiting.addAll(queue.takeWaiting());
      }
      case AUTHORITY_FAILED -> {
        counts.countInterrupted();
        pauses.authorityFailed(outcome.retryMillis(), reason, now);
        lines.add(hosts.pauseLine());
        if (host.interrupted() < MOST_INTERRUPTIONS) {
          queue.add(host, turn.renewal());
        } else {
          fail(host, outcome, reason, lines);
        }
        waiting.addAll(queue.takeWaiting());
      }
      default -> {
        if (outcome.ordered()) {
          endPauses(lines);
        }
        fail(host, outcome, reason, lines);
      }
    }
    return reason;
  }

  private void take(
      HostState host, OrderRun.Outcome outcome, StoredCertificate found, List<String> lines) {
    StoredCertificate certificate = found;
    StoredCertificate known = host.certificate();
    if (known != null
        && outcome.kind() == OrderRun.Kind.PRESENT
        && known.notAfterMillis() == found.notAfterMillis()) {
      certificate = known; // what the CA said of it is known, too
    }
    if (outcome.kind() == OrderRun.Kind.ISSUED) {
      endPauses(lines);
    }
    if (outcome.announces() && !hosts.announces()) {
      hosts.announces(true);
      lines.add(hosts.announcesLine());
    }
    hosts.stored(host, certificate);
    lines.add(Hosts.certificateLine(host.name(), certificate));
    renewals.plan(host, certificate, clock.millis(), outcome.againMillis());
  }

  /** The CA and the store work. */
  private void endPauses(List<String> lines) {
    if (pauses.end()) {
      lines.add(hosts.pauseLine());
    }
  }

  private void fail(HostState host, OrderRun.Outcome outcome, String reason, List<String> lines) {
    counts.countFailed();
    int failures = host.failures() + 1;
    long retry = clock.millis() + BackOff.hostMillis(failures, outcome.retryMillis());
    host.failed(failures, retry, reason);
    if (host.certificate() != null) {
      hosts.lookAt(host, retry);
    }
    if (outcome.domain() != null) {
      heldDomains.hold(outcome.domain(), retry);
    }
    lines.add(hosts.failureLine(host.name(), failures, retry, reason));
    log.warn(
        "certificate not issued host={} failures={} next={}: {}",
        host.name(),
        failures,
        time(retry),
        reason);
  }

  // Time ------------------------------------------------------------------------------------------

  /** Does what is due. Called by the timer; by tests when they have changed the clock. */
  void tick() {
    Renewals.Work work;
    int hostCount;
    synchronized (this) {
      if (closed || !opened) {
        return;
      }
      long now = clock.millis();
      if (now < lastMillis - MOST_SLEEP_MILLIS) {
        renewals.planAll(now); // the clock was set back
      }
      lastMillis = now;
      hostCount = hosts.size();
      work = renewals.due(now);
      pump();
    }
    answer(questions.removeLate(), "the rule that allows certificates does not answer");
    work.check().forEach(this::check);
    work.ask().forEach(this::ask);
    book.compact(hostCount, this::lines);
  }

  private synchronized List<String> lines() {
    return hosts.lines(clock.millis());
  }

  /** Asks the CA when a certificate should be renewed. */
  private void check(Renewals.Check check) {
    try {
      workers.execute(
          () -> {
            Authority.Window window = run.window(check.certificate());
            String line;
            synchronized (this) {
              line = renewals.checked(check, window, clock.millis());
              arrange(clock.millis());
            }
            if (line != null) {
              book.append(line);
            }
          });
    } catch (RejectedExecutionException e) {
      log.debug("closed meanwhile", e);
    }
  }

  /** Has the timer call when something is due. */
  private void arrange(long now) {
    if (closed) {
      return;
    }
    long next = now + MOST_SLEEP_MILLIS;
    if (opened) {
      next = Math.min(next, Math.min(renewals.nextMillis(), queue.nextMillis(now)));
    }
    if (wake != null) {
      wake.cancel(false);
    }
    long sleep = Math.max(LEAST_SLEEP_MILLIS, next - now);
    wake = timer.schedule(this::tick, sleep, TimeUnit.MILLISECONDS);
  }

  // For operators ---------------------------------------------------------------------------------

  List<HostReport> reports() {
    List<HostReport> reports = new ArrayList<>();
    synchronized (this) {
      if (opened) {
        hosts.all().forEach(host -> reports.add(host.report()));
      }
    }
    reports.sort(Comparator.comparing(HostReport::host));
    return reports;
  }

  /** What is not counted in {@link Counts}. */
  synchronized IssuerFigures figures() {
    long now = clock.millis();
    return new IssuerFigures(
        0,
        0,
        0,
        0,
        queue.size(),
        queue.running(),
        0,
        0,
        0,
        0,
        opened ? queue.used(now) : 0,
        opened ? hosts.storedCount() : 0,
        pauses.nextTry(now),
        pauses.reason(now));
  }

  synchronized boolean announces() {
    return opened && hosts.announces();
  }

  /** Gives up orders under way, and answers all who wait. Does not block. */
  @Override
  public void close() {
    List<Consumer<@Nullable String>> waiting = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      waiting.addAll(questions.removeAll());
      if (opened) {
        hosts.all().forEach(host -> waiting.addAll(host.takeWaiting()));
      }
      queue.clear();
      workers.shutdown();
      workers.getQueue().clear();
      run.close();
      timer.shutdown();
    }
    thread(this::release, "acme-end").start();
    takeWishes();
    answer(waiting, CLOSED);
  }

  /** Lets another process order, when the last order has ended and the store is not read. */
  private void release() {
    try {
      timer.awaitTermination(MOST_SLEEP_MILLIS, TimeUnit.MILLISECONDS);
      workers.awaitTermination(MOST_SLEEP_MILLIS, TimeUnit.MILLISECONDS);
      book.close();
    } catch (IOException e) {
      log.debug("cannot close the log of orders", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
