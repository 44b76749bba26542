// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaTable;

/**
 * How much a script has come to keep between requests. A script that remembers every client it saw
 * would otherwise take the daemon's memory in a few days.
 */
final class Growth {
  /** Most bytes that may be kept beyond what the file itself made. */
  private static final long MAX_BYTES = 16 << 20;

  /** Bytes that may come in unmeasured, so that measuring is rare. */
  private static final long UNMEASURED_BYTES = MAX_BYTES / 4;

  private static final long UNKNOWN = -1;

  private final LuaTable globals;
  private long firstBytes = UNKNOWN;
  private long unmeasuredBytes;

  Growth(LuaTable globals) {
    this.globals = globals;
  }

  /**
   * Whether too much is kept after a call that changed state.
   *
   * @param allocatedBytes all that the call allocated; it cannot have left more behind
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
