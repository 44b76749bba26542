// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaTable;

/**
 * Limits the memory that a script keeps between requests. A script that stores every client would
 * otherwise exhaust the daemon's memory within days.
 */
final class RetainedMemory {
  /** Maximum of bytes kept beyond those that loading the file allocated. */
  private static final long MAX_BYTES = 16 << 20;

  /** Bytes that may be allocated before the next measurement, so that measurements are rare. */
  private static final long UNMEASURED_BYTES = MAX_BYTES / 4;

  private static final long UNKNOWN = -1;

  private final LuaTable globals;
  private long firstBytes = UNKNOWN;
  private long unmeasuredBytes;

  RetainedMemory(LuaTable globals) {
    this.globals = globals;
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
    if (unmeasuredBytes <= UNMEASURED_BYTES) {
      return false;
    }
    unmeasuredBytes = 0;
    return Footprint.bytes(globals) - firstBytes > MAX_BYTES;
  }
}
