// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.plan.Progress;
import dev.rsp.top.Terminal;
import java.io.PrintStream;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * One line on a terminal that says how far a command is, if it takes longer than two seconds.
 * Nothing in a file or a pipe. {@link #close} removes the line, so that the result stands alone.
 *
 * <p>A thread of its own writes it; the work only leaves its state here.
 */
final class ProgressLine implements Progress, AutoCloseable {
  /** A command that is done sooner needs no line. */
  private static final long QUIET_MILLIS = 2000;

  /** Often enough to be seen to move. */
  private static final long PERIOD_MILLIS = 250;

  /** Back to the first column, and erase the line (ECMA-48, EL). */
  private static final String ERASE = "\r\u001b[K";

  private final PrintStream terminal;
  private final long beganNanos = System.nanoTime();
  private final Thread thread;

  // Guarded by this.
  private String work = "";
  private int done;
  private int total;
  private boolean shown;
  private boolean closed;

  private ProgressLine(PrintStream terminal, boolean isTerminal, long quietMillis) {
    this.terminal = terminal;
    this.thread = new Thread(() -> show(quietMillis), "progress");
    thread.setDaemon(true);
    if (isTerminal) {
      thread.start();
    } else {
      closed = true;
    }
  }

  /** A line on standard error. */
  static ProgressLine open() {
    return new ProgressLine(System.err, Terminal.is(2), QUIET_MILLIS);
  }

  /** For tests. */
  static ProgressLine open(PrintStream terminal, boolean isTerminal, long quietMillis) {
    return new ProgressLine(terminal, isTerminal, quietMillis);
  }

  /** This work begins; nobody counts what it has done. */
  void at(String work) {
    at(work, 0, 0);
  }

  @Override
  public synchronized void at(String work, int done, int total) {
    this.work = work;
    this.done = done;
    this.total = total;
  }

  private synchronized void show(long quietMillis) {
    long waitMillis = quietMillis;
    try {
      while (!closed) {
        wait(waitMillis);
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - beganNanos);
        if (!closed
            && System.nanoTime() - beganNanos >= TimeUnit.MILLISECONDS.toNanos(quietMillis)) {
          shown = true;
          terminal.print(ERASE + text(seconds));
          terminal.flush();
        }
        waitMillis = PERIOD_MILLIS;
      }
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  private String text(long seconds) {
    if (total == 0) {
      return "%s, %d s".formatted(work, seconds);
    }
    return String.format(
        Locale.ROOT,
        "%s: %d %% (%,d of %,d), %d s",
        work,
        (long) done * 100 / total,
        done,
        total,
        seconds);
  }

  /** Ends it, and removes the line if there is one. */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
    if (shown) {
      shown = false;
      terminal.print(ERASE);
      terminal.flush();
    }
  }
}
