// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.SortedMap;
import java.util.TreeMap;
import org.luaj.vm2.LuaValue;

/**
 * A Lua file that has run, with its own globals.
 *
 * <p>It belongs to one thread at a time; another may take it over by a safe hand-over.
 */
public final class Script {
  private Script() {}

  /** The globals that the file itself set, by name; nothing of the standard library. */
  public SortedMap<String, LuaValue> globals() {
    return new TreeMap<>();
  }

  /** Whether the file defined a function {@code select}. */
  public boolean hasSelect() {
    return false;
  }

  /**
   * Asks the file's {@code select} for a place, within the budget for one request. Never throws for
   * anything a script does.
   */
  public Selection select(RequestView request) {
    return new Selection.Failed("not built: " + request.host());
  }
}
