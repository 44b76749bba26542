// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.LoopMemory;
import dev.rsp.net.MemoryBudget;
import dev.rsp.net.NetLoop;
import dev.rsp.net.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.nio.NioIoHandler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What of the content of one stream is passed on, held and counted, with a window of 100 octets.
 */
@Timeout(30)
final class IncomingContentTest {
  private final ManualIoEventLoop hand =
      new ManualIoEventLoop(Thread.currentThread(), NioIoHandler.newFactory());
  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final NetLoop net =
      new NetLoop(
          Transport.NIO,
          Transport.NIO::newClient,
          hand,
          new LoopMemory(new MemoryBudget(), allocator, this::usedBytes));
  private final Stream stream = new Stream();
  private final IncomingContent content = new IncomingContent(net, stream, 100);

  private long usedBytes() {
    return allocator.metric().usedDirectMemory();
  }

  @AfterEach
  void nothingIsLeft() {
    content.release();
    assertEquals(0, usedBytes());
    hand.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    while (!hand.isTerminated()) {
      hand.runNow();
    }
  }

  private static final class Stream implements IncomingContent.Owner {
    private final List<String> events = new ArrayList<>();
    private boolean takes = true;
    private boolean fails;

    @Override
    public boolean takesContent() {
      return takes;
    }

    @Override
    public void content(ByteBuf bytes, boolean last) {
      events.add(bytes.toString(StandardCharsets.US_ASCII) + (last ? " END" : ""));
      bytes.release();
      if (fails) {
        throw new IllegalStateException("a fault");
      }
    }

    @Override
    public void openWindow(ReceiveWindow window, boolean keptUp) {
      events.add("window " + window.open(0) + (keptUp ? " kept up" : ""));
    }

    @Override
    public void failed(Throwable cause) {
      events.add("failed: " + cause.getMessage());
    }
  }

  private boolean come(String text, boolean last) {
    ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    try {
      boolean asAnnounced = content.count(bytes.readableBytes(), 0, last);
      content.add(bytes, last);
      return asAnnounced;
    } finally {
      bytes.release();
    }
  }

  @Test
  void whatIsWantedIsPassedOnAtOnce() {
    come("ab", false);
    come("", true);
    assertEquals(List.of("ab", " END"), stream.events);
    assertTrue(content.ended());
    assertEquals(2, content.received());
  }

  @Test
  void whatIsNotWantedIsHeldWithTheEndBehindIt() {
    content.want(false);
    come("ab", false);
    come("c", true);
    assertEquals(List.of(), stream.events);
    assertTrue(content.heldBytes() >= 3);
    content.want(true);
    assertEquals(List.of(), stream.events, "its owner is still at work");
    hand.runNow();
    assertEquals(List.of("abc END"), stream.events);
    assertEquals(0, content.heldBytes());
  }

  @Test
  void whatComesWhileOtherIsHeldIsHeldBehindIt() {
    content.want(false);
    come("a", false);
    content.want(true);
    come("b", false);
    hand.runNow();
    come("c", true);
    assertEquals(List.of("ab", "c END"), stream.events);
  }

  @Test
  void whatTheOwnerDoesNotTakeIsHeldAlthoughItIsWanted() {
    stream.takes = false;
    come("a", false);
    content.passHeld();
    hand.runNow();
    assertEquals(List.of(), stream.events);
    stream.takes = true;
    content.passHeld();
    hand.runNow();
    assertEquals(List.of("a"), stream.events);
  }

  @Test
  void whatIsUnwantedAgainBeforeItIsPassedOnStays() {
    content.want(false);
    come("a", true);
    content.want(true);
    content.want(false);
    hand.runNow();
    assertEquals(List.of(), stream.events);
    content.want(true);
    hand.runNow();
    assertEquals(List.of("a END"), stream.events);
  }

  @Test
  void theWindowIsOpenedOnlyForWhatWasTaken() {
    come("x".repeat(60), false);
    assertEquals("window 60 kept up", stream.events.get(1));
    content.want(false);
    come("y".repeat(100), false);
    assertEquals(2, stream.events.size());
    assertFalse(content.admits(1));
    content.want(true);
    hand.runNow();
    assertEquals("window 100", stream.events.get(3), "it has not kept up");
    assertTrue(content.admits(100));
    come("z".repeat(51), false);
    assertEquals("window 51 kept up", stream.events.get(5));
  }

  @Test
  void theWindowIsOpenedForPaddingAndNotBehindTheEnd() {
    assertTrue(content.count(0, 60, false));
    content.want(true);
    assertEquals(List.of("window 60 kept up"), stream.events);
    come("x".repeat(90), true);
    assertEquals(2, stream.events.size());
  }

  @Test
  void contentMustBeAsLongAsAnnounced() {
    assertTrue(come("abc", false), "nothing is announced");
    content.announce(5);
    assertTrue(come("d", false));
    assertTrue(come("e", false));
    assertTrue(come("", true));
    content.announce(6);
    assertFalse(come("", true), "too short");
    content.announce(4);
    assertFalse(come("", false), "too long");
  }

  @Test
  void anOwnerThatFailsWhileItIsGivenWhatWasHeldIsTold() {
    stream.fails = true;
    content.want(false);
    come("a", false);
    content.want(true);
    hand.runNow();
    assertEquals(List.of("a", "failed: a fault"), stream.events);
  }

  @Test
  void whatIsReleasedIsNotPassedOn() {
    content.want(false);
    come("a", false);
    content.want(true);
    content.release();
    hand.runNow();
    assertEquals(List.of(), stream.events);
  }
}
