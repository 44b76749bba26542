// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import dev.rsp.log.IoReason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 * The orders of one configuration: which host is next, and when. The order itself is an {@link
 * OrderRun}, on a thread of its own. Thread-safe.
 */
final class Orders implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(Orders.class);

  /** Orders under way at once: each waits for the CA most of its time. */
  private static final int THREADS = 8;

  /** Questions for the times of renewals under way at once, so that orders are not held up. */
  private static final int MAX_CHECKS = 2;

  private static final long THREAD_IDLE_SECONDS = 10;

  /** A rule that has not answered by then will not. */
  private static final long ASK_MILLIS = TimeUnit.SECONDS.toMillis(30);

  /** When a host is asked again that may not be renewed, or for which there was no answer. */
  private static final long DENIED_MILLIS = TimeUnit.DAYS.toMillis(1);

  private static final long UNANSWERED_MILLIS = TimeUnit.HOURS.toMillis(1);

  /** A certificate that cannot be renewed is given up this long after its end. */
  private static final long GIVE_UP_MILLIS = TimeUnit.DAYS.toMillis(30);

  /** How often it is tried to become the process that orders. */
  private static final long LOCK_MILLIS = 100;

  /** A process, or a configuration, that ends its orders takes about as long. */
  private static final int LOCK_TRIES = 30;

  /** The clock may be changed meanwhile. */
  private static final long MOST_SLEEP_MILLIS = TimeUnit.MINUTES.toMillis(1);

  /** Renewals that are looked at in one go. */
  private static final int MAX_BATCH = 64;

  /** If the CA fails for the same host again and again, the host may be the cause. */
  private static final int MOST_INTERRUPTIONS = 3;

  /** More handshakes than an rsp holds open are not waiting: something is stuck. */
  private static final int MAX_WISHES = 100_000;

  private static final int MAX_HELD_DOMAINS = 10_000;

  /** The log of orders is written anew when it has this many lines that no longer matter. */
  private static final int MAX_OLD_LINES = 10_000;

  private final AcmeSettings settings;
  private final Clock clock;
  private final CertificateStore store;
  private final OrderLog orderLog;
  private final OrderRun run;
  private final Counts counts;
  private final Consumer<Path> stored;
  private final AllowCache answers;
  private final ThreadPoolExecutor workers;
  private final ScheduledThreadPoolExecutor timer;
  private volatile Allow allow;

  /** What loops want, until the timer looks at it. */
  private final Queue<Wish> wishes = new ConcurrentLinkedQueue<>();

  private final AtomicInteger wishCount = new AtomicInteger();

  // All that follows is guarded by this; the hosts only when the store is open.

  private final String account;
  private final Budget budget;
  private final Pause pause = new Pause();
  private final Pause storePause = new Pause();
  private final Hosts hosts;

  /** Hosts for which it is asked whether they are allowed. */
  private final Map<String, Question> asking = new LinkedHashMap<>();

  private final Deque<HostState> first = new ArrayDeque<>();
  private final Deque<HostState> renewals = new ArrayDeque<>();

  /** Domains for which the CA refuses orders, and until when. */
  private final Map<String, Long> heldDomains =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
          return size() > MAX_HELD_DOMAINS;
        }
      };

  private int running;
  private int checking;
  private int lockTries;
  private int renewalQuestions;
  private boolean opened;
  private boolean closed;
  private @Nullable ScheduledFuture<?> wake;
  private @Nullable FileChannel lock;

  /** Which order is next. */
  private enum Next {
    FIRST,
    RENEWAL,
    NONE
  }

  /** A host that is wanted, and who wants it. */
  private record Wish(String host, Consumer<@Nullable String> done) {}

  /** A question that is not answered yet. */
  private record Question(
      long sinceMillis, boolean renewal, List<Consumer<@Nullable String>> waiting) {}

  /**
   * Orders with these settings, after {@link #start}.
   *
   * @param stored hears of each certificate that was written, by the path of its chain
   */
  Orders(
      AcmeSettings settings,
      Allow allow,
      Authorities authorities,
      Challenges challenges,
      Counts counts,
      Consumer<Path> stored,
      Clock clock) {
    this.settings = settings;
    this.allow = allow;
    this.counts = counts;
    this.stored = stored;
    this.clock = clock;
    account = AccountId.of(settings.directory());
    budget = new Budget(settings.orders(), TimeUnit.SECONDS.toMillis(settings.perSeconds()));
    hosts = new Hosts(account, budget, pause);
    store = new CertificateStore(settings.store());
    orderLog = new OrderLog(store.log());
    answers = new AllowCache(() -> TimeUnit.MILLISECONDS.toNanos(clock.millis()));
    workers =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            THREAD_IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> thread(task, "acme-order"));
    workers.allowCoreThreadTimeOut(true);
    timer = new ScheduledThreadPoolExecutor(1, task -> thread(task, "acme"));
    timer.setRemoveOnCancelPolicy(true);
    timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    run = new OrderRun(settings, account, store, orderLog, authorities, challenges, clock, timer);
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
    allow = next;
    answers.clear();
  }

  // The store -------------------------------------------------------------------------------------

  private void open() {
    String problem = null;
    try {
      store.open();
      if (!lock()) {
        if (++lockTries < LOCK_TRIES) {
          openLater(LOCK_MILLIS);
          return;
        }
        problem = "another process orders certificates for " + settings.store();
      }
    } catch (IOException e) {
      problem = "the store " + settings.store() + " cannot be used: " + IoReason.of(e);
    }
    if (problem == null) {
      try {
        load();
        ready();
        return;
      } catch (IOException e) {
        problem = "the log of orders " + store.log() + " cannot be used: " + IoReason.of(e);
      } catch (RuntimeException e) {
        log.error("the store {} cannot be read", settings.store(), e);
        problem = "the store " + settings.store() + " cannot be read";
      }
    }
    List<Consumer<@Nullable String>> waiting = new ArrayList<>();
    synchronized (this) {
      if (closed) {
        return;
      }
      if (!problem.equals(storePause.reason())) {
        log.warn("no certificates are ordered: {}", problem);
      }
      int failures = storePause.failures() + 1;
      storePause.set(failures, clock.millis() + MOST_SLEEP_MILLIS, problem);
      asking.values().forEach(question -> waiting.addAll(question.waiting));
      asking.clear();
      openLater(lockTries >= LOCK_TRIES ? LOCK_MILLIS : BackOff.storeMillis(failures));
    }
    answer(waiting, problem);
  }

  private synchronized void openLater(long millis) {
    if (!closed) {
      timer.schedule(this::open, millis, TimeUnit.MILLISECONDS);
    }
  }

  /** Asks for the hosts that were wanted meanwhile. */
  private void ready() {
    List<String> ask;
    synchronized (this) {
      ask = List.copyOf(asking.keySet());
    }
    ask.forEach(this::ask);
    tick();
  }

  /** Whether this process is the one that orders for the store. */
  private synchronized boolean lock() throws IOException {
    if (closed || lock != null) {
      return lock != null;
    }
    FileChannel channel =
        FileChannel.open(store.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock taken = channel.tryLock();
      if (taken != null) {
        lock = channel;
        return true;
      }
    } catch (OverlappingFileLockException e) {
      log.debug("the configuration before has not ended its orders yet", e);
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
    return false;
  }

  private void load() throws IOException {
    boolean isNew = !Files.exists(store.log());
    int damaged = OrderLog.read(store.log(), hosts::apply);
    if (damaged > 0) {
      log.warn("log of orders file={}: {} damaged lines are ignored", store.log(), damaged);
    }
    List<String> unfinished = isNew ? store.hosts() : hosts.takeUnfinished();
    adopt(unfinished);
    if (damaged > 0 || !unfinished.isEmpty() || isNew || isOld(hosts.lineCount())) {
      orderLog.rewrite(hosts.lines(clock.millis()));
    } else {
      orderLog.resume(hosts.lineCount());
    }
    synchronized (this) {
      long now = clock.millis();
      for (HostState host : hosts.all()) {
        StoredCertificate certificate = host.certificate();
        if (certificate != null) {
          long due = dueMillis(certificate);
          long check =
              now + (long) (RenewalTime.MOST_CHECK_MILLIS * RenewalTime.fraction(host.name()));
          hosts.lookAt(host, hosts.announces() ? Math.min(due, check) : due);
        }
      }
      storePause.end();
      opened = true;
    }
  }

  /**
   * Takes certificates that are not in the log: of a store that was copied, of certbot, or of
   * orders whose ends were not logged because the process ended.
   */
  private void adopt(List<String> names) throws IOException {
    for (String name : names) {
      CertificateStore.Stored found = store.check(name);
      if (found != null && found.isUsable()) {
        hosts.stored(hosts.getOrAdd(name), run.adopted(name, found));
      }
    }
  }

  /** Certificates of another CA are replaced as fast as the budget allows. */
  private long dueMillis(StoredCertificate certificate) {
    boolean isOther = !certificate.account().isEmpty() && !certificate.account().equals(account);
    return isOther ? 0 : certificate.renewalMillis();
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
        Question question = asking.get(host);
        ask = question == null;
        if (question == null) {
          question = new Question(now, false, new ArrayList<>(2));
          asking.put(host, question);
          arrange(now);
        }
        question.waiting.add(done);
        ask &= opened;
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
      return "rsp is stopping, or its configuration has changed";
    }
    if (!opened && storePause.reason() != null) {
      return storePause.reason();
    }
    if (state != null && state.phase() == HostState.Phase.QUEUED) {
      return blockage(now);
    }
    if (state != null && state.isIdle() && state.retryMillis() > now && !state.isServed(now)) {
      return failure(state);
    }
    if (!asking.containsKey(host) && (asking.size() >= settings.maxQueued() || isFull())) {
      counts.countRefused();
      return "too many hosts wait for certificates (" + settings.maxQueued() + ")";
    }
    return null;
  }

  private static String failure(HostState state) {
    return "%s (failures: %d, next try: %s)"
        .formatted(state.problem(), state.failures(), time(state.retryMillis()));
  }

  private boolean isFull() {
    return first.size() >= settings.maxQueued();
  }

  /** Why nothing is ordered now; null if orders are made. */
  private @Nullable String blockage(long now) {
    for (Pause one : List.of(storePause, pause)) {
      if (one.isOn(now)) {
        return one.reason() + " (next try: " + time(one.untilMillis()) + ")";
      }
    }
    if (budget.used(now) >= settings.orders()) {
      return "the budget of %d orders in %d s is used up until %s"
          .formatted(
              settings.orders(),
              settings.perSeconds(),
              time(budget.nextMillis(false, !renewals.isEmpty(), now)));
    }
    return null;
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
            if (!usable && !closed && !asking.containsKey(host.name())) {
              asking.put(
                  host.name(), new Question(clock.millis(), false, new ArrayList<>(waiting)));
              waiting = List.of();
              ask = true;
            }
          }
          if (ask) {
            log.warn("stored certificate cannot be served host={}: ordered again", host.name());
            ask(host.name());
          }
          answer(waiting, usable ? null : "the stored certificate cannot be served");
        });
  }

  private void ask(String host) {
    Allow.Answer known = answers.get(host);
    if (known != null) {
      answered(host, known);
      return;
    }
    try {
      allow.ask(
          host,
          answer -> {
            counts.countAnswer(answer);
            answers.put(host, answer);
            answered(host, answer);
          });
    } catch (RuntimeException e) {
      log.error("cannot ask whether certificates are allowed for host={}", host, e);
      answered(host, Allow.Answer.UNKNOWN);
    }
  }

  private void answered(String host, Allow.Answer answer) {
    String reason;
    Question question;
    synchronized (this) {
      question = asking.remove(host);
      if (question == null || closed) {
        return; // too late
      }
      renewalQuestions -= question.renewal ? 1 : 0;
      reason =
          switch (answer) {
            case YES -> queue(host, question);
            case NO -> "certificates are not allowed for this host";
            case UNKNOWN -> "it could not be asked whether certificates are allowed for this host";
          };
      if (question.renewal && answer != Allow.Answer.YES) {
        postpone(host, answer, reason);
      }
      pump();
    }
    if (reason != null) {
      answer(question.waiting, reason);
    }
  }

  private void postpone(String host, Allow.Answer answer, @Nullable String reason) {
    HostState state = hosts.get(host);
    if (state != null && state.certificate() != null) {
      state.held(reason == null ? "" : reason);
      hosts.lookAt(
          state, clock.millis() + (answer == Allow.Answer.NO ? DENIED_MILLIS : UNANSWERED_MILLIS));
    }
  }

  /** Queues a host that is allowed; returns what those who wait are told at once. */
  private @Nullable String queue(String host, Question question) {
    long now = clock.millis();
    String held = hold(host, now);
    if (held != null) {
      return held;
    }
    if (!question.renewal && isFull()) {
      counts.countRefused();
      return "too many hosts wait for certificates (" + settings.maxQueued() + ")";
    }
    HostState state = hosts.getOrAdd(host);
    if (state.isIdle() && state.retryMillis() > now) {
      return failure(state);
    }
    if (state.isIdle()) {
      state.phase(HostState.Phase.QUEUED);
      (question.renewal ? renewals : first).addLast(state);
    }
    String blockage = blockage(now);
    if (blockage == null) {
      question.waiting.forEach(state::await);
    }
    return blockage;
  }

  /** Whether the CA refuses orders for a domain of this host. */
  private @Nullable String hold(String host, long now) {
    for (int dot = -1; !heldDomains.isEmpty() && dot < host.length(); ) {
      String domain = host.substring(dot + 1);
      Long until = heldDomains.get(domain);
      if (until != null && until > now) {
        return "the CA refuses orders for %s until %s".formatted(domain, time(until));
      }
      int next = host.indexOf('.', dot + 1);
      dot = next < 0 ? host.length() : next;
    }
    return null;
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
    while (mayBegin(now)) {
      HostState due = renewals.peekFirst();
      boolean free = due != null && isFree(due);
      Next next = free ? Next.RENEWAL : next(now);
      if (next == Next.NONE) {
        break;
      }
      begin(next == Next.RENEWAL, free, now);
    }
    arrange(now);
  }

  private boolean mayBegin(long now) {
    boolean isOnTrial = pause.isOnTrial() || storePause.isOnTrial();
    return opened
        && !closed
        && running < (isOnTrial ? 1 : THREADS)
        && !pause.isOn(now)
        && !storePause.isOn(now)
        && !(first.isEmpty() && renewals.isEmpty());
  }

  private boolean isFree(HostState host) {
    StoredCertificate certificate = host.certificate();
    return certificate != null && certificate.isFree(account);
  }

  /** What the budget allows. */
  private Next next(long now) {
    boolean someFirst = !first.isEmpty();
    boolean someRenewals = !renewals.isEmpty();
    boolean mayFirst = someFirst && budget.allows(false, someRenewals, now);
    boolean mayRenew = someRenewals && budget.allows(true, someFirst, now);
    if (mayFirst && mayRenew) {
      return budget.prefersRenewals(now) ? Next.RENEWAL : Next.FIRST;
    }
    return mayRenew ? Next.RENEWAL : mayFirst ? Next.FIRST : Next.NONE;
  }

  private void begin(boolean renewal, boolean free, long now) {
    HostState host = (renewal ? renewals : first).removeFirst();
    if (!free) {
      budget.add(renewal, now);
    }
    running++;
    host.phase(HostState.Phase.ORDERING);
    StoredCertificate before = host.certificate();
    String replaces =
        renewal && hosts.announces() && before != null && before.account().equals(account)
            ? before.id()
            : null;
    String line = free ? null : hosts.orderLine(renewal, now, host.name());
    workers.execute(
        () -> {
          OrderRun.Outcome outcome = run.order(host.name(), renewal, replaces, line);
          ended(host, renewal, free ? 0 : now, outcome);
        });
  }

  private void ended(
      HostState host, boolean renewal, long countedMillis, OrderRun.Outcome outcome) {
    List<Consumer<@Nullable String>> waiting = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    String reason;
    boolean isNew = outcome.kind() == OrderRun.Kind.ISSUED;
    synchronized (this) {
      running--;
      if (!outcome.ordered() && countedMillis > 0) {
        budget.giveBack(renewal, countedMillis);
      }
      host.phase(HostState.Phase.IDLE);
      waiting.addAll(host.takeWaiting());
      reason = closed && !isNew ? "rsp is stopping, or its configuration has changed" : null;
      if (reason == null) {
        reason = take(host, renewal, outcome, waiting, lines);
      }
      pump();
    }
    lines.forEach(this::append);
    if (isNew) {
      counts.countIssued(renewal);
      stored.accept(store.chain(host.name()));
    }
    answer(waiting, reason);
  }

  /** Takes the end of an order; returns why there is no certificate. */
  private @Nullable String take(
      HostState host,
      boolean renewal,
      OrderRun.Outcome outcome,
      List<Consumer<@Nullable String>> waiting,
      List<String> lines) {
    long now = clock.millis();
    StoredCertificate certificate = outcome.certificate();
    StoredCertificate known = host.certificate();
    if (certificate != null
        && known != null
        && outcome.kind() == OrderRun.Kind.PRESENT
        && known.notAfterMillis() == certificate.notAfterMillis()) {
      certificate = known; // what the CA said of it is known, too
    }
    if (certificate != null) {
      if (outcome.kind() == OrderRun.Kind.ISSUED) {
        endPauses(lines);
      }
      if (outcome.announces() && !hosts.announces()) {
        hosts.announces(true);
        lines.add(hosts.announcesLine());
      }
      hosts.stored(host, certificate);
      lines.add(Hosts.certificateLine(host.name(), certificate));
      long due = dueMillis(certificate);
      hosts.lookAt(host, hosts.announces() ? Math.min(due, now + outcome.againMillis()) : due);
      return null;
    }
    String reason = Hosts.line(outcome.reason());
    switch (outcome.kind()) {
      case STORE_FAILED -> {
        counts.countInterrupted();
        pauseAll(storePause, BackOff.storeMillis(storePause.failures() + 1), reason, waiting);
        requeue(host, renewal);
      }
      case AUTHORITY_FAILED -> {
        counts.countInterrupted();
        pauseAll(
            pause,
            BackOff.authorityMillis(pause.failures() + 1, outcome.retryMillis()),
            reason,
            waiting);
        lines.add(hosts.pauseLine(pause.untilMillis(), pause.failures(), reason));
        if (host.interrupted() < MOST_INTERRUPTIONS) {
          requeue(host, renewal);
        } else {
          fail(host, outcome, reason, lines);
        }
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

  /** The CA and the store work. */
  private void endPauses(List<String> lines) {
    if (pause.failures() > 0) {
      lines.add(hosts.pauseLine(0, 0, ""));
      log.info("certificates are ordered again");
    }
    pause.end();
    storePause.end();
  }

  private void requeue(HostState host, boolean renewal) {
    host.phase(HostState.Phase.QUEUED);
    (renewal ? renewals : first).addLast(host);
  }

  /** Nothing is ordered for some time, for no host: those who wait are told at once. */
  private void pauseAll(
      Pause which, long millis, String reason, List<Consumer<@Nullable String>> waiting) {
    long now = clock.millis();
    if (!which.isOn(now)) {
      which.set(which.failures() + 1, now + millis, reason);
      log.warn("no certificates are ordered until {}: {}", time(which.untilMillis()), reason);
    }
    first.forEach(host -> waiting.addAll(host.takeWaiting()));
    renewals.forEach(host -> waiting.addAll(host.takeWaiting()));
  }

  private void fail(HostState host, OrderRun.Outcome outcome, String reason, List<String> lines) {
    counts.countFailed();
    long now = clock.millis();
    int failures = host.failures() + 1;
    long retry = now + Math.max(BackOff.hostMillis(failures), outcome.retryMillis());
    host.failed(failures, retry, reason);
    if (host.certificate() != null) {
      hosts.lookAt(host, retry);
    }
    if (outcome.domain() != null) {
      heldDomains.put(outcome.domain(), retry);
    }
    lines.add(hosts.failureLine(host.name(), failures, retry, reason));
    log.warn(
        "certificate not issued host={} failures={} next={}: {}",
        host.name(),
        failures,
        time(retry),
        reason);
  }

  private void append(String line) {
    try {
      orderLog.append(line);
    } catch (IOException e) {
      // What was forgotten is found in the store when it is needed.
      log.warn("log of orders not written file={}: {}", store.log(), IoReason.of(e));
    }
  }

  // Time ------------------------------------------------------------------------------------------

  /** Does what is due. Called by the timer; by tests when they have changed the clock. */
  void tick() {
    List<String> ask = new ArrayList<>();
    List<Question> late = new ArrayList<>();
    synchronized (this) {
      if (closed || !opened) {
        return;
      }
      long now = clock.millis();
      for (Question question : asking.values()) {
        if (question.sinceMillis <= now - ASK_MILLIS) {
          late.add(question);
          renewalQuestions -= question.renewal ? 1 : 0;
        }
      }
      asking.values().removeIf(question -> question.sinceMillis <= now - ASK_MILLIS);
      lookAtDue(now, ask);
      pump();
    }
    late.forEach(
        question -> answer(question.waiting, "the rule that allows certificates does not answer"));
    ask.forEach(this::ask);
    compact();
  }

  private void lookAtDue(long now, List<String> ask) {
    for (int i = 0; i < MAX_BATCH; i++) {
      HostState host = hosts.next();
      StoredCertificate certificate = host == null ? null : host.certificate();
      if (host == null || certificate == null || host.nextMillis() > now) {
        return;
      }
      if (!host.isIdle()) {
        hosts.lookAt(host, now + UNANSWERED_MILLIS); // its order sets another time
      } else if (dueMillis(certificate) > now) {
        if (!hosts.announces()) {
          hosts.lookAt(host, certificate.renewalMillis());
        } else if (checking < MAX_CHECKS) {
          check(host, certificate, now);
        } else {
          return; // a check that ends calls again
        }
      } else if (certificate.notAfterMillis() < now - GIVE_UP_MILLIS) {
        hosts.forgetTime(host);
        host.held("expired long ago, and could not be renewed");
      } else if (host.retryMillis() > now) {
        hosts.lookAt(host, host.retryMillis());
      } else if (renewalQuestions >= MAX_BATCH) {
        return; // an answer calls again
      } else {
        hosts.lookAt(host, now + UNANSWERED_MILLIS);
        if (!asking.containsKey(host.name())) {
          asking.put(host.name(), new Question(now, true, new ArrayList<>(0)));
          renewalQuestions++;
          ask.add(host.name());
        }
      }
    }
  }

  /** Asks the CA when a certificate should be renewed. */
  private void check(HostState host, StoredCertificate certificate, long now) {
    checking++;
    hosts.lookAt(host, now + RenewalTime.MOST_CHECK_MILLIS);
    workers.execute(
        () -> {
          Authority.Window window = run.window(certificate);
          String line = null;
          synchronized (this) {
            checking--;
            if (window != null && certificate.equals(host.certificate())) {
              long renewal =
                  RenewalTime.within(host.name(), window.startMillis(), window.endMillis());
              if (renewal != certificate.renewalMillis()) {
                StoredCertificate next = certificate.withRenewal(renewal);
                host.renewal(next);
                line = Hosts.certificateLine(host.name(), next);
              }
              long again = clock.millis() + RenewalTime.checkMillis(window.againMillis());
              hosts.lookAt(host, Math.min(renewal, again));
            }
            arrange(clock.millis());
          }
          if (line != null) {
            append(line);
          }
        });
  }

  /** Has the timer call when something is due. */
  private void arrange(long now) {
    if (closed) {
      return;
    }
    long next = now + MOST_SLEEP_MILLIS;
    HostState host = hosts.next();
    if (host != null && opened && checking < MAX_CHECKS && renewalQuestions < MAX_BATCH) {
      next = Math.min(next, host.nextMillis());
    }
    boolean some = !first.isEmpty() || !renewals.isEmpty();
    if (some && (pause.isOn(now) || storePause.isOn(now))) {
      next = Math.min(next, Math.max(pause.untilMillis(), storePause.untilMillis()));
    } else if (some && running < THREADS) {
      long kind = Long.MAX_VALUE;
      if (!first.isEmpty()) {
        kind = budget.nextMillis(false, !renewals.isEmpty(), now);
      }
      if (!renewals.isEmpty()) {
        kind = Math.min(kind, budget.nextMillis(true, !first.isEmpty(), now));
      }
      next = Math.min(next, Math.max(kind, now + 1_000));
    }
    if (wake != null) {
      wake.cancel(false);
    }
    wake = timer.schedule(this::tick, Math.max(10, next - now), TimeUnit.MILLISECONDS);
  }

  /** Whether most of so many lines no longer matter. */
  private boolean isOld(int lineCount) {
    return lineCount > 2 * hosts.size() + MAX_OLD_LINES;
  }

  private void compact() {
    List<String> lines;
    synchronized (this) {
      if (!isOld(orderLog.lines())) {
        return;
      }
      lines = hosts.lines(clock.millis());
    }
    try {
      orderLog.rewrite(lines);
    } catch (IOException e) {
      log.warn("log of orders not written file={}: {}", store.log(), IoReason.of(e));
    }
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
    Pause on = storePause.isOn(now) ? storePause : pause.isOn(now) ? pause : null;
    return new IssuerFigures(
        0,
        0,
        0,
        0,
        first.size() + renewals.size(),
        running,
        0,
        0,
        0,
        0,
        opened ? budget.used(now) : 0,
        opened ? hosts.storedCount() : 0,
        on == null ? null : time(on.untilMillis()),
        on == null ? null : on.reason());
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
      asking.values().forEach(question -> waiting.addAll(question.waiting));
      asking.clear();
      if (opened) {
        hosts.all().forEach(host -> waiting.addAll(host.takeWaiting()));
      }
      first.clear();
      renewals.clear();
      workers.shutdown();
      workers.getQueue().clear();
      run.close();
      timer.shutdown();
    }
    thread(this::release, "acme-end").start();
    takeWishes();
    answer(waiting, "rsp is stopping, or its configuration has changed");
  }

  /** Lets another process order, when the last order has ended. */
  private void release() {
    try {
      workers.awaitTermination(MOST_SLEEP_MILLIS, TimeUnit.MILLISECONDS);
      orderLog.close();
      synchronized (this) {
        if (lock != null) {
          lock.close();
        }
      }
    } catch (IOException e) {
      log.debug("cannot close the log of orders", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
