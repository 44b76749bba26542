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
import org.jspecify.annotations.Nullable;

/**
 * A queue of log lines with one thread that writes them out, or sends them to the systemd journal.
 *
 * <p>Logging never blocks: if a pipe or disk is too slow and the queue is full, lines are dropped
 * and counted. The next line written reports the count. Logback's own AsyncAppender drops without
 * counting, and at exit it blocks for ever on a pipe without a reader.
 */
final class LineAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
  /**
   * Maximum of queued lines: enough for a burst of a few seconds; at most about 30 MiB of lines.
   */
  static final int CAPACITY = 4096;

  /** Approximate bytes per write: the capacity of a pipe, pipe(7). */
  private static final int BATCH_BYTES = 65536;

  private static final long FLUSH_MILLIS = 1000;
  private static final long FLUSH_POLL_MILLIS = 2;

  private final LineFormat format;
  private final OutputStream out;
  private final @Nullable JournalSocket journal;
  private final BlockingQueue<Line> lines = new ArrayBlockingQueue<>(CAPACITY);

  /** Lines queued or being written. */
  private final AtomicLong pending = new AtomicLong();

  private final AtomicLong dropped = new AtomicLong();

  /** An event in the queue: its line, and its entry if there is a journal. */
  private static final class Line {
    final byte[] text;
    final byte @Nullable [] entry;

    Line(byte[] text, byte @Nullable [] entry) {
      this.text = text;
      this.entry = entry;
    }
  }

  /** An appender that writes lines. */
  LineAppender(LineFormat format, OutputStream out) {
    this(format, out, null);
  }

  /**
   * An appender that sends entries to the systemd journal.
   *
   * @param format of the line that is written instead of an entry that the journal does not take
   * @param journal null to write lines only
   */
  LineAppender(LineFormat format, OutputStream out, @Nullable JournalSocket journal) {
    this.format = format;
    this.out = out;
    this.journal = journal;
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
    Line line;
    try {
      byte[] entry = journal == null ? null : JournalEntry.of(event, LineFormat.message(event));
      line = new Line(format.line(event), entry);
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
        int inBatch = 0;
        Line line = lines.take();
        try {
          while (line != null) {
            if (!isSent(line)) {
              batch.writeBytes(line.text);
              inBatch++;
            }
            line = batch.size() < BATCH_BYTES && count < CAPACITY ? lines.poll() : null;
            count += line == null ? 0 : 1;
          }
          writeOut(batch, inBatch);
        } catch (RuntimeException | Error e) {
          dropped.addAndGet(inBatch); // the thread must continue, or nothing more would be logged
        }
        batch.reset();
        pending.addAndGet(-count);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // never happens
    }
  }

  /** Whether the journal has taken the entry. If not, its line is written. */
  private boolean isSent(Line line) {
    return journal != null && line.entry != null && journal.send(line.entry);
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
