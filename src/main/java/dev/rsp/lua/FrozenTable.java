// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** A table that scripts can read in every way that Lua has, and change in none. */
final class FrozenTable extends LuaTable {
  private static final int NO_SLOT = 0;

  private final String name;
  private final int slotIndex;
  private boolean frozen;

  private FrozenTable(String name, int slotIndex) {
    this.name = name;
    this.slotIndex = slotIndex;
  }

  /**
   * The list of backends.
   *
   * @param written the list as the file has it: an entry that is a string there is one here
   */
  static FrozenTable backends(Setting setting, LuaValue written) {
    var list = new FrozenTable("backends", NO_SLOT);
    for (ShownSlot slot : setting.slots()) {
      LuaValue entry =
          written instanceof LuaTable table ? table.rawget(slot.index()) : LuaValue.NIL;
      list.rawset(slot.index(), entry instanceof LuaString ? entry : slot(slot));
    }
    list.frozen = true;
    return list;
  }

  private static FrozenTable slot(ShownSlot slot) {
    var table = new FrozenTable("a backend", slot.index());
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

  /** The index of the slot that it shows, from 1; 0 if it shows none. */
  int slotIndex() {
    return slotIndex;
  }

  private void expectThawed() {
    if (frozen) {
      throw new LuaError(name + " cannot be changed");
    }
  }

  // What is set without a metatable, as nobody can give it one, is set raw.

  @Override
  public void rawset(int key, LuaValue value) {
    expectThawed();
    super.rawset(key, value);
  }

  @Override
  public void rawset(LuaValue key, LuaValue value) {
    expectThawed();
    super.rawset(key, value);
  }

  @Override
  public void hashset(LuaValue key, LuaValue value) {
    expectThawed();
    super.hashset(key, value);
  }

  @Override
  public LuaValue setmetatable(LuaValue metatable) {
    expectThawed();
    return super.setmetatable(metatable);
  }
}
