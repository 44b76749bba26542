// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import org.jspecify.annotations.Nullable;

/** A time without orders, after a failure that is not that of a host. Not thread-safe. */
final class Pause {
  private int failures;
  private long untilMillis;
  private @Nullable String reason;

  boolean isOn(long nowMillis) {
    return BackOff.isAhead(untilMillis, nowMillis, BackOff.MOST_PAUSE_MILLIS);
  }

  /** Whether it is over, but no order has succeeded since: one is tried first. */
  boolean isOnTrial() {
    return failures > 0;
  }

  int failures() {
    return failures;
  }

  long untilMillis() {
    return untilMillis;
  }

  @Nullable String reason() {
    return reason;
  }

  void set(int count, long millis, String why) {
    failures = count;
    untilMillis = millis;
    reason = why;
  }

  void end() {
    failures = 0;
    untilMillis = 0;
    reason = null;
  }
}
