// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When nothing is ordered for any host: after a failure of the CA, or of the store. Not
 * thread-safe.
 */
final class Pauses {
  private static final Logger log = LoggerFactory.getLogger(Pauses.class);

  private final Pause authority;
  private final Pause store = new Pause();

  /**
   * No pause of the store.
   *
   * @param authority that of the CA, which is in the log of orders too
   */
  Pauses(Pause authority) {
    this.authority = authority;
  }

  boolean areOn(long nowMillis) {
    return store.isOn(nowMillis) || authority.isOn(nowMillis);
  }

  /** Whether no order has succeeded since the CA or the store failed last: one is tried first. */
  boolean areOnTrial() {
    return store.isOnTrial() || authority.isOnTrial();
  }

  /** When those that are on now are over. */
  long untilMillis(long nowMillis) {
    return Math.max(
        store.isOn(nowMillis) ? store.untilMillis() : nowMillis,
        authority.isOn(nowMillis) ? authority.untilMillis() : nowMillis);
  }

  /** Why nothing is ordered now, and until when; null if there is no pause. */
  @Nullable String blockage(long nowMillis) {
    Pause on = store.isOn(nowMillis) ? store : authority.isOn(nowMillis) ? authority : null;
    return on == null ? null : on.reason() + " (next try: " + time(on.untilMillis()) + ")";
  }

  /** When an order was or is tried again; null if one has succeeded since the last failure. */
  @Nullable Instant nextTry(long nowMillis) {
    Pause last = last(nowMillis);
    return last == null ? null : time(last.untilMillis());
  }

  /** What has failed; null if an order has succeeded since. */
  @Nullable String reason(long nowMillis) {
    Pause last = last(nowMillis);
    return last == null ? null : last.reason();
  }

  /** The one that keeps orders from being made, or that was the last to do so. */
  private @Nullable Pause last(long nowMillis) {
    if (store.isOnTrial() && (store.isOn(nowMillis) || !authority.isOn(nowMillis))) {
      return store;
    }
    return authority.isOnTrial() ? authority : null;
  }

  /** The CA has failed, or has refused an order of any host. */
  void authorityFailed(long askedMillis, String reason, long nowMillis) {
    begin(
        authority,
        BackOff.authorityMillis(authority.failures() + 1, askedMillis),
        reason,
        nowMillis);
  }

  /** The store, or the log of orders in it, cannot be used. */
  void storeFailed(String reason, long nowMillis) {
    begin(store, BackOff.storeMillis(store.failures() + 1), reason, nowMillis);
  }

  /** A pause that is on already is not made longer: orders that were under way fail together. */
  private static void begin(Pause which, long millis, String reason, long nowMillis) {
    if (!which.isOn(nowMillis)) {
      which.set(which.failures() + 1, nowMillis + millis, reason);
      log.warn("no certificates are ordered until {}: {}", time(which.untilMillis()), reason);
    }
  }

  /** The store could not be opened; it is tried again later. Returns after how long. */
  long storeNotOpened(String reason, long nowMillis) {
    if (!reason.equals(store.reason())) {
      log.warn("no certificates are ordered: {}", reason);
    }
    long millis = BackOff.storeMillis(store.failures() + 1);
    store.set(store.failures() + 1, nowMillis + millis, reason);
    return millis;
  }

  /** Why the store could not be opened, or has failed; null if it works. */
  @Nullable String storeProblem() {
    return store.reason();
  }

  void storeOpened() {
    store.end();
  }

  /** The CA and the store work. Returns whether the CA had failed before. */
  boolean end() {
    boolean had = authority.isOnTrial();
    if (had) {
      log.info("certificates are ordered again");
    }
    authority.end();
    store.end();
    return had;
  }

  private static Instant time(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS);
  }
}
