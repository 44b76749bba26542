// SPDX-License-Identifier: Apache-2.0
package dev.rsp.proxy;

import io.netty.util.internal.PlatformDependent;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much memory the buffers of all loops may take, and how much they take. Any thread.
 *
 * <p>The limit is well below what the process can have, so that hardly any allocation fails: from
 * half of it on reads stay small, from three quarters on connections that hold much are not read,
 * and from nine tenths on those that hold most are closed, until three quarters are left.
 */
public final class MemoryBudget {
  private static final Logger log = LoggerFactory.getLogger(MemoryBudget.class);

  /** How much of the budget is in use. */
  enum Level {
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
   * Of what Java may have outside of its heap (-XX:MaxDirectMemorySize), in quarters. The rest is
   * for what Netty's allocator holds and does not use: free parts of its chunks and its caches.
   */
  private static final int QUARTERS_OF_DIRECT = 3;

  /** Of the memory of the machine or the container (cgroup), heap and kernel buffers besides. */
  private static final int SHARE_OF_MACHINE = 4;

  /** With less, one large read for each of 64 connections would use it up. */
  private static final long LEAST_BYTES = 16 << 20;

  private final AtomicLong used = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();
  private final AtomicBoolean restricted = new AtomicBoolean();
  private volatile long limitBytes = most();

  /**
   * The most that a budget can be: three quarters of what Java may have outside of its heap, or a
   * quarter of the memory of the machine or container if that is less.
   */
  static long most() {
    long direct = PlatformDependent.maxDirectMemory() / 4 * QUARTERS_OF_DIRECT;
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? Math.min(direct, system.getTotalMemorySize() / SHARE_OF_MACHINE)
        : direct;
  }

  /**
   * Sets the limit as a configuration asks for it.
   *
   * @param bytes 0 for the most that it can be; more than that is cut to it, and less than 16 MiB
   *     raised to that
   */
  void configure(long bytes) {
    long most = most();
    limit(bytes == 0 ? most : Math.min(Math.max(bytes, LEAST_BYTES), most));
  }

  /** Sets the limit. */
  void limit(long bytes) {
    limitBytes = bytes;
    change(0);
  }

  /** The limit in bytes. */
  public long limitBytes() {
    return limitBytes;
  }

  /** Bytes in use by all loops, as they last said. */
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

  /** A loop uses so many bytes more, or less if negative, than it last said. */
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
