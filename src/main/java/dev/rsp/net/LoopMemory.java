// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import dev.rsp.net.MemoryBudget.Level;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.function.LongSupplier;

/**
 * The buffers of one loop: their allocator, how much they take of the {@link MemoryBudget}, and how
 * large reads may be. The loop's thread, unless a method says otherwise.
 */
public final class LoopMemory {
  /** Bytes of reads between two reports to the budget: its maximal error per loop. */
  private static final int REPORT_BYTES = 1 << 20;

  /** How much unused memory the allocator may keep: the caches of a busy loop. */
  private static final long SPARE_BYTES = 4 << 20;

  private static final int PAGE_BYTES = 8 * 1024; // Netty's default

  /**
   * Chunks of 1 MiB, four of the largest reads: {@value #PAGE_BYTES} &lt;&lt; 7. Netty's default is
   * 4 MiB; an empty chunk is returned to the system, and small ones are empty sooner.
   */
  private static final int MAX_ORDER = 7;

  private final MemoryBudget budget;
  private final ByteBufAllocator allocator;
  private final int largestReadBytes;
  private final LongSupplier inUse;
  private final LongSupplier allocated;
  private final Runnable trim;
  private final HotBuffers hot = new HotBuffers();
  private long reported;
  private int untilReport = REPORT_BYTES;
  private Level level = Level.ENOUGH;

  /**
   * Memory of a loop with its own allocator. Any thread.
   *
   * @param largestReadBytes of reads while there is enough memory
   */
  public LoopMemory(MemoryBudget budget, int largestReadBytes) {
    this.budget = budget;
    this.largestReadBytes = largestReadBytes;
    // Netty's own switch: without pools the use is known to the byte.
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

  /** Memory of a loop with a test's allocator, which does its own counting. */
  public LoopMemory(MemoryBudget budget, ByteBufAllocator allocator, LongSupplier inUse) {
    this.budget = budget;
    this.largestReadBytes = ReadBuffers.LARGEST_BYTES;
    this.allocator = allocator;
    this.inUse = inUse;
    this.allocated = inUse;
    this.trim = () -> {};
  }

  public ByteBufAllocator allocator() {
    return allocator;
  }

  /** Bytes that the allocator has from the system. Any thread. */
  public long allocatedBytes() {
    return allocated.getAsLong();
  }

  /**
   * A buffer to read into, owned by the caller.
   *
   * @param bytes its capacity, if memory allows
   */
  ByteBuf readBuffer(int bytes) {
    int size = level == Level.ENOUGH ? Math.min(bytes, largestReadBytes) : bounded(bytes);
    untilReport -= size;
    if (untilReport <= 0) {
      report();
    }
    return size == ReadBuffers.LARGEST_BYTES
        ? hot.take(allocator, size)
        : allocator.directBuffer(size);
  }

  /** The size of a read, cut to what memory allows now. */
  int bounded(int bytes) {
    return switch (level) {
      case ENOUGH -> Math.min(bytes, largestReadBytes);
      case TIGHT -> Math.min(bytes, ReadBuffers.MIDDLE_BYTES);
      case SHORT, EXHAUSTED -> Math.min(bytes, ReadBuffers.SMALL_BYTES);
    };
  }

  /** Reports the use to the budget; returns the level of the budget. */
  public Level report() {
    untilReport = REPORT_BYTES;
    long now = inUse.getAsLong();
    budget.change(now - reported);
    reported = now;
    level = budget.level();
    return level;
  }

  /**
   * Returns unused memory to the system. Call it about once a second: buffers that were used since
   * the last call are kept.
   */
  public void trim() {
    hot.trim();
    if (hasSpare()) {
      trim.run();
    }
  }

  /** Whether there is more unused memory than may be kept. */
  public boolean hasSpare() {
    return allocated.getAsLong() - inUse.getAsLong() > SPARE_BYTES;
  }

  /** Whether so little is in use that the budget need not be asked whether it must be less. */
  public boolean holdsLittle() {
    return reported <= REPORT_BYTES;
  }

  /** Bytes of this loop above what may stay when memory is exhausted. */
  public long excessBytes() {
    long all = budget.usedBytes();
    long excess = all - budget.limitBytes() / 4 * 3;
    return excess <= 0 || all <= 0 ? 0 : (long) ((double) excess * reported / all);
  }

  /** Sets the budget to a configured limit; 0 for the default. */
  public void configure(long bytes) {
    budget.configure(bytes);
  }

  /** A connection was closed because memory is exhausted. */
  public void countEnded() {
    budget.countEnded();
  }

  /** Releases the buffers for reads. The loop ends. */
  void release() {
    hot.release();
  }
}
