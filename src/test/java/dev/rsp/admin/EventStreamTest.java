// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Those who watch {@code /api/events}, with a clock of the test's own. */
@Timeout(60)
final class EventStreamTest {
  private final EventStream events = new EventStream(new TestOperations(), Runnable::run);
  private final ChannelInboundHandlerAdapter last = new ChannelInboundHandlerAdapter();
  private final EmbeddedChannel watcher = new EmbeddedChannel(last);

  EventStreamTest() {
    watcher.freezeTime();
    ChannelHandlerContext context = watcher.pipeline().context(last);
    assertTrue(events.start(context, HttpVersion.HTTP_1_1));
  }

  @AfterEach
  void close() {
    sent();
    watcher.close();
    pass(2);
    sent();
  }

  /** Lets seconds pass. */
  private void pass(int seconds) {
    for (int i = 0; i < seconds; i++) {
      watcher.advanceTimeBy(1, TimeUnit.SECONDS);
      watcher.runScheduledPendingTasks();
      watcher.runPendingTasks();
    }
  }

  /** How many messages it got since the last call. */
  private int sent() {
    int count = 0;
    for (Object one = watcher.readOutbound(); one != null; one = watcher.readOutbound()) {
      ReferenceCountUtil.release(one);
      count++;
    }
    return count;
  }

  /** Whether the peer takes what is sent. */
  private void setReading(boolean reading) {
    watcher.unsafe().outboundBuffer().setUserDefinedWritability(1, reading);
  }

  @Test
  void aWatcherThatReadsNothingIsCutAfterThirtySeconds() {
    pass(3);
    assertTrue(sent() >= 4, "the head, and an event each second");
    setReading(false);
    pass(29);
    assertTrue(watcher.isOpen(), "it may be a slow line");
    pass(2);
    assertFalse(watcher.isOpen());
    assertEquals(0, sent(), "nothing is kept for a watcher that does not read");
  }

  @Test
  void aWatcherThatReadsAgainInTimeStays() {
    setReading(false);
    pass(25);
    setReading(true);
    pass(2);
    setReading(false);
    pass(25);
    assertTrue(watcher.isOpen(), "only seconds in a row count");
  }
}
