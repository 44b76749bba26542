// SPDX-License-Identifier: Apache-2.0
package dev.rsp.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;

final class LineAppenderTest {
  private final Sink sink = new Sink();
  private final LineAppender appender = new LineAppender(LineFormat.journal(), sink);
  private final Logger log = logger(appender);

  @Test
  void writesInOrder() {
    log.info("one");
    log.warn("two {}", 2);
    awaitWritten();
    assertEquals(List.of("one", "<4>two 2"), sink.lines());
  }

  @Test
  void dropsAndCountsWhenNobodyReads() {
    sink.pause();
    int extra = 100;
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () -> {
          log.info("first");
          sink.awaitWriter();
          for (int i = 0; i < LineAppender.CAPACITY + extra; i++) {
            log.info("line {}", i);
          }
        });
    sink.resume();
    awaitWritten();
    List<String> lines = sink.lines();
    assertTrue(lines.contains("<4>log lines dropped: " + extra), lines.toString());
    assertEquals("line " + (LineAppender.CAPACITY - 1), lines.get(lines.size() - 1));
    log.info("later");
    awaitWritten();
    assertEquals(1, sink.lines().stream().filter("later"::equals).count());
  }

  @Test
  void anErrorEndsNeitherItsThreadNorTheOneThatLogs() {
    sink.error = true;
    log.info("lost");
    awaitWritten();
    sink.error = false;
    log.info("kept");
    awaitWritten();
    assertEquals(List.of("kept", "<4>log lines dropped: 1"), sink.lines());
  }

  @Test
  void doesNotWaitForEverAtExit() {
    sink.pause();
    log.info("stuck");
    assertTimeoutPreemptively(Duration.ofSeconds(60), appender::flush);
    sink.resume();
  }

  @Test
  void countsWhatAFullDiskTook() {
    sink.full = true;
    log.info("lost");
    awaitWritten();
    sink.full = false;
    log.info("kept");
    awaitWritten();
    assertEquals(List.of("kept", "<4>log lines dropped: 1"), sink.lines());
  }

  /** A flush returns when all is written, or after a second; slow machines may need more. */
  private void awaitWritten() {
    for (int i = 0; i < 60; i++) {
      appender.flush();
    }
  }

  private static Logger logger(LineAppender appender) {
    var context = new LoggerContext();
    appender.setContext(context);
    appender.start();
    Logger logger = context.getLogger("test");
    logger.setLevel(Level.INFO);
    logger.addAppender(appender);
    return logger;
  }

  /** A pipe whose reader can stop reading, and a disk that can be full. */
  private static final class Sink extends OutputStream {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Semaphore open = new Semaphore(1);
    private final Semaphore waiting = new Semaphore(0);
    volatile boolean full;
    volatile boolean error;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      if (full) {
        throw new IOException("No space left on device");
      }
      if (error) {
        throw new LinkageError("injected");
      }
      waiting.release();
      open.acquireUninterruptibly();
      open.release();
      synchronized (bytes) {
        bytes.write(from, offset, length);
      }
    }

    void pause() {
      open.acquireUninterruptibly();
    }

    void awaitWriter() throws InterruptedException {
      waiting.acquire();
    }

    void resume() {
      open.release();
    }

    List<String> lines() {
      synchronized (bytes) {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
      }
    }
  }
}
