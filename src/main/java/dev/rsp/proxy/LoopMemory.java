// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import dev.rsp.proxy.MemoryBudget.Level;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.function.LongSupplier;

/**
 * The buffers of one loop: the allocator that they come from, how much they take of the {@link
 * MemoryBudget}, and how large reads may be for that. The loop's thread, unless a method says
 * otherwise.
 */
final class LoopMemory {
  /** After so many bytes of reads the budget hears of it, so that it lags by no more per loop. */
  private static final int REPORT_BYTES = 1 << 20;

  /**
   * How much more than what is in use the allocator may have for good: its caches of a busy loop.
   */
  private static final long SPARE_BYTES = 4 << 20;

  private static final int PAGE_BYTES = 8 * 1024; // Netty's default

  /**
   * Chunks of 1 MiB, four of the largest reads: {@value #PAGE_BYTES} &lt;&lt; 7. Netty's default is
   * 4 MiB; a chunk is returned to the system when no buffer is left in it, and small ones are
   * sooner empty.
   */
  private static final int MAX_ORDER = 7;

  private final MemoryBudget budget;
  private final ByteBufAllocator allocator;
  private final int largestReadBytes;
  private final LongSupplier inUse;
  private final LongSupplier allocated;
  private final Runnable trim;
  private final HotBuffer hot = new HotBuffer();
  private long reported;
  private int untilReport = REPORT_BYTES;
  private Level level = Level.ENOUGH;

  /**
   * Memory of a loop with an allocator of its own. Any thread.
   *
   * @param largestReadBytes of reads while there is enough memory
   */
  LoopMemory(MemoryBudget budget, int largestReadBytes) {
    this.budget = budget;
    this.largestReadBytes = largestReadBytes;
    // Netty's own switch: without pools what is in use is known to the byte.
    if ("unpooled".equals(System.getProperty("io.netty.allocator.type"))) {
      var unpooled = new UnpooledByteBufAllocator(true);
      allocator = unpooled;
      inUse = unpooled.metric()::usedDirectMemory;
      allocated = inUse;
      trim = () -> {};
    } else {
      // One arena: no other thread takes buffers from it.
      var pooled =
          new PooledByteBufAllocator(
              true,
              0,
              1,
              PAGE_BYTES,
              MAX_ORDER,
              PooledByteBufAllocator.defaultSmallCacheSize(),
              PooledByteBufAllocator.defaultNormalCacheSize(),
              false);
      allocator = pooled;
      inUse = pooled::pinnedDirectMemory;
      allocated = pooled.metric()::usedDirectMemory;
      trim = pooled::trimCurrentThreadCache;
    }
  }

  /** Memory of a loop with an allocator of a test's, which counts by itself. */
  LoopMemory(MemoryBudget budget, ByteBufAllocator allocator, LongSupplier inUse) {
    this.budget = budget;
    this.largestReadBytes = ReadBuffers.LARGEST_BYTES;
    this.allocator = allocator;
    this.inUse = inUse;
    this.allocated = inUse;
    this.trim = () -> {};
  }

  ByteBufAllocator allocator() {
    return allocator;
  }

  /** Bytes that the allocator has from the system. Any thread. */
  long allocatedBytes() {
    return allocated.getAsLong();
  }

  /**
   * A buffer to read into; the caller's.
   *
   * @param bytes its capacity
   */
  ByteBuf readBuffer(int bytes) {
    untilReport -= bytes;
    if (untilReport <= 0) {
      report();
    }
    return bytes == ReadBuffers.LARGEST_BYTES
        ? hot.take(allocator, bytes)
        : allocator.directBuffer(bytes);
  }

  /** The size of the largest read that may be made now. */
  int mostReadBytes() {
    return switch (level) {
      case ENOUGH -> largestReadBytes;
      case TIGHT -> ReadBuffers.MIDDLE_BYTES;
      case SHORT, EXHAUSTED -> ReadBuffers.SMALL_BYTES;
    };
  }

  /** Reports to the budget what is in use, and learns how much of it is. */
  Level report() {
    untilReport = REPORT_BYTES;
    long now = inUse.getAsLong();
    budget.change(now - reported);
    reported = now;
    level = budget.level();
    return level;
  }

  /**
   * Returns memory to the system that was needed once. To be called about once a second: the
   * allocator's cache of free buffers keeps those that were used since the last call.
   */
  void trim() {
    if (allocated.getAsLong() - inUse.getAsLong() > SPARE_BYTES) {
      trim.run();
    }
  }

  /** How many bytes of this loop are above what may stay when memory is exhausted. */
  long excessBytes() {
    long all = budget.usedBytes();
    long excess = all - budget.limitBytes() / 4 * 3;
    return excess <= 0 || all <= 0 ? 0 : (long) ((double) excess * reported / all);
  }

  /** Sets the limit of the budget as a configuration asks for it; 0 for its default. */
  void configure(long bytes) {
    budget.configure(bytes);
  }

  /** A connection was closed for its memory. */
  void countEnded() {
    budget.countEnded();
  }

  /** Gives back what is kept for further reads. The loop ends. */
  void release() {
    hot.release();
  }
}
