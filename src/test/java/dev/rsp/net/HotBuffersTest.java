// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which buffers are used again, and for how long they are kept. */
@Timeout(10)
final class HotBuffersTest {
  private static final int BYTES = 1024;

  private final UnpooledByteBufAllocator allocator = new UnpooledByteBufAllocator(true);
  private final HotBuffers hot = new HotBuffers();

  @AfterEach
  void nothingIsLeft() {
    hot.release();
    assertEquals(0, kept());
  }

  private long kept() {
    return allocator.metric().usedDirectMemory() / BYTES;
  }

  private ByteBuf take() {
    return hot.take(allocator, BYTES);
  }

  private List<ByteBuf> take(int count) {
    List<ByteBuf> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(take());
    }
    return all;
  }

  @Test
  void aBufferIsUsedAgainOnceNobodyElseHasIt() {
    ByteBuf first = take();
    ByteBuf second = take();
    assertNotSame(first, second);
    first.release();
    assertSame(first, take());
    first.release();
    second.release();
  }

  @Test
  void aBufferThatHasGrownIsNotUsedAgain() {
    ByteBuf first = take();
    first.capacity(2 * BYTES);
    first.release();
    ByteBuf second = take();
    assertEquals(BYTES, second.capacity());
    second.release();
  }

  @Test
  void aCrowdGetsMoreThanAreKept() {
    List<ByteBuf> all = take(3 * HotBuffers.MOST);
    assertEquals(3 * HotBuffers.MOST, kept());
    all.forEach(ByteBuf::release);
    assertEquals(HotBuffers.MOST, kept());
    ByteBuf again = take();
    assertEquals(HotBuffers.MOST, kept());
    again.release();
  }

  @Test
  void whatWasNotNeededSinceTheLastTrimIsReleased() {
    take(5).forEach(ByteBuf::release);
    hot.trim();
    assertEquals(5, kept());
    take(2).forEach(ByteBuf::release);
    hot.trim();
    assertEquals(2, kept());
    hot.trim();
    assertEquals(1, kept(), "the next large body should find one");
  }

  @Test
  void aBufferThatIsInUseOutlivesATrim() {
    List<ByteBuf> all = take(3);
    hot.trim();
    hot.trim();
    assertEquals(3, kept());
    all.forEach(ByteBuf::release);
    assertEquals(1, kept());
  }

  @Test
  void afterTheEndNoneIsKept() {
    hot.release();
    take().release();
    assertEquals(0, kept());
  }
}
