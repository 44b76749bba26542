// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator.ExtendedHandle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How large the buffers are that a connection is read into. */
final class ReadBuffersTest {
  private static final long LIMIT_BYTES = 100_000_000;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true, true);
  private final MemoryBudget budget = new MemoryBudget();
  private long inUse;
  private final LoopMemory memory = new LoopMemory(budget, allocator, () -> inUse);
  private int most = ReadBuffers.LARGEST_BYTES;
  private final ExtendedHandle sizes =
      (ExtendedHandle) new ReadBuffers(memory, ReadBuffers.SMALL_BYTES, () -> most).newHandle();

  @AfterEach
  void nothingIsLeft() {
    memory.release();
    assertEquals(0, allocator.metric().usedDirectMemory());
  }

  /** The capacity of the next buffer, of which so much is read. */
  private int read(double share) {
    ByteBuf buffer = sizes.allocate(allocator);
    assertEquals(ReadBuffers.HEADROOM_BYTES, buffer.readerIndex());
    int capacity = buffer.capacity();
    sizes.attemptedBytesRead(buffer.writableBytes());
    sizes.lastBytesRead((int) (buffer.writableBytes() * share));
    buffer.release();
    return capacity;
  }

  @Test
  void theyGrowWhileReadsFillThem() {
    assertEquals(4_096, read(1));
    assertEquals(16_384, read(1));
    assertEquals(65_536, read(1));
    assertEquals(262_144, read(1));
    assertEquals(262_144, read(0.5));
    assertEquals(262_144, read(0.01));
    assertEquals(4_096, read(0.5));
    assertEquals(4_096, read(0.5));
  }

  @Test
  void theyAreNoLargerThanTheReceiverMayHaveThem() {
    most = ReadBuffers.MIDDLE_BYTES;
    assertEquals(4_096, read(1));
    assertEquals(16_384, read(1));
    assertEquals(16_384, read(1));
    most = ReadBuffers.LARGE_BYTES;
    assertEquals(65_536, read(1));
  }

  @Test
  void theyAreSmallWhileMemoryIsShort() {
    budget.limit(LIMIT_BYTES);
    for (int i = 0; i < 4; i++) {
      read(1);
    }
    use(50_000_001);
    assertEquals(16_384, read(1));
    use(75_000_001);
    assertEquals(4_096, read(1));
    use(50_000_000);
    assertEquals(262_144, read(1));
  }

  private void use(long bytes) {
    inUse = bytes;
    memory.report();
  }
}
