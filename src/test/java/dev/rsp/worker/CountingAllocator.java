// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.netty.util.internal.CleanableDirectBuffer;

/**
 * Direct buffers of which it knows how many bytes are not released, and of which one can be refused
 * as if there were no memory: the n-th from now on, counting those that grow.
 */
final class CountingAllocator extends AbstractByteBufAllocator {
  private long usedBytes;

  /** How many more succeed before one fails; below zero, none fails. */
  private int left = -1;

  private boolean failed;

  CountingAllocator() {
    super(true);
  }

  /** Refuses one allocation, after so many others. */
  void failAfter(int others) {
    left = others;
    failed = false;
  }

  /** Refuses none from here on; says whether one was refused. */
  boolean stopFailing() {
    left = -1;
    return failed;
  }

  long usedBytes() {
    return usedBytes;
  }

  private void count() {
    if (left == 0) {
      failed = true;
      left = -1;
      throw new OutOfMemoryError("injected");
    }
    if (left > 0) {
      left--;
    }
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    count();
    usedBytes += initialCapacity;
    return new Counted(initialCapacity, maxCapacity);
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return new UnpooledHeapByteBuf(this, initialCapacity, maxCapacity);
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }

  private final class Counted extends UnpooledDirectByteBuf {
    Counted(int initialCapacity, int maxCapacity) {
      super(CountingAllocator.this, initialCapacity, maxCapacity);
    }

    @Override
    public ByteBuf capacity(int newCapacity) {
      int before = capacity();
      super.capacity(newCapacity);
      usedBytes += capacity() - before;
      return this;
    }

    /** Only for a buffer that grows. */
    @Override
    protected CleanableDirectBuffer allocateDirectBuffer(int capacity) {
      count();
      return super.allocateDirectBuffer(capacity);
    }

    @Override
    protected void deallocate() {
      usedBytes -= capacity();
      super.deallocate();
    }
  }
}
