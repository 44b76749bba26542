// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaClosure;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.UpValue;

/**
 * Measures the memory that is reachable from a script's globals, in portions, so that a request
 * waits only for one. Takes about 1 ms per 10,000 values.
 *
 * <p>Between portions the script may change its tables: what it adds to a table that was visited is
 * not counted, and what it removes from one may be.
 */
final class Footprint {
  private static final int REFERENCE_BYTES = 8;

  /** A variable outside a function: an object, and an array of one value. */
  private static final int VARIABLE_BYTES = 48;

  /** One set of all values would stop for milliseconds when it grows. */
  private static final int SETS = 64;

  private final List<Set<Object>> seen = new ArrayList<>(SETS);
  private final Deque<LuaValue> pending = new ArrayDeque<>();
  private final boolean countsShared;
  private long bytes;

  /** The table that is being visited, and the next of its places. */
  private @Nullable TableEntries visited;

  private int place;

  private Footprint(LuaTable globals, boolean countsShared) {
    for (int i = 0; i < SETS; i++) {
      seen.add(Collections.newSetFromMap(new IdentityHashMap<>()));
    }
    this.countsShared = countsShared;
    enqueue(globals);
  }

  /** Begins a measurement without the tables that copies of the script share. */
  static Footprint begin(LuaTable globals) {
    return new Footprint(globals, false);
  }

  /** Measures at once, without the tables that copies of the script share. */
  static long bytes(LuaTable globals) {
    return complete(new Footprint(globals, false));
  }

  /** The same with the tables that copies of the script share. */
  static long allBytes(LuaTable globals) {
    return complete(new Footprint(globals, true));
  }

  private static long complete(Footprint footprint) {
    footprint.advance(Long.MAX_VALUE);
    return footprint.bytes;
  }

  /**
   * Continues.
   *
   * @param steps values and places of tables to visit at most
   * @return whether the measurement is complete
   */
  boolean advance(long steps) {
    for (long step = 0; step < steps; step++) {
      if (visited != null && place < visited.places()) {
        visitPlace(visited, place++);
      } else if (pending.isEmpty()) {
        return true;
      } else {
        visit(pending.pop());
      }
    }
    return false;
  }

  /** What was found so far. */
  long bytes() {
    return bytes;
  }

  private void enqueue(LuaValue value) {
    boolean counts =
        value instanceof LuaString
            || value instanceof ScriptTable
            || value instanceof ScriptGlobals
            || value instanceof LuaClosure
            || value instanceof MatchIterator;
    boolean shared = !countsShared && value instanceof ScriptTable table && table.isShared();
    if (counts && !shared && isNew(value)) {
      pending.push(value);
    }
  }

  private boolean isNew(Object object) {
    return seen.get(System.identityHashCode(object) & (SETS - 1)).add(object);
  }

  private void visit(LuaValue value) {
    visited = null;
    if (value instanceof LuaTable table) {
      LuaValue metatable = table.getmetatable();
      if (metatable != null) {
        enqueue(metatable);
      }
      visited =
          table instanceof ScriptTable own ? own.entries() : ((ScriptGlobals) table).entries();
      place = 0;
      bytes += visited.bytes();
      return;
    }
    bytes += Monitor.OBJECT_BYTES;
    if (value instanceof LuaString string) {
      bytes += string.m_length;
    } else if (value instanceof MatchIterator iterator) {
      enqueue(iterator.text());
      enqueue(iterator.pattern());
    } else if (value instanceof LuaClosure function) {
      bytes += (long) REFERENCE_BYTES * function.upValues.length;
      for (UpValue variable : function.upValues) {
        // null: not initialised yet
        if (variable != null && isNew(variable)) {
          bytes += VARIABLE_BYTES;
          enqueue(variable.getValue());
        }
      }
    }
  }

  private void visitPlace(TableEntries entries, int at) {
    LuaValue value = entries.valueOf(at);
    if (!value.isnil()) {
      bytes += Monitor.ENTRY_BYTES - TableEntries.PLACE_BYTES;
      enqueue(entries.keyOf(at));
      enqueue(value);
    }
  }
}
