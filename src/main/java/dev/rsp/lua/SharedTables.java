// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * Finds the tables of a loaded file that the copies of its script share, and measures the others.
 *
 * <p>A table can be shared if it and all that it refers to are data: no function written in Lua is
 * among it, because that belongs to the globals of one copy. It is shared if it is large with all
 * that it refers to. Small ones are copied, so that a script that changes them pays nothing for it.
 */
final class SharedTables {
  /** About what the object, its arrays and its entries take in Java. */
  static final int TABLE_BYTES = 96;

  static final int ENTRY_BYTES = 40;

  /** Tables that are smaller are copied: some tens of entries. */
  private static final int MIN_BYTES = 4096;

  /** More are not needed but for tables that refer to each other in a chain, against its order. */
  private static final int MAX_PASSES = 16;

  private final IdentityHashMap<LuaValue, Integer> positions = new IdentityHashMap<>();
  private final List<LuaValue> objects = new ArrayList<>();
  private final BitSet owned = new BitSet();
  private long ownBytes;

  private SharedTables(LuaTable globals) {
    discover(globals);
  }

  /**
   * Marks the tables that copies share.
   *
   * @return about how many bytes a copy of the rest takes
   */
  static long mark(LuaTable globals) {
    var tables = new SharedTables(globals);
    tables.findOwned();
    tables.share();
    tables.objects.forEach(tables::measure);
    return tables.ownBytes;
  }

  private void discover(LuaTable globals) {
    positions.put(globals, 0);
    objects.add(globals);
    for (int i = 0; i < objects.size(); i++) {
      ObjectGraph.children(
          objects.get(i),
          child -> {
            if (ObjectGraph.isObject(child)
                && positions.putIfAbsent(child, objects.size()) == null) {
              objects.add(child);
            }
          });
    }
  }

  /** Finds the objects that each copy needs for itself, and those that refer to such objects. */
  private void findOwned() {
    for (int i = 0; i < objects.size(); i++) {
      LuaValue object = objects.get(i);
      owned.set(i, !(object instanceof ScriptTable) && !(object instanceof ReadOnlyTable));
    }
    int before = -1;
    for (int pass = 0; owned.cardinality() != before; pass++) {
      before = owned.cardinality();
      if (pass == MAX_PASSES) {
        owned.set(0, objects.size()); // share nothing
        return;
      }
      for (int i = objects.size() - 1; i >= 0; i--) {
        if (!owned.get(i)) {
          int at = i;
          ObjectGraph.children(
              objects.get(i),
              child -> {
                if (isOwned(child)) {
                  owned.set(at);
                }
              });
        }
      }
    }
  }

  private boolean isOwned(LuaValue value) {
    Integer position = positions.get(value);
    return position != null && owned.get(position);
  }

  private void share() {
    for (int i = 0; i < objects.size(); i++) {
      if (owned.get(i)) {
        ObjectGraph.children(objects.get(i), this::shareIfLarge);
      }
    }
  }

  private void shareIfLarge(LuaValue value) {
    if (value instanceof ScriptTable table
        && !table.isShared()
        && !isOwned(table)
        && reach(table, MIN_BYTES, false) >= MIN_BYTES) {
      reach(table, Long.MAX_VALUE, true);
    }
  }

  /** Adds up what a table and all that it refers to take, until that is enough. */
  private static long reach(ScriptTable from, long enough, boolean share) {
    Set<LuaValue> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<LuaValue> pending = new ArrayDeque<>();
    seen.add(from);
    pending.push(from);
    long bytes = 0;
    while (!pending.isEmpty() && bytes < enough) {
      LuaValue object = pending.pop();
      if (share && object instanceof ScriptTable table) {
        table.share();
      }
      long[] children = {0};
      ObjectGraph.children(
          object,
          child -> {
            children[0]++;
            if (ObjectGraph.isObject(child) && seen.add(child)) {
              pending.push(child);
            }
          });
      bytes += TABLE_BYTES + children[0] * ENTRY_BYTES / 2;
    }
    return bytes;
  }

  /** Adds what a copy of an object takes. Strings are never copied. */
  private void measure(LuaValue object) {
    boolean shared =
        object instanceof ReadOnlyTable || (object instanceof ScriptTable t && t.isShared());
    if (shared) {
      return;
    }
    if (object instanceof ScriptTable table) {
      ownBytes += table.entries().bytes();
      return;
    }
    long[] children = {0};
    ObjectGraph.children(object, child -> children[0]++);
    ownBytes += TABLE_BYTES + children[0] * ENTRY_BYTES / 2;
  }
}
