// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaInteger;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * A table that a script created.
 *
 * <p>Its entries are {@link TableEntries}. LuaJ's own tables have chains that a client can make
 * long, move all their entries at once when they grow, and search all places for the next entry.
 *
 * <p>It knows which call created it, so that a change of it is known to end with the call. Its hash
 * code is the number of objects that the script created before it, not its address, so that {@code
 * tostring} is the same each time that the file is loaded.
 *
 * <p>A {@linkplain #share shared} table belongs to the copies of a script on several threads. They
 * only read it, which needs no lock: its entries change nothing then.
 */
final class ScriptTable extends LuaTable {
  /** The number of the call that loads the file. */
  static final long LOADING = 0;

  private final TableEntries entries = new TableEntries();
  private final int serial;
  private final long call;
  private boolean shared;

  /**
   * Creates an empty table.
   *
   * @param serial how many objects the script created before
   * @param call the number of the call that creates it
   */
  ScriptTable(int serial, long call) {
    this.serial = serial;
    this.call = call;
  }

  /** An empty table that passes for the same object in another copy of the script. */
  ScriptTable emptyCopy() {
    var copy = new ScriptTable(serial, LOADING);
    copy.presize(entries.listSize());
    return copy;
  }

  /** For measuring; the caller changes nothing. */
  TableEntries entries() {
    return entries;
  }

  /** Whether that call created it. */
  boolean isOf(long aCall) {
    return call == aCall;
  }

  /** From now on it cannot be changed. The caller publishes it safely to the other threads. */
  void share() {
    shared = true;
    entries.freeze();
  }

  boolean isShared() {
    return shared;
  }

  @Override
  public int hashCode() {
    return serial;
  }

  // LuaJ compares tables by identity; only the hash code is ours.
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public LuaValue get(int key) {
    LuaValue value = entries.get(key);
    return value.isnil() && m_metatable != null ? get(LuaInteger.valueOf(key)) : value;
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

  @Override
  public void set(int key, LuaValue value) {
    if (m_metatable == null) {
      rawset(key, value);
    } else {
      set(LuaInteger.valueOf(key), value);
    }
  }

  @Override
  public void set(LuaValue key, LuaValue value) {
    if (m_metatable == null) {
      rawset(key, value);
    } else {
      Metamethods.assign(this, key, value);
    }
  }

  // A script's attempt to change a shared table ends before it gets here, in Effects. This is a
  // second lock on the same door: whatever changes a table calls one of these.

  @Override
  public void rawset(int key, LuaValue value) {
    expectOwn();
    entries.set(key, value);
  }

  @Override
  public void rawset(LuaValue key, LuaValue value) {
    expectOwn();
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
    expectOwn();
    entries.presize(count);
  }

  @Override
  public LuaValue setmetatable(LuaValue metatable) {
    expectOwn();
    return super.setmetatable(metatable);
  }

  private void expectOwn() {
    if (shared) {
      throw new SharedTableSignal();
    }
  }
}
