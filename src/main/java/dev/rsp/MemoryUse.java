// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.proxy.MemoryBudget;

/** What the process has in memory, as one line for the log. Any thread. */
final class MemoryUse {
  private MemoryUse() {}

  /**
   * {@code direct_bytes=3145728 buffers_bytes=49152 limit_bytes=402653184 heap_bytes=9437184}: what
   * the allocators of all loops have from the system, free parts of their pools included; what of
   * that is in use, as the loops last reported; what {@code limits.memory} allows; and what is used
   * of the Java heap, garbage included. With {@code -Dio.netty.allocator.type=unpooled} the first
   * is exactly what is in use.
   */
  static String summary(long allocatedBytes, MemoryBudget budget) {
    Runtime java = Runtime.getRuntime();
    return "direct_bytes=%d buffers_bytes=%d limit_bytes=%d heap_bytes=%d"
        .formatted(
            allocatedBytes,
            budget.usedBytes(),
            budget.limitBytes(),
            java.totalMemory() - java.freeMemory());
  }
}
