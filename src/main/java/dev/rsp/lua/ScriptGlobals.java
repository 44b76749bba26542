// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaInteger;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The globals of one copy of a script: {@code _G} can be filled like any {@link ScriptTable}. Their
 * hash code is the same in all copies.
 */
final class ScriptGlobals extends Globals {
  private final TableEntries entries = new TableEntries();

  ScriptGlobals(Monitor monitor) {
    // LuaJ reads the hook from the globals before every instruction.
    debuglib = monitor;
    monitor.scope(this);
  }

  /** For measuring; the caller changes nothing. */
  TableEntries entries() {
    return entries;
  }

  @Override
  public int hashCode() {
    return 0;
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public LuaValue get(int key) {
    return get(LuaInteger.valueOf(key));
  }

  @Override
  public LuaValue get(LuaValue key) {
    LuaValue value = entries.get(key);
    return value.isnil() && m_metatable != null ? Metamethods.index(this, key) : value;
  }

  @Override
  public LuaValue rawget(int key) {
    return entries.get(key);
  }

  @Override
  public LuaValue rawget(LuaValue key) {
    return entries.get(key);
  }

  @Override
  protected LuaValue hashget(LuaValue key) {
    return entries.get(key);
  }

  @Override
  public void set(int key, LuaValue value) {
    set(LuaInteger.valueOf(key), value);
  }

  @Override
  public void set(LuaValue key, LuaValue value) {
    if (m_metatable == null) {
      rawset(key, value);
    } else {
      Metamethods.assign(this, key, value);
    }
  }

  @Override
  public void rawset(int key, LuaValue value) {
    entries.set(key, value);
  }

  @Override
  public void rawset(LuaValue key, LuaValue value) {
    if (!key.isvalidkey()) {
      throw new LuaError("table index is nil or NaN");
    }
    entries.set(key, value);
  }

  @Override
  public void hashset(LuaValue key, LuaValue value) {
    rawset(key, value);
  }

  @Override
  public void presize(int count) {
    entries.presize(count);
  }

  @Override
  public int rawlen() {
    return entries.length();
  }

  @Override
  public Varargs next(LuaValue key) {
    Varargs next = entries.next(key);
    if (next == null) {
      throw new LuaError("invalid key to 'next'");
    }
    return next;
  }

  @Override
  protected LuaValue callmt() {
    return Metamethods.call(this);
  }
}
