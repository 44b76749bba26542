// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;

/** What the process has in memory, as one line for the log. Any thread. */
final class MemoryUse {
  private MemoryUse() {}

  /**
   * {@code direct_bytes=3145728 heap_bytes=9437184}: what the allocator of all buffers has from the
   * system, free parts of its pools included, and what is used of the Java heap, garbage included.
   * With {@code -Dio.netty.allocator.type=unpooled} the first is exactly what is in use.
   */
  static String summary() {
    long direct =
        ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider allocator
            ? allocator.metric().usedDirectMemory()
            : -1;
    Runtime java = Runtime.getRuntime();
    return "direct_bytes=" + direct + " heap_bytes=" + (java.totalMemory() - java.freeMemory());
  }
}
