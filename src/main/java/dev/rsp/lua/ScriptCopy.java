// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.UpValue;
import org.luaj.vm2.Varargs;

/**
 * Copies the globals of a loaded script with all tables, functions and variables behind them, so
 * that another thread can run it. Values that cannot change are shared: strings, library functions,
 * compiled code, and {@link SharedTables}.
 *
 * <p>All copies are alike: tables have the same entries in the same order, whatever their keys are.
 */
final class ScriptCopy {
  private final IdentityHashMap<LuaValue, LuaValue> copies;
  private final IdentityHashMap<UpValue, UpValue> variables = new IdentityHashMap<>();
  private final Deque<LuaValue> pending = new ArrayDeque<>();
  private final List<LuaTable> tables = new ArrayList<>();
  private final Globals target;
  private final boolean shares;

  private ScriptCopy(Globals target, boolean shares, IdentityHashMap<LuaValue, LuaValue> copies) {
    this.target = target;
    this.shares = shares;
    this.copies = copies;
  }

  /**
   * Fills empty globals with a copy.
   *
   * @param shares whether the copy uses the tables that are marked as shared; if not, it gets its
   *     own
   * @param strings the methods of strings, which the globals may no longer contain
   * @return the copy of these methods
   */
  static LuaTable copy(Globals from, Globals target, boolean shares, LuaTable strings) {
    return new ScriptCopy(target, shares, new IdentityHashMap<>()).run(from, strings);
  }

  /**
   * The same, with tables that were copied before in place of the shared ones.
   *
   * @param tables of {@link #ofShared}; belong to this copy from now on
   */
  static LuaTable copy(
      Globals from, Globals target, IdentityHashMap<LuaValue, LuaValue> tables, LuaTable strings) {
    return new ScriptCopy(target, false, tables).run(from, strings);
  }

  /**
   * Copies of all shared tables that globals refer to. Neither these nor what they refer to may
   * change meanwhile.
   */
  static IdentityHashMap<LuaValue, LuaValue> ofShared(Globals from) {
    var copy = new ScriptCopy(from, false, new IdentityHashMap<>());
    Set<LuaValue> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<LuaValue> found = new ArrayDeque<>();
    seen.add(from);
    found.add(from);
    while (!found.isEmpty()) {
      LuaValue object = found.remove();
      if (object instanceof ScriptTable table && table.isShared()) {
        copy.copyOf(table);
      }
      ObjectGraph.children(
          object,
          child -> {
            if (ObjectGraph.isObject(child) && seen.add(child)) {
              found.add(child);
            }
          });
    }
    copy.fillAll();
    return copy.copies;
  }

  private LuaTable run(Globals from, LuaTable strings) {
    copies.put(from, target);
    pending.add(from);
    var methods = (LuaTable) copyOf(strings);
    fillAll();
    return methods;
  }

  private void fillAll() {
    while (!pending.isEmpty()) {
      LuaValue object = pending.remove();
      if (object instanceof LuaTable table) {
        discover(table);
      } else if (object instanceof ScriptClosure function) {
        fill(function);
      }
    }
    for (LuaTable table : tables) {
      fill(table);
    }
  }

  /** The metatable is set while it is empty, as it was when the script set it. */
  private void discover(LuaTable table) {
    tables.add(table);
    LuaValue metatable = table.getmetatable();
    if (metatable != null) {
      copyOf(table).setmetatable(copyOf(metatable));
    }
    for (Varargs e = table.next(LuaValue.NIL); !e.arg1().isnil(); e = table.next(e.arg1())) {
      copyOf(e.arg1());
      copyOf(e.arg(2));
    }
  }

  private void fill(LuaTable table) {
    LuaValue copy = copyOf(table);
    for (Varargs e = table.next(LuaValue.NIL); !e.arg1().isnil(); e = table.next(e.arg1())) {
      copy.rawset(copyOf(e.arg1()), copyOf(e.arg(2)));
    }
  }

  private void fill(ScriptClosure function) {
    var copy = (ScriptClosure) copyOf(function);
    for (int i = 0; i < function.upValues.length; i++) {
      UpValue variable = function.upValues[i];
      if (variable != null) {
        UpValue known = variables.get(variable);
        if (known == null) {
          known = new UpValue(new LuaValue[] {copyOf(variable.getValue())}, 0);
          variables.put(variable, known);
        }
        copy.upValues[i] = known;
      }
    }
  }

  private LuaValue copyOf(LuaValue value) {
    if (!isCopied(value)) {
      return value;
    }
    LuaValue known = copies.get(value);
    if (known == null) {
      known = newCopy(value);
      copies.put(value, known);
      pending.add(value);
    }
    return known;
  }

  /** Empty tables and functions, which are filled later. */
  private LuaValue newCopy(LuaValue value) {
    if (value instanceof ScriptTable table) {
      return table.emptyCopy();
    }
    return value instanceof MatchIterator iterator
        ? iterator.copy()
        : ((ScriptClosure) value).copy(target);
  }

  private boolean isCopied(LuaValue value) {
    return value instanceof ScriptTable table
        ? !(shares && table.isShared())
        : value instanceof ScriptClosure
            || value instanceof MatchIterator
            || copies.containsKey(value);
  }
}
