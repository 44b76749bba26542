// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * One large buffer that an event loop reads into again and again, as long as each time what was
 * read has left before the next read.
 *
 * <p>Bodies mostly pass like that: read, and written to the other side at once. The same memory
 * then stays in the processor's cache. If the other side is slow, its bytes keep the buffer, and
 * the next read gets one from the allocator. One event loop's.
 */
final class HotBuffer {
  private @Nullable ByteBuf buffer;
  private boolean released;

  /** A buffer of which the caller gets a reference; nobody else has one but this object. */
  ByteBuf take(ByteBufAllocator allocator, int bytes) {
    ByteBuf hot = buffer;
    if (hot != null && hot.refCnt() == 1) {
      if (hot.capacity() == bytes) {
        return hot.retain();
      }
      // Somebody appended to it, and it grew; reads must not grow with it.
      hot.release();
      buffer = null;
      hot = null;
    }
    ByteBuf fresh = allocator.directBuffer(bytes);
    if (hot == null && !released) {
      buffer = fresh.retain();
    }
    return fresh;
  }

  /** Lets the buffer go; there is none from then on. */
  void release() {
    released = true;
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }
}
