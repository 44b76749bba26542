// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaTable;

/**
 * Limits the memory that a script keeps between requests. A script that stores every client would
 * otherwise exhaust the daemon's memory within days.
 *
 * <p>It is measured in portions, so that no request waits for a whole measurement.
 */
final class RetainedMemory {
  /** Maximum of bytes kept beyond those that loading the file allocated. */
  private static final long MAX_BYTES = 16 << 20;

  /** Bytes that may be allocated before the next measurement, so that measurements are rare. */
  private static final long UNMEASURED_BYTES = MAX_BYTES / 4;

  /** Values to visit after each call while a measurement is in progress: some 0.2 ms. */
  private static final long STEPS = 2048;

  /**
   * Allocated bytes for which one more value is visited, so that a measurement ends before the
   * script has kept much more.
   */
  private static final long BYTES_PER_STEP = 32;

  static final long UNKNOWN = -1;

  private final LuaTable globals;
  private long firstBytes;
  private long unmeasuredBytes;
  private @Nullable Footprint measurement;

  /**
   * Nothing is kept yet.
   *
   * @param firstBytes what loading the file allocated, or {@link #UNKNOWN}
   */
  RetainedMemory(LuaTable globals, long firstBytes) {
    this.globals = globals;
    this.firstBytes = firstBytes;
  }

  /**
   * Whether the limit is exceeded after a call that changed state.
   *
   * @param allocatedBytes bytes that the call allocated, an upper limit for what it keeps
   */
  boolean exceededAfter(long allocatedBytes) {
    if (firstBytes == UNKNOWN) {
      firstBytes = Footprint.bytes(globals);
    }
    unmeasuredBytes += allocatedBytes;
    if (measurement == null) {
      if (unmeasuredBytes <= UNMEASURED_BYTES) {
        return false;
      }
      unmeasuredBytes = 0;
      measurement = Footprint.begin(globals);
    }
    boolean complete = measurement.advance(STEPS + allocatedBytes / BYTES_PER_STEP);
    boolean exceeded = measurement.bytes() - firstBytes > MAX_BYTES;
    if (complete) {
      measurement = null;
    }
    return exceeded;
  }
}
