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
 * <p>Who logs never waits: a full pipe or a slow disk fills the queue, and then lines are dropped
 * and counted. The count is the next line that gets through. Logback's own AsyncAppender drops
 * without counting, and at exit waits for ever for a pipe that nobody reads.
 */
final class LineAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
  /**
   * Lines that may wait: what a burst of a few seconds needs, and some 30 MiB at the very worst.
   */
  static final int CAPACITY = 4096;

  /** Bytes per write, more or less: as many as a pipe takes at once, pipe(7). */
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
      // Who logs must not fail by it; there is no place to complain but the count.
      dropped.incrementAndGet();
      return;
    }
    pending.incrementAndGet();
    if (!lines.offer(line)) {
      pending.decrementAndGet();
      dropped.incrementAndGet();
    }
  }

  /** Waits until the lines so far are written, but no longer than a second. Any thread. */
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
          dropped.addAndGet(count); // the thread lives on, or there would be no log from here on
        }
        batch.reset();
        pending.addAndGet(-count);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // nobody does that
    }
  }

  private void writeOut(ByteArrayOutputStream batch, int count) {
    long lost = 0;
    try {
      batch.writeTo(out);
      count = 0;
      // What was dropped came after what was queued, and most of it while this write was waiting.
      lost = dropped.getAndSet(0);
      if (lost > 0) {
        out.write(format.line(Instant.now(), Level.WARN, "log lines dropped: " + lost));
      }
      out.flush();
    } catch (IOException e) {
      // The disk is full, or the reader is gone. There is no place to complain; the count goes on.
      dropped.addAndGet(lost + count);
    }
  }
}
