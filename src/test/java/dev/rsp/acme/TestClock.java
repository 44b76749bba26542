// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import com.github.benmanes.caffeine.cache.Ticker;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands until it is moved. Begins now. */
final class TestClock extends Clock {
  private volatile Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

  private final AtomicLong passedNanos = new AtomicLong();

  void pass(Duration time) {
    now = now.plus(time);
    passedNanos.addAndGet(time.toNanos());
  }

  /** Sets the clock forward or back, although no time passes. */
  void jump(Duration by) {
    now = now.plus(by);
  }

  /** The time that has passed, which does not jump. */
  Ticker ticker() {
    return passedNanos::get;
  }

  @Override
  public Instant instant() {
    return now;
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return this;
  }
}
