// SPDX-License-Identifier: Apache-2.0
package dev.rsp.net;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limit and use of memory by the buffers of all loops. Any thread.
 *
 * <p>The limit is well below what the process can have, so that allocations rarely fail: above half
 * of it reads stay small, above three quarters connections that hold much are not read, and above
 * nine tenths those that hold most are closed, until three quarters are in use.
 */
public final class MemoryBudget {
  private static final Logger log = LoggerFactory.getLogger(MemoryBudget.class);

  /** How much of the budget is in use. */
  public enum Level {
    /** Less than half: nothing is restricted. */
    ENOUGH,
    /** More than half: no read is larger than a small page. */
    TIGHT,
    /** More than three quarters: connections that hold more than a small page are not read. */
    SHORT,
    /** More than nine tenths: connections that hold most are closed. */
    EXHAUSTED
  }

  /**
   * Quarters of Java's memory outside of the heap (-XX:MaxDirectMemorySize). The rest is for unused
   * memory of Netty's allocator: free parts of its chunks and its caches.
   */
  private static final int QUARTERS_OF_DIRECT = 3;

  /** A quarter of the machine or container (cgroup): heap and kernel buffers need the rest. */
  private static final int SHARE_OF_MACHINE = 4;

  /** With less, a large read on each of 64 connections would exhaust it. */
  private static final long LEAST_BYTES = 16 << 20;

  private final AtomicLong used = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();
  private final AtomicBoolean restricted = new AtomicBoolean();
  private volatile long limitBytes = most();

  /**
   * The maximum of a budget: three quarters of what Java may have outside of its heap, or a quarter
   * of the memory of the machine or container if that is less.
   */
  static long most() {
    long direct = PlatformDependent.maxDirectMemory() / 4 * QUARTERS_OF_DIRECT;
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? Math.min(direct, system.getTotalMemorySize() / SHARE_OF_MACHINE)
        : direct;
  }

  /**
   * Sets the limit as configured.
   *
   * @param bytes 0 for the maximum; values above it are lowered to it, values below 16 MiB raised
   *     to that
   */
  void configure(long bytes) {
    long most = most();
    limit(bytes == 0 ? most : Math.min(Math.max(bytes, LEAST_BYTES), most));
  }

  /** Sets the limit. */
  public void limit(long bytes) {
    limitBytes = bytes;
    change(0);
  }

  /** The limit in bytes. */
  public long limitBytes() {
    return limitBytes;
  }

  /** Bytes in use by all loops, as last reported. */
  public long usedBytes() {
    return used.get();
  }

  Level level() {
    return levelOf(used.get());
  }

  private Level levelOf(long bytes) {
    long limit = limitBytes;
    return bytes > limit / 10 * 9
        ? Level.EXHAUSTED
        : bytes > limit / 4 * 3 ? Level.SHORT : bytes > limit / 2 ? Level.TIGHT : Level.ENOUGH;
  }

  /** A loop's use has changed by so many bytes since its last report. */
  void change(long bytes) {
    long now = used.addAndGet(bytes);
    long limit = limitBytes;
    Level current = levelOf(now);
    if (current.compareTo(Level.SHORT) >= 0) {
      if (!restricted.get() && restricted.compareAndSet(false, true)) {
        log.warn("memory short buffers_bytes={} limit_bytes={}", now, limit);
      }
    } else if (current == Level.ENOUGH
        && restricted.get()
        && restricted.compareAndSet(true, false)) {
      log.warn(
          "memory no longer short buffers_bytes={} limit_bytes={} closed={}",
          now,
          limit,
          ended.get());
    }
  }

  /** A connection was closed because memory was exhausted. */
  void countEnded() {
    ended.incrementAndGet();
  }
}
