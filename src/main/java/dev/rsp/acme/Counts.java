// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import java.util.concurrent.atomic.LongAdder;

/** What has happened since the start, also before a reload. Thread-safe. */
final class Counts {
  private final LongAdder issued = new LongAdder();
  private final LongAdder renewed = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder interrupted = new LongAdder();
  private final LongAdder allowed = new LongAdder();
  private final LongAdder denied = new LongAdder();
  private final LongAdder unanswered = new LongAdder();
  private final LongAdder refused = new LongAdder();

  void countIssued(boolean renewal) {
    (renewal ? renewed : issued).increment();
  }

  void countFailed() {
    failed.increment();
  }

  void countInterrupted() {
    interrupted.increment();
  }

  void countRefused() {
    refused.increment();
  }

  void countAnswer(Allow.Answer answer) {
    switch (answer) {
      case YES -> allowed.increment();
      case NO -> denied.increment();
      case UNKNOWN -> unanswered.increment();
    }
  }

  /** With what a configuration in use adds: all of {@code now} that is not counted here. */
  IssuerFigures figures(IssuerFigures now) {
    return new IssuerFigures(
        issued.sum(),
        renewed.sum(),
        failed.sum(),
        interrupted.sum(),
        now.queued(),
        now.running(),
        allowed.sum(),
        denied.sum(),
        unanswered.sum(),
        refused.sum(),
        now.budgetUsed(),
        now.stored(),
        now.pausedUntil(),
        now.pauseReason());
  }
}
