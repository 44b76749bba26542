// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.net.FailureLog;
import dev.rsp.net.ReadSize;
import dev.rsp.net.TurnFlusher;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.AsciiString;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the streams of one connection send, and in which order. */
@Timeout(10)
final class SendQueueTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<Throwable> failures = new ArrayList<>();
  private final FrameOutput output =
      FrameOutput.toClient(
          channel,
          new TurnFlusher(channel.eventLoop(), true, new FailureLog()),
          UnpooledByteBufAllocator.DEFAULT,
          new ReadSize(),
          failures::add);
  private final SendQueue queue = new SendQueue(output, () -> true, () -> {});

  @AfterEach
  void close() {
    output.close();
    channel.finishAndReleaseAll();
    assertEquals(List.of(), failures);
  }

  private OutgoingContent content(int stream) {
    return new OutgoingContent(stream, output, new PassiveOwner(), Integer.MAX_VALUE);
  }

  private void send(OutgoingContent content, int octets, boolean last) {
    content.add(Unpooled.wrappedBuffer(new byte[octets]));
    if (last) {
      content.end();
    }
    queue.send(content);
  }

  /** The frames that were written: stream, octets, and whether it ends the stream. */
  private List<String> frames() {
    channel.runPendingTasks();
    ByteBuf all = Unpooled.buffer();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      all.writeBytes(part);
      part.release();
    }
    List<String> frames = new ArrayList<>();
    while (all.isReadable()) {
      int octets = all.readMedium();
      String type = all.readByte() == 0 ? "DATA " : "HEADERS ";
      String end = (all.readByte() & 1) == 1 ? " END" : "";
      int stream = all.readInt();
      all.skipBytes(octets);
      frames.add(type + stream + (type.equals("DATA ") ? " " + octets : "") + end);
    }
    return frames;
  }

  /** The window of the connection is used up, and a stream waits for more. */
  private OutgoingContent waiting() {
    OutgoingContent large = content(1);
    send(large, SendQueue.FIRST_WINDOW_BYTES + 10, true);
    assertEquals(0, queue.window());
    frames();
    return large;
  }

  @Test
  void anEndWithoutContentNeedsNoWindow() {
    waiting();
    send(content(3), 0, true);
    assertEquals(List.of("DATA 3 0 END"), frames());
  }

  @Test
  void norDoTrailers() {
    waiting();
    OutgoingContent other = content(3);
    other.trailers(List.of(AsciiString.of("grpc-status"), AsciiString.of("0")));
    send(other, 0, true);
    assertEquals(List.of("HEADERS 3 END"), frames());
  }

  @Test
  void contentWaitsItsTurnForTheWindow() {
    waiting();
    OutgoingContent other = content(3);
    send(other, 5, true);
    assertEquals(List.of(), frames());
    queue.addWindow(8);
    queue.sendWaiting();
    assertEquals(List.of("DATA 1 8"), frames());
    queue.addWindow(100);
    queue.sendWaiting();
    assertEquals(List.of("DATA 3 5 END", "DATA 1 2 END"), frames());
  }

  @Test
  void anEndThatTheSocketDidNotTakeNeedsNoWindowLater() {
    waiting();
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
    OutgoingContent other = content(3);
    send(other, 0, true);
    OutgoingContent gone = content(5);
    send(gone, 0, true);
    gone.release();
    queue.remove(gone);
    assertEquals(List.of(), frames());
    channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
    queue.sendWaiting();
    assertEquals(List.of("DATA 3 0 END"), frames());
  }

  @Test
  void contentThatIsAddedToAStreamThatHasEndedIsReleased() {
    OutgoingContent gone = content(1);
    gone.release();
    ByteBuf late = Unpooled.buffer().writeZero(10);
    gone.add(late);
    assertEquals(0, late.refCnt(), () -> ByteBufUtil.hexDump(late));
    assertEquals(0, gone.bytes());
  }
}
