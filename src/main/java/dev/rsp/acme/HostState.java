// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is known of a host: its certificate, its failures, its order. Not thread-safe. */
final class HostState {
  /** How far an order is. */
  enum Phase {
    IDLE,
    QUEUED,
    ORDERING
  }

  private final String name;
  private @Nullable StoredCertificate certificate;
  private Phase phase = Phase.IDLE;
  private int failures;
  private long retryMillis;
  private @Nullable String problem;
  private int interruptions;

  /** When it is looked at again, in the order of renewals. Changed by {@link Hosts} only. */
  private long nextMillis;

  private @Nullable List<Consumer<@Nullable String>> waiting;

  HostState(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  @Nullable StoredCertificate certificate() {
    return certificate;
  }

  /** Whether a certificate is stored that has not expired. */
  boolean isServed(long nowMillis) {
    return certificate != null && certificate.notAfterMillis() > nowMillis;
  }

  Phase phase() {
    return phase;
  }

  boolean isIdle() {
    return phase == Phase.IDLE;
  }

  void phase(Phase next) {
    phase = next;
  }

  int failures() {
    return failures;
  }

  long retryMillis() {
    return retryMillis;
  }

  /** Whether nothing may be ordered yet, because an order has failed. */
  boolean isHeld(long nowMillis) {
    return BackOff.isAhead(retryMillis, nowMillis, BackOff.MOST_HOST_MILLIS);
  }

  @Nullable String problem() {
    return problem;
  }

  long nextMillis() {
    return nextMillis;
  }

  void nextMillis(long millis) {
    nextMillis = millis;
  }

  /** A new certificate is in the store. */
  void stored(StoredCertificate next) {
    certificate = next;
    succeeded();
  }

  /** Only the time of the next renewal has changed. */
  void renewal(StoredCertificate next) {
    certificate = next;
  }

  /** It was found to be well. */
  void succeeded() {
    failures = 0;
    retryMillis = 0;
    problem = null;
    interruptions = 0;
  }

  void failed(int count, long nextTryMillis, String reason) {
    failures = count;
    retryMillis = nextTryMillis;
    problem = reason;
    interruptions = 0;
  }

  /** Why nothing is ordered for it, although no order has failed. */
  void held(String reason) {
    problem = reason;
  }

  /** The order ended because of the CA or the store. Returns how often in turn. */
  int interrupted() {
    return ++interruptions;
  }

  void await(Consumer<@Nullable String> done) {
    if (waiting == null) {
      waiting = new ArrayList<>(2);
    }
    waiting.add(done);
  }

  List<Consumer<@Nullable String>> takeWaiting() {
    List<Consumer<@Nullable String>> taken = waiting == null ? List.of() : waiting;
    waiting = null;
    return taken;
  }

  HostReport report() {
    StoredCertificate now = certificate;
    HostReport.State state =
        switch (phase) {
          case QUEUED -> HostReport.State.QUEUED;
          case ORDERING -> HostReport.State.ORDERING;
          case IDLE ->
              failures > 0 || now == null ? HostReport.State.FAILED : HostReport.State.STORED;
        };
    return new HostReport(
        name,
        state,
        now == null ? null : Instant.ofEpochMilli(now.notBeforeMillis()),
        now == null ? null : Instant.ofEpochMilli(now.notAfterMillis()),
        now == null ? null : Instant.ofEpochMilli(Math.max(now.renewalMillis(), retryMillis)),
        failures,
        problem,
        retryMillis == 0 ? null : Instant.ofEpochMilli(retryMillis));
  }
}
