// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/**
 * Buffers for the largest reads, which are used again and again. Each is given out once nobody else
 * has a reference to it.
 *
 * <p>Most bodies are read and written to the other side at once. The same memory then stays in the
 * processor's cache. If the other side is slow, its bytes keep the buffer, and the next one is
 * used. Without these the allocator would return such memory to the system and ask for it again
 * many times a second, with a page fault for every 4 KiB. One object per event loop.
 */
final class HotBuffers {
  /**
   * 4 MiB at most. Eight clients that take 1 MiB each over HTTP/2 hold more than 8 at a time: with
   * 16 they took 0.87 times the CPU time.
   */
  static final int MOST = 16;

  private final @Nullable ByteBuf[] buffers = new ByteBuf[MOST];

  /** How many of the first were needed at once since the last trim. */
  private int needed;

  /** Which one is given away next if none is free. */
  private int next;

  private boolean released;

  /**
   * Returns a buffer with a reference for the caller; only this object has another. The caller sets
   * its indices.
   */
  ByteBuf take(ByteBufAllocator allocator, int bytes) {
    for (int i = 0; i < MOST; i++) {
      ByteBuf hot = buffers[i];
      // Appended bytes may have grown it; reads must not grow with it.
      if (hot != null && hot.refCnt() == 1 && hot.capacity() == bytes) {
        needed = Math.max(needed, i + 1);
        return hot.retain();
      }
      if (hot == null) {
        return keep(i, allocator.directBuffer(bytes));
      }
    }
    next = (next + 1) % MOST;
    return keep(next, allocator.directBuffer(bytes));
  }

  private ByteBuf keep(int at, ByteBuf fresh) {
    needed = Math.max(needed, at + 1);
    replace(at, released ? null : fresh.retain());
    return fresh;
  }

  /** Releases those that were not needed since the last call, except one. */
  void trim() {
    for (int i = Math.max(1, needed); i < MOST; i++) {
      replace(i, null);
    }
    needed = 0;
  }

  /** Releases all buffers. Those taken later are not kept. */
  void release() {
    released = true;
    for (int i = 0; i < MOST; i++) {
      replace(i, null);
    }
  }

  private void replace(int at, @Nullable ByteBuf by) {
    ByteBuf old = buffers[at];
    buffers[at] = by;
    if (old != null) {
      old.release();
    }
  }
}
