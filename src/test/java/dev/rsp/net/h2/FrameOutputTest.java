// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.FailureLog;
import dev.rsp.net.TurnFlusher;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is left of a connection whose frame could not be written. */
@Timeout(10)
final class FrameOutputTest {
  private boolean failing;

  private final EmbeddedChannel channel =
      new EmbeddedChannel() {
        @Override
        public ChannelFuture write(Object message, ChannelPromise promise) {
          if (failing) {
            failing = false;
            ((ByteBuf) message).release();
            throw new LinkageError("injected");
          }
          return super.write(message, promise);
        }
      };

  private final List<String> failures = new ArrayList<>();
  private final FrameOutput output =
      FrameOutput.toServer(
          channel,
          new TurnFlusher(channel.eventLoop(), true, new FailureLog()),
          UnpooledByteBufAllocator.DEFAULT,
          cause -> failures.add(String.valueOf(cause.getMessage())));

  @AfterEach
  void close() {
    output.close();
    channel.finishAndReleaseAll();
  }

  /** The octets that have been written. */
  private int written() {
    channel.runPendingTasks();
    int octets = 0;
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      octets += part.readableBytes();
      part.release();
    }
    return octets;
  }

  @Test
  void noFrameFollowsOneThatWasWrittenInPart() {
    ByteBuf content = Unpooled.directBuffer().writeZero(10_000);
    failing = true; // the head of the frame is lost, and its content would be taken for frames
    assertThrows(LinkageError.class, () -> output.data(1, content, false, true));
    assertEquals(0, content.refCnt());
    assertEquals(List.of(), failures, "not while the stream is at work");
    ByteBuf more = Unpooled.directBuffer().writeZero(10_000);
    output.data(3, more, false, true);
    assertEquals(0, more.refCnt());
    output.ping(1, false);
    assertEquals(0, written());
    assertEquals(List.of("injected"), failures);
  }

  @Test
  void framesThatAreWholeAreWritten() {
    output.ping(1, false);
    output.data(1, Unpooled.directBuffer().writeZero(10_000), false, true);
    assertEquals(17 + 9 + 10_000, written());
    assertTrue(failures.isEmpty());
  }
}
