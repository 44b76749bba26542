// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * Records what the current call reads and changes. This decides whether its result may be cached
 * for other requests with the same host.
 *
 * <p>In doubt the result is not cached. Once a script has changed state that outlives a call (a
 * global, a local of the file, a table of an earlier call), no result is host-only, because any may
 * depend on that state.
 */
final class Effects {
  /** The number of the call that loads the file. */
  static final long LOADING = ScriptTable.LOADING;

  /** Longest chain of __newindex tables that is followed (MAXTAGLOOP of lvm.c). */
  private static final int MAX_CHAIN = 100;

  private final LuaStack calls;
  private long call = LOADING;
  private boolean serving;
  private boolean hostOnly;
  private boolean changedState;
  private boolean stateful;
  private String firstChange = "";
  private String hashFunction = "";
  private LuaString hashKey = LuaValue.EMPTYSTRING;
  private int hashN;
  private boolean hashSigned;
  private @Nullable Hash hash;

  Effects(LuaStack calls) {
    this.calls = calls;
  }

  /**
   * Begins a call for a request. Until the first one, the file is loading and may change anything.
   */
  void startServing() {
    call++;
    serving = true;
    hostOnly = true;
    changedState = false;
    hash = null;
  }

  /** Whether a request is being served; if not, the file is loading. */
  boolean serving() {
    return serving;
  }

  /**
   * Records that the call computed a hash.
   *
   * @param signed whether the hash is a signed number
   * @param whole computes the full hash again, on request
   */
  void hashed(String function, LuaString key, int n, boolean signed, Hash whole) {
    hashFunction = function;
    hashKey = key;
    hashN = n;
    hashSigned = signed;
    hash = whole;
  }

  /** The last hash that the current or the last call computed; null if none. */
  @Nullable HashCall lastHash() {
    if (hash == null) {
      return null;
    }
    long whole = hash.of(hashKey.m_bytes, hashKey.m_offset, hashKey.m_length);
    String value = hashSigned ? Long.toString(whole) : Long.toUnsignedString(whole);
    return new HashCall(hashFunction, Messages.decode(hashKey), hashN, value);
  }

  /** The number of the current call, or {@link #LOADING}. */
  long call() {
    return call;
  }

  /** Records that the call read something other than the host. */
  void readMoreThanHost() {
    hostOnly = false;
  }

  /**
   * Records that the call changes a table, or a table behind its metatable.
   *
   * @throws SharedTableSignal if other copies of the script read it
   */
  void changes(LuaValue target) {
    if (!serving) {
      return;
    }
    LuaValue at = target;
    for (int i = 0; at instanceof LuaTable table && i < MAX_CHAIN; i++) {
      if (i > 0) {
        Meter.chargeCurrent(Metamethods.STEP_INSTRUCTIONS);
      }
      if (!(table instanceof ScriptTable own) || !own.isOf(call)) {
        if (table instanceof ScriptTable older && older.isShared()) {
          throw new SharedTableSignal();
        }
        changedState = true;
        markStateful();
      }
      // What a function does in its place is recorded by itself.
      LuaValue metatable = table.getmetatable();
      at = metatable == null ? LuaValue.NIL : metatable.rawget(LuaValue.NEWINDEX);
    }
  }

  /** Records that the call changes a variable outside the running function. */
  void changesOuterVariable() {
    if (serving) {
      changedState = true;
      markStateful();
    }
  }

  private void markStateful() {
    if (!stateful) {
      stateful = true;
      firstChange = calls.position(1);
    }
  }

  /** Takes over the state flags of the same script before a restart. */
  void inherit(Effects before) {
    stateful = before.stateful;
    firstChange = before.firstChange;
  }

  /** Where a call first changed state that outlives it, as {@code "file:line: "}. */
  String firstChange() {
    return firstChange;
  }

  /** Whether any call changed state that outlives it. */
  boolean stateful() {
    return stateful;
  }

  /** Whether the result is valid for every request with the same host. */
  boolean hostOnly() {
    return hostOnly && !stateful;
  }

  /** Whether this call may have changed state that outlives it. */
  boolean changedState() {
    return changedState;
  }

  /** A hash before it is reduced to an index. */
  @FunctionalInterface
  interface Hash {
    long of(byte[] key, int offset, int length);
  }
}
