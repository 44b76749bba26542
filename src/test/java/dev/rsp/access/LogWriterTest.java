// SPDX-License-Identifier: Apache-2.0
package dev.rsp.access;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lines are written by another thread, and never waited for. */
@Timeout(20)
final class LogWriterTest {
  /** More than are queued. */
  private static final int MANY = 100;

  private static LineBuffer line(LineBuffer buffer, String text) {
    buffer.put(text);
    buffer.endLine();
    return buffer;
  }

  @Test
  void allLinesAreWrittenInTheirOrderBeforeTheEnd() {
    var written = new StringBuilder();
    var writer =
        new LogWriter(
            "test",
            new TestSink() {
              @Override
              public int write(LineBuffer lines) {
                written.append(StandardCharsets.US_ASCII.decode(lines.content()));
                return 0;
              }
            });
    LineBuffer buffer = new LineBuffer();
    for (int i = 0; i < 3; i++) {
      buffer = writer.exchange(line(buffer, "line " + i));
      assertTrue(buffer.isEmpty());
    }
    writer.close();
    assertEquals("line 0\nline 1\nline 2\n", written.toString());
    assertEquals(0, writer.dropped());
  }

  @Test
  void aSinkThatBlocksCostsLinesWhichAreCountedAndNoTime() {
    var open = new CountDownLatch(1);
    var written = new AtomicInteger();
    var writer =
        new LogWriter(
            "test",
            new TestSink() {
              @Override
              public int write(LineBuffer lines) {
                await(open);
                written.addAndGet(lines.lines());
                return 0;
              }
            });
    LineBuffer buffer = new LineBuffer();
    for (int i = 0; i < MANY; i++) {
      buffer = writer.exchange(line(buffer, "line"));
    }
    assertTrue(writer.dropped() > 0);
    open.countDown();
    writer.close();
    assertEquals(MANY, written.get() + writer.dropped());
  }

  @Test
  void aSinkThatFailsIsTriedAgainWithTheNextLines() {
    var calls = new AtomicInteger();
    var writer =
        new LogWriter(
            "test",
            new TestSink() {
              @Override
              public int write(LineBuffer lines) throws IOException {
                if (calls.incrementAndGet() == 1) {
                  throw new IOException("No space left on device");
                }
                return 0;
              }
            });
    LineBuffer buffer = writer.exchange(line(new LineBuffer(), "lost"));
    writer.exchange(line(buffer, "written"));
    writer.close();
    assertEquals(2, calls.get());
    assertEquals(1, writer.dropped());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A sink that has nothing to close. */
  private abstract static class TestSink implements Sink {
    @Override
    public void close() {}
  }
}
