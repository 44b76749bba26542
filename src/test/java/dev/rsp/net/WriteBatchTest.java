// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Small messages of a turn leave as one, and none overtakes another. */
@Timeout(60)
final class WriteBatchTest {
  /** Its event loop runs tasks only by hand, or with a write. */
  private final EmbeddedChannel channel = new EmbeddedChannel();

  private final List<Throwable> failures = new ArrayList<>();
  private final TurnFlusher flusher = new TurnFlusher(channel.eventLoop(), true, new FailureLog());

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);

  private int heldBytes = 64 * 1024;
  private final WriteBatch batch =
      new WriteBatch(channel, flusher, allocator, () -> heldBytes, failures::add);

  @AfterEach
  void nothingIsLeft() {
    assertFalse(channel.finishAndReleaseAll());
    assertEquals(0, allocator.metric().usedDirectMemory());
    assertEquals(List.of(), failures);
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  private void send(String text) {
    ByteBuf bytes = text(text);
    batch.send(bytes);
    if (text.length() <= 2_048) {
      assertEquals(0, bytes.refCnt());
    }
  }

  /** The messages that the channel has got, each as one text. */
  private List<String> sent() {
    channel.runPendingTasks();
    List<String> all = new ArrayList<>();
    for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
      all.add(bytes.toString(StandardCharsets.US_ASCII));
      bytes.release();
    }
    return all;
  }

  @Test
  void smallMessagesOfATurnLeaveAsOne() {
    send("a");
    send("bc");
    assertEquals(3, batch.unsentBytes());
    assertEquals(List.of("abc"), sent());
    assertEquals(0, batch.unsentBytes());
    send("d");
    assertEquals(List.of("d"), sent());
  }

  @Test
  void aLargeMessageIsNotCopiedAndStaysInOrder() {
    send("a");
    ByteBuf large = text("b".repeat(2_049));
    batch.send(large);
    send("c");
    channel.runPendingTasks();
    ByteBuf first = channel.readOutbound();
    assertEquals("a", first.toString(StandardCharsets.US_ASCII));
    first.release();
    assertSame(large, channel.readOutbound());
    large.release();
    assertEquals(List.of("c"), sent());
  }

  @Test
  void aJoinedMessageFitsATlsRecord() {
    String each = "x".repeat(2_000);
    for (int i = 0; i < 10; i++) {
      send(each);
    }
    assertEquals(List.of(each.repeat(8), each.repeat(2)), sent());
  }

  /** Each is as large as a TLS record: one system call for each would cost too much. */
  @Test
  void largeMessagesLeaveTogetherWhenTheyAreAsMuchAsMayBeHeld() {
    var turn = new EmbeddedChannel(); // whose loop runs no task here
    var ends = new TurnFlusher(turn.eventLoop(), true, new FailureLog());
    var large = new WriteBatch(channel, ends, allocator, () -> heldBytes, failures::add);
    for (int i = 0; i < 3; i++) {
      large.send(text("x".repeat(16_384)));
    }
    assertNull(channel.readOutbound());
    large.send(text("x".repeat(16_384)));
    assertEquals(4, sent().size());
    heldBytes *= 2;
    for (int i = 0; i < 7; i++) {
      large.send(text("x".repeat(16_384)));
    }
    assertNull(channel.readOutbound());
    large.send(text("x".repeat(16_384)));
    assertEquals(8, sent().size());
    assertFalse(turn.finishAndReleaseAll());
  }

  @Test
  void itCanBeWrittenBeforeTheEndOfTheTurn() {
    send("a");
    batch.write();
    channel.flush();
    assertEquals(List.of("a"), sent());
    assertEquals(List.of(), sent());
  }

  @Test
  void whatIsJoinedIsReleasedWithTheConnection() {
    send("a");
    batch.release();
    assertEquals(0, batch.unsentBytes());
    assertEquals(List.of(), sent());
    batch.release();
  }

  /** The loop that runs the batch only logs what a task throws. */
  @Test
  void aFailureAtTheEndOfTheTurnIsReported() {
    var failing =
        new EmbeddedChannel() {
          @Override
          public ChannelFuture write(Object message, ChannelPromise promise) {
            ((ByteBuf) message).release();
            throw new IllegalStateException("injected");
          }
        };
    List<Throwable> reported = new ArrayList<>();
    var other = new WriteBatch(failing, flusher, allocator, () -> heldBytes, reported::add);
    other.send(text("a"));
    failing.runPendingTasks();
    assertEquals(1, reported.size());
    assertThrows(IllegalStateException.class, () -> failLarge(other));
    failing.finishAndReleaseAll();
  }

  private static void failLarge(WriteBatch other) {
    other.send(text("b".repeat(3_000)));
  }
}
