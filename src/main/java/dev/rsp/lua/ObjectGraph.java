// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.function.Consumer;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.UpValue;
import org.luaj.vm2.Varargs;

/** What the tables and functions of a script refer to. */
final class ObjectGraph {
  private ObjectGraph() {}

  /** Whether a value refers to others, or can change: a table, or a function with state. */
  static boolean isObject(LuaValue value) {
    return value instanceof LuaTable
        || value instanceof LuaClosure
        || value instanceof MatchIterator;
  }

  /** Passes on each value that an object refers to, objects or not. */
  static void children(LuaValue object, Consumer<LuaValue> action) {
    if (object instanceof LuaClosure function) {
      for (UpValue variable : function.upValues) {
        if (variable != null) { // null: not initialised yet
          action.accept(variable.getValue());
        }
      }
    } else if (object instanceof LuaTable table) {
      LuaValue metatable = table.getmetatable();
      if (metatable != null) {
        action.accept(metatable);
      }
      for (Varargs e = table.next(LuaValue.NIL); !e.arg1().isnil(); e = table.next(e.arg1())) {
        action.accept(e.arg1());
        action.accept(e.arg(2));
      }
    }
  }
}
