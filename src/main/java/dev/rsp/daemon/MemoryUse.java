// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import dev.rsp.net.MemoryBudget;

/** The memory use of the process, as one line for the log. Any thread. */
final class MemoryUse {
  private MemoryUse() {}

  /**
   * For example {@code direct_bytes=3145728 buffers_bytes=49152 limit_bytes=402653184
   * heap_bytes=9437184}. {@code direct_bytes} is what the allocators of all loops hold from the
   * system, including the free parts of their pools; with {@code
   * -Dio.netty.allocator.type=unpooled} it is exactly what is in use. {@code buffers_bytes} is the
   * part that is in use, as the loops last reported it. {@code limit_bytes} is {@code
   * limits.memory}. {@code heap_bytes} is the used part of the Java heap, including garbage.
   *
   * @param allocatedBytes what the allocators of all loops hold from the system
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
