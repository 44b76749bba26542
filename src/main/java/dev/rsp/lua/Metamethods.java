// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Reading, assigning and calling by a metatable, as C Lua 5.2 does it, with every step charged. */
final class Metamethods {
  /** As in C Lua (MAXTAGLOOP of lvm.c). */
  private static final int MAX_STEPS = 100;

  /** Instructions of one step: two or three lookups. */
  static final int STEP_INSTRUCTIONS = 4;

  private Metamethods() {}

  /** {@code table[key]}. */
  static LuaValue index(LuaTable table, LuaValue key) {
    LuaValue at = table;
    for (int step = 0; step < MAX_STEPS; step++) {
      if (!(at instanceof LuaTable next)) {
        return at.get(key);
      }
      LuaValue value = next.rawget(key);
      if (!value.isnil()) {
        return value;
      }
      LuaValue handler = next.metatag(LuaValue.INDEX);
      if (handler.isnil()) {
        return LuaValue.NIL;
      }
      if (handler.isfunction()) {
        return handler.call(at, key);
      }
      charge(key);
      at = handler;
    }
    throw new LuaError("loop in gettable");
  }

  /** {@code table[key] = value}. */
  static void assign(LuaTable table, LuaValue key, LuaValue value) {
    LuaValue at = table;
    for (int step = 0; step < MAX_STEPS; step++) {
      if (!(at instanceof LuaTable next)) {
        at.set(key, value);
        return;
      }
      LuaValue handler = next.metatag(LuaValue.NEWINDEX);
      if (handler.isnil() || !next.rawget(key).isnil()) {
        next.rawset(key, value);
        return;
      }
      if (handler.isfunction()) {
        handler.call(at, key, value);
        return;
      }
      charge(key);
      at = handler;
    }
    throw new LuaError("loop in settable");
  }

  /** The function that is called instead of a table. C Lua allows nothing but a function here. */
  static LuaValue call(LuaTable table) {
    LuaValue handler = table.metatag(LuaValue.CALL);
    if (handler.isfunction()) {
      return handler;
    }
    throw new LuaError("attempt to call a table value");
  }

  private static void charge(LuaValue key) {
    int bytes = key instanceof LuaString string ? string.m_length : 0;
    Meter.chargeCurrent(STEP_INSTRUCTIONS + bytes / Meter.BYTES_PER_INSTRUCTION);
  }
}
