// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import dev.rsp.log.IoReason;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the lines of all loops, with a thread of its own, to a {@link Sink}.
 *
 * <p>Handing over never blocks: if the sink is too slow and the queue is full, lines are dropped
 * and counted. The loss is logged.
 */
final class LogWriter {
  private static final Logger log = LoggerFactory.getLogger(LogWriter.class);

  /** About 4 MiB: some 10,000 lines, or a second of pause of a disk at that rate. */
  private static final int MOST_QUEUED = 64;

  private static final long END_MILLIS = 2000;
  private static final long REPORT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** Ends the thread, after what was queued before. */
  private static final LineBuffer END = new LineBuffer();

  private final String target;
  private final Sink sink;
  private final BlockingQueue<LineBuffer> full = new ArrayBlockingQueue<>(MOST_QUEUED);
  private final BlockingQueue<LineBuffer> free = new ArrayBlockingQueue<>(MOST_QUEUED);
  private final AtomicLong dropped = new AtomicLong();
  private final Thread thread = new Thread(this::write, "access-log");
  private volatile boolean reopen;

  // Of the thread only.
  private long reported;
  private long reportedNanos = System.nanoTime() - REPORT_NANOS;
  private @Nullable String failure;

  LogWriter(String target, Sink sink) {
    this.target = target;
    this.sink = sink;
    thread.setDaemon(true);
    thread.start();
  }

  /** Takes over full lines, and returns an empty buffer. Any thread. */
  LineBuffer exchange(LineBuffer lines) {
    if (!full.offer(lines)) {
      dropped.addAndGet(lines.lines());
      lines.clear();
      return lines;
    }
    LineBuffer empty = free.poll();
    return empty == null ? new LineBuffer() : empty;
  }

  /** How many lines were dropped so far. Any thread. */
  long dropped() {
    return dropped.get();
  }

  /** Opens the target again before the next line. Any thread. */
  void reopen() {
    reopen = true;
  }

  /** Writes what is queued, and ends; waits for that for two seconds at most. */
  void close() {
    try {
      if (full.offer(END, END_MILLIS, TimeUnit.MILLISECONDS)) {
        thread.join(END_MILLIS);
      }
      if (thread.isAlive()) {
        log.warn("access log target={} does not take its last lines", target);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @SuppressWarnings("ReferenceEquality") // END is one object
  private void write() {
    try {
      while (true) {
        LineBuffer lines = full.poll(1, TimeUnit.SECONDS);
        if (lines == END) {
          return;
        }
        if (lines != null) {
          writeOut(lines);
          lines.clear();
          free.offer(lines);
        }
        report();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // never happens
    } finally {
      end();
    }
  }

  private void writeOut(LineBuffer lines) {
    int count = lines.lines();
    try {
      if (reopen) {
        reopen = false;
        sink.reopen();
      }
      dropped.addAndGet(sink.write(lines));
      failure = null;
    } catch (IOException | RuntimeException | Error e) {
      dropped.addAndGet(count); // the thread must go on, or nothing more would be logged
      failure = reason(e);
    }
  }

  private static String reason(Throwable e) {
    return e instanceof IOException io ? IoReason.of(io) : e.toString();
  }

  /** Logs lost lines, once in ten seconds. */
  private void report() {
    long lost = dropped.get() - reported;
    long now = System.nanoTime();
    if (lost == 0 || now - reportedNanos < REPORT_NANOS) {
      return;
    }
    reported += lost;
    reportedNanos = now;
    log.warn(
        "access log target={} lines dropped={} reason={}",
        target,
        lost,
        failure == null ? "it takes lines too slowly" : failure);
  }

  private void end() {
    long lost = dropped.get() - reported;
    if (lost > 0) {
      log.warn("access log target={} lines dropped={}", target, lost);
    }
    try {
      sink.close();
    } catch (IOException e) {
      log.warn("access log target={}: {}", target, reason(e));
    }
  }
}
