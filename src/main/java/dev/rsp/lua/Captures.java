// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;

/** The captures of a pattern. Offsets are those of the subject's byte array. */
final class Captures {
  /** The length of a capture that is not closed yet. */
  static final int OPEN = -1;

  /** The length of a position capture, {@code ()}. */
  static final int POSITION = -2;

  /** As in C Lua (LUA_MAXCAPTURES). */
  private static final int MAX = 32;

  private final int[] starts = new int[MAX];
  private final int[] lengths = new int[MAX];
  private int count;

  int count() {
    return count;
  }

  int start(int i) {
    return starts[i];
  }

  /** The length, {@link #OPEN} or {@link #POSITION}. */
  int length(int i) {
    return lengths[i];
  }

  void clear() {
    count = 0;
  }

  void add(int start, int length) {
    if (count == MAX) {
      throw new LuaError("too many captures");
    }
    starts[count] = start;
    lengths[count] = length;
    count++;
  }

  void removeLast() {
    count--;
  }

  /** Closes the innermost open capture and returns its index. */
  int closeAt(int end) {
    int last = count - 1;
    while (last >= 0 && lengths[last] != OPEN) {
      last--;
    }
    if (last < 0) {
      throw new LuaError("invalid pattern capture");
    }
    lengths[last] = end - starts[last];
    return last;
  }

  void reopen(int i) {
    lengths[i] = OPEN;
  }

  /** Whether the capture exists and is closed. */
  boolean isClosed(int i) {
    return i >= 0 && i < count && lengths[i] != OPEN;
  }
}
