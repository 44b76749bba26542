// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * One large buffer for the reads of an event loop, reused while the bytes of each read have left
 * before the next.
 *
 * <p>Most bodies are read and written to the other side at once. The same memory then stays in the
 * processor's cache. If the other side is slow, its bytes keep the buffer, and another one replaces
 * it. One per event loop.
 */
public final class HotBuffer {
  private @Nullable ByteBuf buffer;
  private boolean released;

  /** Returns the buffer with a reference for the caller; only this object has another. */
  ByteBuf take(ByteBufAllocator allocator, int bytes) {
    ByteBuf hot = buffer;
    // Appended bytes may have grown it; reads must not grow with it.
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

  /** Releases the buffer. */
  void release() {
    released = true;
    if (buffer != null) {
      buffer.release();
      buffer = null;
    }
  }
}
