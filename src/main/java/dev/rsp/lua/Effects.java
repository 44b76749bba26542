// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * What the call in hand depends on and leaves behind: it decides whether its answer may be kept for
 * the next request with the same host.
 *
 * <p>It errs on the side of asking again. A script that once changed something that outlives a call
 * (a global, a local of the file, a table made by an earlier call) is never again host-only, since
 * any of its answers may depend on that.
 */
final class Effects {
  /** Tables of the call's own that are told apart from older ones; one more counts as older. */
  private static final int MAX_OWN = 64;

  private static final LuaTable NO_TABLE = new LuaTable();

  private final LuaTable[] own = new LuaTable[MAX_OWN];
  private int ownCount;
  private long call;
  private boolean serving;
  private boolean hostOnly;
  private boolean changedState;
  private boolean stateful;

  /** Begins a call for a request. Until the first one, the file is loading and may do anything. */
  void startServing() {
    call++;
    serving = true;
    hostOnly = true;
    changedState = false;
  }

  /** Ends a call, and lets go of its tables. */
  void stop() {
    for (int i = 0; i < ownCount; i++) {
      own[i] = NO_TABLE;
    }
    ownCount = 0;
  }

  /** The number of the call in hand; 0 is the file itself. */
  long call() {
    return call;
  }

  /** The call asked for something other than the host. */
  void lookedFurther() {
    hostOnly = false;
  }

  /** The call made a table, and may change it as it likes. */
  void created(LuaTable table) {
    if (serving && ownCount < MAX_OWN) {
      own[ownCount++] = table;
    }
  }

  /** The call changes a table, or something behind the table's metatable. */
  void changes(LuaValue table) {
    if (serving && !changedState && !isOwn(table)) {
      changedState = true;
      stateful = true;
    }
  }

  /** The call changes a variable outside the function that is being run. */
  void changesOuterVariable() {
    changedState |= serving;
    stateful |= serving;
  }

  /** Whether the answer holds for every request with the same host. */
  boolean hostOnly() {
    return hostOnly && !stateful;
  }

  /** Whether the call may have left something behind. */
  boolean changedState() {
    return changedState;
  }

  private boolean isOwn(LuaValue table) {
    LuaValue metatable = table.getmetatable();
    if (metatable != null && !metatable.rawget(LuaValue.NEWINDEX).isnil()) {
      return false;
    }
    for (int i = ownCount - 1; i >= 0; i--) {
      if (own[i].raweq(table)) {
        return true;
      }
    }
    return false;
  }
}
