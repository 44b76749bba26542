// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The hosts that wait for an order, and which of them is next: as far as the budget allows, and not
 * in a pause. Not thread-safe.
 */
final class OrderQueue {
  /** Orders under way at once: each waits for the CA most of its time. */
  static final int MAX_RUNNING = 8;

  /** A time that is known to be near need not be met to the millisecond. */
  private static final long LEAST_WAIT_MILLIS = 1_000;

  private final AcmeSettings settings;
  private final String account;
  private final Budget budget;
  private final Pauses pauses;
  private final Deque<HostState> first = new ArrayDeque<>();
  private final Deque<HostState> renewals = new ArrayDeque<>();
  private int running;

  /**
   * A host whose order begins.
   *
   * @param countedMillis when it was counted in the budget; 0 if it does not count
   */
  record Turn(HostState host, boolean renewal, long countedMillis) {}

  /**
   * An empty queue.
   *
   * @param account that of the directory of the settings
   */
  OrderQueue(AcmeSettings settings, String account, Budget budget, Pauses pauses) {
    this.settings = settings;
    this.account = account;
    this.budget = budget;
    this.pauses = pauses;
  }

  int size() {
    return first.size() + renewals.size();
  }

  /** Orders under way. */
  int running() {
    return running;
  }

  /** Orders of the window of the budget that ends now. */
  int used(long nowMillis) {
    return budget.used(nowMillis);
  }

  /** Whether no more hosts without a certificate may be added. */
  boolean isFull() {
    return first.size() >= settings.maxQueued();
  }

  void add(HostState host, boolean renewal) {
    host.phase(HostState.Phase.QUEUED);
    (renewal ? renewals : first).addLast(host);
  }

  /** Those who wait for hosts in the queue do so no longer; the hosts stay. */
  List<Consumer<@Nullable String>> takeWaiting() {
    List<Consumer<@Nullable String>> waiting = new ArrayList<>();
    first.forEach(host -> waiting.addAll(host.takeWaiting()));
    renewals.forEach(host -> waiting.addAll(host.takeWaiting()));
    return waiting;
  }

  void clear() {
    first.clear();
    renewals.clear();
  }

  /** Takes the host whose order may begin now; null if none may. */
  @Nullable Turn next(long nowMillis) {
    if (running >= maxRunning() || pauses.areOn(nowMillis)) {
      return null;
    }
    HostState due = renewals.peekFirst();
    if (due != null && isFree(due, nowMillis)) {
      return begin(renewals.removeFirst(), true, 0);
    }
    boolean someFirst = !first.isEmpty();
    boolean someRenewals = !renewals.isEmpty();
    boolean mayFirst = someFirst && budget.allows(false, someRenewals, nowMillis);
    boolean mayRenew = someRenewals && budget.allows(true, someFirst, nowMillis);
    if (!mayFirst && !mayRenew) {
      return null;
    }
    boolean renewal = mayRenew && (!mayFirst || budget.prefersRenewals(nowMillis));
    budget.add(renewal, nowMillis);
    return begin((renewal ? renewals : first).removeFirst(), renewal, nowMillis);
  }

  private Turn begin(HostState host, boolean renewal, long countedMillis) {
    running++;
    host.phase(HostState.Phase.ORDERING);
    return new Turn(host, renewal, countedMillis);
  }

  /** One that shows whether the CA and the store work again, before the others. */
  private int maxRunning() {
    return pauses.areOnTrial() ? 1 : MAX_RUNNING;
  }

  private boolean isFree(HostState host, long nowMillis) {
    StoredCertificate certificate = host.certificate();
    return certificate != null && certificate.isFree(account, nowMillis);
  }

  /**
   * An order has ended, however.
   *
   * @param ordered whether the CA has seen it
   */
  void ended(Turn turn, boolean ordered) {
    running--;
    if (!ordered && turn.countedMillis > 0) {
      budget.giveBack(turn.renewal, turn.countedMillis);
    }
    turn.host.phase(HostState.Phase.IDLE);
  }

  /** Why nothing is ordered now; null if orders are made. */
  @Nullable String blockage(long nowMillis) {
    String pause = pauses.blockage(nowMillis);
    if (pause != null || budget.used(nowMillis) < settings.orders()) {
      return pause;
    }
    long next = budget.nextMillis(false, !renewals.isEmpty(), nowMillis);
    return "the budget of %d orders in %d s is used up until %s"
        .formatted(
            settings.orders(),
            settings.perSeconds(),
            Instant.ofEpochMilli(next).truncatedTo(ChronoUnit.SECONDS));
  }

  /** When {@link #next} may have one, if no order ends before; far away if that must be awaited. */
  long nextMillis(long nowMillis) {
    if (size() == 0 || running >= maxRunning()) {
      return Long.MAX_VALUE;
    }
    if (pauses.areOn(nowMillis)) {
      return pauses.untilMillis(nowMillis);
    }
    long next = Long.MAX_VALUE;
    if (!first.isEmpty()) {
      next = budget.nextMillis(false, !renewals.isEmpty(), nowMillis);
    }
    if (!renewals.isEmpty()) {
      next = Math.min(next, budget.nextMillis(true, !first.isEmpty(), nowMillis));
    }
    return Math.max(next, nowMillis + LEAST_WAIT_MILLIS);
  }
}
