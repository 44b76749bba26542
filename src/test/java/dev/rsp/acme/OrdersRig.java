// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import dev.rsp.Eventually;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Orders of a store of their own, with a CA in memory, a rule for hosts, and a clock that is moved.
 */
abstract class OrdersRig {
  static final URI DIRECTORY = URI.create("https://ca.example/directory");
  static final Duration DAY = Duration.ofDays(1);

  @TempDir Path folder;
  final TestClock clock = new TestClock();
  final TestAuthority ca = new TestAuthority(clock);
  final Map<String, Allow.Answer> rule = new ConcurrentHashMap<>();
  final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  final List<Path> stored = Collections.synchronizedList(new ArrayList<>());
  final Counts counts = new Counts();
  final List<HostReport> seenWhileUsed = Collections.synchronizedList(new ArrayList<>());
  volatile boolean isUseBroken;
  private final List<Orders> all = new ArrayList<>();

  /** Answers all hosts with yes that have no other answer. */
  final Allow allow =
      (host, answer) -> {
        asked.add(host);
        answer.accept(rule.getOrDefault(host, Allow.Answer.YES));
      };

  @AfterEach
  final void close() {
    ca.go(1_000);
    all.forEach(Orders::close);
    awaitEnd();
  }

  /** Waits until orders that were closed write nothing more into their store, and unlock it. */
  static void awaitEnd() {
    Eventually.holds(
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().equals("acme-end")));
  }

  final Path store() {
    return folder.resolve("certs");
  }

  final Orders orders() {
    return orders(DIRECTORY, 300, 1_000, allow);
  }

  final Orders orders(URI directory, int budget, int queued, Allow with) {
    var orders =
        new Orders(
            new AcmeSettings(
                directory,
                null,
                store(),
                List.of(),
                ChallengeType.HTTP_01,
                budget,
                10_800,
                10_000,
                queued),
            with,
            (settings, account) -> ca,
            new Challenges(),
            counts,
            this::use,
            clock,
            clock.ticker());
    all.add(orders);
    orders.start();
    return orders;
  }

  private void use(Path chain) {
    seenWhileUsed.addAll(all.get(all.size() - 1).reports());
    stored.add(chain);
    if (isUseBroken) {
      throw new IllegalStateException("no memory for it");
    }
  }

  /** Wishes a certificate; the future has "" if there is one, else the reason. */
  static CompletableFuture<String> want(Orders orders, String host) {
    var done = new CompletableFuture<String>();
    orders.want(host, reason -> done.complete(reason == null ? "" : reason));
    return done;
  }

  static String get(CompletableFuture<String> done) {
    try {
      return done.get(30, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  static HostReport report(Orders orders, String host) {
    return orders.reports().stream()
        .filter(one -> one.host().equals(host))
        .findFirst()
        .orElseThrow();
  }

  static Authority.Failure hostFailure(String reason) {
    return Authority.Failure.ofHost(reason);
  }

  final Path chain(String host) {
    return store().resolve("live").resolve(host).resolve("fullchain.pem");
  }

  /** Moves the clock, and lets the orders see it. */
  final void pass(Orders orders, Duration time) {
    clock.pass(time);
    orders.tick();
  }
}
