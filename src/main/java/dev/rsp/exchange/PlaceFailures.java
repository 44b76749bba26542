// SPDX-License-Identifier: Apache-2.0
package dev.rsp.exchange;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How the backend at one place has failed requests, over all loops, and what the log says of it and
 * when: a line for the first failure of each kind, then sums while failures go on, and a line when
 * it answers again.
 *
 * <p>Times are of {@link io.netty.util.concurrent.Ticker}, in nanoseconds. Any thread: the methods
 * hold a lock for some hundred nanoseconds, and only failures and the responses after them call
 * them.
 */
final class PlaceFailures {
  private static final BackendFailure[] KINDS = BackendFailure.values();

  /**
   * Between two lines about one kind, and before the first sum. Short enough to see in a terminal
   * that an outage goes on.
   */
  static final long GAP_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The gap doubles up to this while an outage goes on, so that a long one does not fill a log. */
  static final long MAX_GAP_NANOS = TimeUnit.SECONDS.toNanos(60);

  /**
   * How long no request must fail until the backend has recovered. If it fails every tenth request,
   * it has not.
   */
  static final long SETTLED_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long NEVER = Long.MAX_VALUE;
  private static final double NANOS_PER_SECOND = 1e9;

  private final long[] totals = new long[KINDS.length];

  /** Failures of no line yet. */
  private final long[] unsaid = new long[KINDS.length];

  private long unsaidSum;

  /** When a kind had a line of its own; {@link #NEVER} if it had none. */
  private final long[] saidAt = new long[KINDS.length];

  /** The kinds that had a line of their own in this outage, as bits. */
  private int said;

  private volatile boolean failing;
  private long failingSince;
  private long lastFailure;

  /** Failures of this outage. */
  private long failures;

  /** Whether a line has told of this outage. */
  private boolean announced;

  /** Whether a response was complete after the last failure. */
  private boolean answered;

  private long gap = GAP_NANOS;
  private long nextSum;

  /** When {@link #sum} and {@link #recovery} are called next; {@link #NEVER} if not. */
  private long lookAt = NEVER;

  /** When a line has told that requests wait for it; {@link #NEVER} if none has. */
  private long awaitedAt = NEVER;

  private String tried = "";
  private String error = "";

  PlaceFailures() {
    Arrays.fill(saidAt, NEVER);
  }

  /** How often it failed since the start, for each kind that has occurred. */
  synchronized Map<BackendFailure, Long> counts() {
    Map<BackendFailure, Long> counts = new EnumMap<>(BackendFailure.class);
    for (int i = 0; i < KINDS.length; i++) {
      if (totals[i] > 0) {
        counts.put(KINDS[i], totals[i]);
      }
    }
    return counts;
  }

  /** Whether a request has failed and the backend has not recovered. */
  boolean failing() {
    return failing;
  }

  /**
   * Counts a failure.
   *
   * @param address that was tried
   * @param why the system's error, or what has happened
   * @return whether to log it now
   */
  @SuppressWarnings("EnumOrdinal") // an index of an array that is never stored
  synchronized boolean failed(BackendFailure kind, String address, String why, long now) {
    int at = kind.ordinal();
    totals[at]++;
    tried = address;
    error = why;
    if (!failing) {
      failing = true;
      failingSince = now;
      failures = 0;
      said = 0;
      announced = false;
      gap = GAP_NANOS;
      nextSum = now + gap;
    }
    failures++;
    lastFailure = now;
    answered = false;
    boolean tooSoon = saidAt[at] != NEVER && now - saidAt[at] < GAP_NANOS;
    if ((said & 1 << at) != 0 || tooSoon) {
      unsaid[at]++;
      unsaidSum++;
      return false;
    }
    said |= 1 << at;
    saidAt[at] = now;
    announced = true;
    return true;
  }

  /**
   * Requests wait for the place to accept connections.
   *
   * @return whether to log that now: once a minute, and not while requests fail
   */
  synchronized boolean waits(long now) {
    if (failing || (awaitedAt != NEVER && now - awaitedAt < MAX_GAP_NANOS)) {
      return false;
    }
    awaitedAt = now;
    return true;
  }

  /** A response is complete. */
  synchronized void answered() {
    answered = true;
  }

  /**
   * The failures that no line has told of, if it is time: as {@code failing_for_s=40 failures=12
   * refused=10 closed=2}; null if there is nothing to say.
   */
  synchronized @Nullable String sum(long now) {
    if (unsaidSum == 0 || now < nextSum) {
      return null;
    }
    var text = new StringBuilder();
    text.append("failing_for_s=").append(seconds(now - failingSince));
    text.append(" failures=").append(unsaidSum);
    appendCounts(text, unsaid);
    forgetUnsaid();
    announced = true;
    gap = Math.min(2 * gap, MAX_GAP_NANOS);
    nextSum = now + gap;
    return text.toString();
  }

  /** The last failure, behind a sum. */
  synchronized String last() {
    return error;
  }

  /** The address that was tried last. */
  synchronized String tried() {
    return tried;
  }

  /**
   * If the backend has recovered: as {@code after_s=41.3 failures=124}; null if not. Only once for
   * an outage, and only if a line has told of it.
   */
  synchronized @Nullable String recovery(long now) {
    if (!failing || !announced || !answered || now - lastFailure < SETTLED_NANOS) {
      return null;
    }
    failing = false;
    forgetUnsaid();
    return "after_s=" + seconds(now - failingSince) + " failures=" + failures;
  }

  /**
   * When to call {@link #sum} and {@link #recovery}.
   *
   * @return nanoseconds from now; -1 if they need not be called, or will be called by then
   */
  synchronized long nextLook(long now) {
    if (lookAt <= now) {
      lookAt = NEVER;
    }
    long next = unsaidSum > 0 ? nextSum : NEVER;
    if (failing && announced && answered) {
      next = Math.min(next, lastFailure + SETTLED_NANOS);
    }
    if (next >= lookAt) {
      return -1;
    }
    lookAt = next;
    return Math.max(0, next - now);
  }

  /** Whether it can be forgotten: all is said, and no request has failed for a minute. */
  synchronized boolean stale(long now) {
    boolean silent = awaitedAt == NEVER || now - awaitedAt > MAX_GAP_NANOS;
    return unsaidSum == 0 && now - lastFailure > MAX_GAP_NANOS && silent;
  }

  /** All failures so far, as {@code failures=12 refused=10 closed=2}. */
  synchronized String totals() {
    var text = new StringBuilder("failures=").append(Arrays.stream(totals).sum());
    appendCounts(text, totals);
    return text.toString();
  }

  /** For how long it has failed, as {@code failing_for_s=40}; empty if it does not. */
  synchronized String outage(long now) {
    return failing ? "failing_for_s=" + seconds(now - failingSince) : "";
  }

  private static void appendCounts(StringBuilder text, long[] counts) {
    for (int i = 0; i < KINDS.length; i++) {
      if (counts[i] > 0) {
        text.append(' ').append(KINDS[i].label()).append('=').append(counts[i]);
      }
    }
  }

  private void forgetUnsaid() {
    Arrays.fill(unsaid, 0);
    unsaidSum = 0;
  }

  /** With one digit. */
  private static double seconds(long nanos) {
    return Math.round(nanos / NANOS_PER_SECOND * 10) / 10.0;
  }
}
