// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** A table that scripts can read but not change. */
final class ReadOnlyTable extends LuaTable {
  private static final int NO_SLOT = 0;

  private final String name;
  private final int slotIndex;
  private boolean frozen;

  private ReadOnlyTable(String name, int slotIndex) {
    this.name = name;
    this.slotIndex = slotIndex;
  }

  /**
   * The list of backends.
   *
   * @param written the list in the file; an entry that is a string there stays a string
   */
  static ReadOnlyTable backends(ScriptContext context, LuaValue written) {
    var list = new ReadOnlyTable("backends", NO_SLOT);
    for (SlotView slot : context.slots()) {
      LuaValue entry =
          written instanceof LuaTable table ? table.rawget(slot.index()) : LuaValue.NIL;
      list.rawset(slot.index(), entry instanceof LuaString ? entry : slot(slot));
    }
    list.frozen = true;
    return list;
  }

  private static ReadOnlyTable slot(SlotView slot) {
    var table = new ReadOnlyTable("a backend", slot.index());
    table.rawset(valueOf("index"), valueOf(slot.index()));
    table.rawset(valueOf("name"), valueOf(slot.name()));
    String address = slot.address();
    if (address != null) {
      table.rawset(valueOf("address"), valueOf(address));
    }
    table.rawset(valueOf("weight"), valueOf(slot.weight()));
    table.rawset(valueOf("state"), valueOf(slot.state()));
    table.frozen = true;
    return table;
  }

  /** The index of the slot that this table represents, from 1; 0 if it represents none. */
  int slotIndex() {
    return slotIndex;
  }

  private void expectWritable() {
    if (frozen) {
      throw new LuaError(name + " cannot be changed");
    }
  }

  // Without a metatable, which cannot be set, every assignment is raw.

  @Override
  public void rawset(int key, LuaValue value) {
    expectWritable();
    super.rawset(key, value);
  }

  @Override
  public void rawset(LuaValue key, LuaValue value) {
    expectWritable();
    super.rawset(key, value);
  }

  @Override
  public void hashset(LuaValue key, LuaValue value) {
    expectWritable();
    super.hashset(key, value);
  }

  @Override
  public LuaValue setmetatable(LuaValue metatable) {
    expectWritable();
    return super.setmetatable(metatable);
  }
}
