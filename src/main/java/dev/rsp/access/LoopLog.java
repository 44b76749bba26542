// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The access log of one loop: makes lines of exchanges that have ended, and hands many at once to
 * the thread that writes them. Confined to its loop.
 */
public final class LoopLog {
  private final AccessLogSettings settings;
  private final LogWriter writer;
  private final Consumer<Runnable> soon;
  private final TimeText time = Format.newTimeText();
  private final SplittableRandom random = new SplittableRandom();
  private final long minNanos;

  /** Whether it depends on the entry whether it is logged. */
  private final boolean selects;

  private LineBuffer lines = new LineBuffer();
  private boolean due;

  LoopLog(AccessLogSettings settings, LogWriter writer, Consumer<Runnable> soon) {
    this.settings = settings;
    this.writer = writer;
    this.soon = soon;
    this.minNanos = TimeUnit.MILLISECONDS.toNanos(settings.minMillis());
    this.selects = settings.share() < 1;
  }

  /** Adds the line of an exchange that has ended, unless it is not selected. */
  public void ended(Entry entry) {
    if (!selects || selected(entry)) {
      settings.format().put(entry, lines, time);
      if (lines.isFull()) {
        flush();
      } else if (!due) {
        due = true;
        soon.accept(
            () -> {
              due = false;
              flush();
            });
      }
    }
  }

  private boolean selected(Entry entry) {
    int minStatus = settings.minStatus();
    return (minStatus > 0 && (entry.status >= minStatus || entry.status == 0))
        || (minNanos > 0 && entry.totalTime() >= minNanos)
        || (settings.share() > 0 && random.nextDouble() < settings.share());
  }

  /** Hands over the lines that there are. */
  public void flush() {
    if (!lines.isEmpty()) {
      lines = writer.exchange(lines);
    }
  }
}
