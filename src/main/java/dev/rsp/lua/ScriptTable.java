// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * A table that a script created.
 *
 * <p>It knows which call created it, so that a change of it is known to end with the call. Its hash
 * code is the number of objects that the script created before it, not its address, so that {@code
 * tostring} and the order of {@code pairs} are the same each time that the file is loaded.
 *
 * <p>A {@linkplain #share shared} table belongs to the copies of a script on several threads. They
 * only read it, which needs no lock: LuaJ's tables change nothing when they are read.
 */
final class ScriptTable extends LuaTable {
  /** The number of the call that loads the file. */
  static final long LOADING = 0;

  private final int serial;
  private final long call;
  private boolean shared;

  /**
   * Creates an empty table.
   *
   * @param serial how many objects the script created before
   * @param call the number of the call that creates it
   */
  ScriptTable(int arrayEntries, int hashEntries, int serial, long call) {
    super(arrayEntries, hashEntries);
    this.serial = serial;
    this.call = call;
  }

  /** An empty table that passes for the same object in another copy of the script. */
  ScriptTable emptyCopy() {
    return new ScriptTable(getArrayLength(), hashEntries, serial, LOADING);
  }

  /** Whether that call created it. */
  boolean isOf(long aCall) {
    return call == aCall;
  }

  /** From now on it cannot be changed. The caller publishes it safely to the other threads. */
  void share() {
    shared = true;
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

  // A script's attempt ends before it gets here, in Effects. This is a second lock on the same
  // door:
  // whatever changes a table calls one of these.

  @Override
  public void rawset(int key, LuaValue value) {
    expectOwn();
    super.rawset(key, value);
  }

  @Override
  public void rawset(LuaValue key, LuaValue value) {
    expectOwn();
    super.rawset(key, value);
  }

  @Override
  public void hashset(LuaValue key, LuaValue value) {
    expectOwn();
    super.hashset(key, value);
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
