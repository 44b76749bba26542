// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is written in one turn of the loop leaves at its end, by one flush of each channel. */
@Timeout(60)
final class TurnFlusherTest {
  private final Flushes first = new Flushes();
  private final Flushes second = new Flushes();
  private final EmbeddedChannel one = new EmbeddedChannel(first);
  private final EmbeddedChannel other = new EmbeddedChannel(second);

  /** Its loop runs tasks only by hand; those of the other two run them with each write. */
  private final EmbeddedChannel turn = new EmbeddedChannel();

  private final TurnFlusher flusher = new TurnFlusher(turn.eventLoop(), true, new FailureLog());

  /** Counts the flushes of a channel. */
  private static final class Flushes extends ChannelDuplexHandler {
    int count;

    @Override
    public void flush(ChannelHandlerContext ctx) {
      count++;
      ctx.flush();
    }

    /** Of a message that was lost with its channel. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      assertInstanceOf(ClosedChannelException.class, cause);
    }
  }

  @AfterEach
  void close() {
    assertFalse(one.finishAndReleaseAll());
    assertFalse(other.finishAndReleaseAll());
    assertFalse(turn.finishAndReleaseAll());
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private static String sent(EmbeddedChannel channel) {
    var all = new StringBuilder();
    for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
      all.append(bytes.toString(StandardCharsets.US_ASCII));
      bytes.release();
    }
    return all.toString();
  }

  @Test
  void aChannelIsFlushedOnceForAllMessagesOfATurn() {
    flusher.send(one, text("a"), TurnFlusher.MOST_HELD_BYTES);
    flusher.send(other, text("1"), TurnFlusher.MOST_HELD_BYTES);
    flusher.send(one, text("b"), TurnFlusher.MOST_HELD_BYTES);
    flusher.send(other, text("2"), TurnFlusher.MOST_HELD_BYTES);
    assertNull(one.readOutbound());
    turn.runPendingTasks();
    assertEquals("ab", sent(one));
    assertEquals("12", sent(other));
    assertEquals(1, first.count);
    assertEquals(1, second.count);
  }

  @Test
  void theMessagesOfTheNextTurnAreFlushedAgain() {
    flusher.send(one, text("a"), TurnFlusher.MOST_HELD_BYTES);
    turn.runPendingTasks();
    flusher.send(one, text("b"), TurnFlusher.MOST_HELD_BYTES);
    turn.runPendingTasks();
    assertEquals("ab", sent(one));
    assertEquals(2, first.count);
  }

  @Test
  void aLargeMessageLeavesAtOnceWithThoseBeforeIt() {
    flusher.send(one, text("a"), TurnFlusher.MOST_HELD_BYTES);
    flusher.send(one, text("b".repeat(40_000)), TurnFlusher.MOST_HELD_BYTES);
    assertEquals(40_001, sent(one).length());
    turn.runPendingTasks();
    assertEquals(1, first.count);
  }

  @Test
  void aChannelThatWasClosedMeanwhileIsNotFlushed() {
    flusher.send(one, text("a"), TurnFlusher.MOST_HELD_BYTES);
    flusher.send(other, text("1"), TurnFlusher.MOST_HELD_BYTES);
    one.close();
    int before = first.count;
    turn.runPendingTasks();
    assertEquals(before, first.count);
    assertEquals("1", sent(other));
  }
}
