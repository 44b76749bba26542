// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net.h2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.net.FailureLog;
import dev.rsp.net.ReadSize;
import dev.rsp.net.TurnFlusher;
import dev.rsp.net.tls.TlsPair;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.ssl.SslProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Content that becomes frames in TLS records, from the memory that it was read into. */
@Timeout(60)
final class OutgoingContentTest {
  /** Free bytes in front of what was read. */
  private static final int HEADROOM_BYTES = 512;

  private final EmbeddedChannel server = new EmbeddedChannel();
  private final TlsPair pair = new TlsPair(server);
  private final List<Integer> copies = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();

  private final PooledByteBufAllocator allocator =
      new PooledByteBufAllocator(true) {
        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
          copies.add(initialCapacity);
          return super.newDirectBuffer(initialCapacity, maxCapacity);
        }
      };

  @BeforeEach
  void shakeHands() throws Exception {
    pair.shakeHands(SslProvider.OPENSSL_REFCNT);
  }

  @AfterEach
  void release() {
    pair.release();
    assertEquals(List.of(), failures);
  }

  private FrameOutput output() {
    TurnFlusher flusher = new TurnFlusher(server.eventLoop(), true, new FailureLog());
    return FrameOutput.toClient(server, flusher, allocator, new ReadSize(), failures::add);
  }

  private static OutgoingContent content(int stream, FrameOutput output) {
    return new OutgoingContent(stream, output, new PassiveOwner(), Integer.MAX_VALUE);
  }

  private static byte[] random(int seed, int octets) {
    byte[] bytes = new byte[octets];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** As a read leaves it. */
  private static ByteBuf read(byte[] bytes) {
    return PooledByteBufAllocator.DEFAULT
        .directBuffer(HEADROOM_BYTES + bytes.length)
        .setIndex(HEADROOM_BYTES, HEADROOM_BYTES)
        .writeBytes(bytes);
  }

  /** What the client has received of each stream. */
  private ByteBuf received(int stream) {
    pair.pump();
    ByteBuf all = Unpooled.buffer();
    for (Object part : pair.client().inboundMessages()) {
      ByteBuf bytes = (ByteBuf) part;
      all.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
    }
    ByteBuf content = Unpooled.buffer();
    while (all.isReadable()) {
      int octets = all.readMedium();
      assertEquals(0, all.readByte(), "the type of DATA");
      all.skipBytes(1);
      boolean ours = all.readInt() == stream;
      ByteBuf part = all.readSlice(octets);
      content.writeBytes(ours ? part : Unpooled.EMPTY_BUFFER);
    }
    return content;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16_375, 16_384, 16_385, 32_750, 49_134, 100_000, 261_632})
  void itIsNotCopied(int octets) {
    FrameOutput output = output();
    SendQueue queue = new SendQueue(output, () -> true, () -> {});
    assertTrue(queue.addWindow(1 << 24));
    byte[] sent = random(octets, octets);
    OutgoingContent content = content(1, output);
    content.add(read(sent));
    content.end();
    queue.send(content);
    assertEquals(ByteBufUtil.hexDump(sent), ByteBufUtil.hexDump(received(1)));
    copies.removeIf(each -> each < 4_096); // a small rest is copied, for less
    assertEquals(List.of(), copies);
    output.close();
  }

  /** RFC 9113 §8.7: it may be refused, and is then sent on another connection. */
  @ParameterizedTest
  @ValueSource(ints = {16_385, 32_750, 49_134, 100_000})
  void contentForAServerStaysAsItIs(int octets) {
    TurnFlusher flusher = new TurnFlusher(server.eventLoop(), true, new FailureLog());
    FrameOutput output = FrameOutput.toServer(server, flusher, allocator, failures::add);
    SendQueue queue = new SendQueue(output, () -> true, () -> {});
    assertTrue(queue.addWindow(1 << 24));
    byte[] sent = random(octets, octets);
    ByteBuf kept = read(sent);
    OutgoingContent content = content(1, output);
    content.add(kept.retainedSlice());
    content.end();
    queue.send(content);
    assertEquals(ByteBufUtil.hexDump(sent), ByteBufUtil.hexDump(received(1)));
    assertEquals(ByteBufUtil.hexDump(sent), ByteBufUtil.hexDump(kept));
    kept.release();
    output.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4_095, 4_096, 9_000, 16_000})
  void whatSmallWindowsCutIsWholeBehindOthers(int window) {
    FrameOutput output = output();
    SendQueue queue = new SendQueue(output, () -> true, () -> {});
    int octets = Math.min(40_000, 8 * window);
    byte[] first = random(1, octets);
    byte[] second = random(2, octets);
    OutgoingContent one = content(1, output);
    OutgoingContent other = content(3, output);
    one.add(read(first));
    one.end();
    other.add(read(second));
    other.end();
    assertTrue(queue.addWindow(-SendQueue.FIRST_WINDOW_BYTES));
    queue.send(one);
    queue.send(other);
    for (int left = 2 * octets; left > 0; left -= window) {
      assertTrue(queue.addWindow(Math.min(left, window)));
      queue.sendWaiting();
    }
    assertEquals(ByteBufUtil.hexDump(first), ByteBufUtil.hexDump(received(1)));
    assertEquals(ByteBufUtil.hexDump(second), ByteBufUtil.hexDump(received(3)));
    output.close();
  }
}
