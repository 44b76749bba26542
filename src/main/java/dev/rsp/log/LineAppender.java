// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A queue of log lines with one thread that writes them out.
 *
 * <p>Logging never blocks: if a pipe or disk is too slow and the queue is full, lines are dropped
 * and counted. The next line written reports the count. Logback's own AsyncAppender drops without
 * counting, and at exit it blocks for ever on a pipe without a reader.
 */
final class LineAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
  /** Maximum of queued lines: enough for a burst of a few seconds; at most about 30 MiB. */
  static final int CAPACITY = 4096;

  /** Approximate bytes per write: the capacity of a pipe, pipe(7). */
  private static final int BATCH_BYTES = 65536;

  private static final long FLUSH_MILLIS = 1000;
  private static final long FLUSH_POLL_MILLIS = 2;

  private final LineFormat format;
  private final OutputStream out;
  private final BlockingQueue<byte[]> lines = new ArrayBlockingQueue<>(CAPACITY);

  /** Lines queued or being written. */
  private final AtomicLong pending = new AtomicLong();

  private final AtomicLong dropped = new AtomicLong();

  LineAppender(LineFormat format, OutputStream out) {
    this.format = format;
    this.out = out;
  }

  @Override
  public void start() {
    super.start();
    var writer = new Thread(this::write, "log");
    writer.setDaemon(true);
    writer.start();
  }

  @Override
  protected void append(ILoggingEvent event) {
    byte[] line;
    try {
      line = format.line(event);
    } catch (RuntimeException | Error e) {
      // Logging must not throw; the error can only be counted.
      dropped.incrementAndGet();
      return;
    }
    pending.incrementAndGet();
    if (!lines.offer(line)) {
      pending.decrementAndGet();
      dropped.incrementAndGet();
    }
  }

  /** Waits until all earlier lines are written, at most one second. Any thread. */
  void flush() {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLUSH_MILLIS);
    while (pending.get() > 0 && System.nanoTime() - deadline < 0) {
      try {
        Thread.sleep(FLUSH_POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private void write() {
    var batch = new ByteArrayOutputStream(BATCH_BYTES);
    try {
      while (true) {
        int count = 1;
        byte[] line = lines.take();
        try {
          while (line != null) {
            batch.writeBytes(line);
            line = batch.size() < BATCH_BYTES ? lines.poll() : null;
            count += line == null ? 0 : 1;
          }
          writeOut(batch, count);
        } catch (RuntimeException | Error e) {
          dropped.addAndGet(count); // the thread must continue, or nothing more would be logged
        }
        batch.reset();
        pending.addAndGet(-count);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // never happens
    }
  }

  private void writeOut(ByteArrayOutputStream batch, int count) {
    long lost = 0;
    try {
      batch.writeTo(out);
      count = 0;
      // Dropped lines are newer than queued lines; most were dropped while this write was blocked.
      lost = dropped.getAndSet(0);
      if (lost > 0) {
        out.write(format.line(Instant.now(), Level.WARN, "log lines dropped: " + lost));
      }
      out.flush();
    } catch (IOException e) {
      // The disk is full, or the reader is gone. The error can only be counted.
      dropped.addAndGet(lost + count);
    }
  }
}
