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
 * another one takes its place. One event loop's.
 */
final class HotBuffer {
  private @Nullable ByteBuf buffer;
  private boolean released;

  /** A buffer of which the caller gets a reference; this object alone has another. */
  ByteBuf take(ByteBufAllocator allocator, int bytes) {
    ByteBuf hot = buffer;
    // If bytes were appended to it, it has grown; reads must not grow with it.
    if (hot != null && hot.refCnt() == 1 && hot.capacity() == bytes) {
      return hot.retain();
    }
    ByteBuf fresh = allocator.directBuffer(bytes);
    if (hot != null) {
      hot.release();
    }
    buffer = released ? null : fresh.retain();
    return fresh;
  }

  /** Releases the buffer; there is none from then on. */
  void release() {
    released = true;
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }
}
