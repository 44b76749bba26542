// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * What the call in hand depends on and leaves behind: it decides whether its answer may be kept for
 * the next request with the same host.
 *
 * <p>It errs on the side of asking again. A script that once changed something that outlives a call
 * (a global, a local of the file, a table made by an earlier call) is never again host-only, since
 * any of its answers may depend on that.
 */
final class Effects {
  /** Tables of the call's own that are told apart from older ones; one more counts as older. */
  private static final int MAX_OWN = 64;

  private static final LuaTable NO_TABLE = new LuaTable();

  private final LuaTable[] own = new LuaTable[MAX_OWN];
  private int ownCount;
  private final Calls calls;
  private long call;
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

  Effects(Calls calls) {
    this.calls = calls;
  }

  /** Begins a call for a request. Until the first one, the file is loading and may do anything. */
  void startServing() {
    call++;
    serving = true;
    hostOnly = true;
    changedState = false;
    hash = null;
  }

  /** Whether a request is being placed; if not, the file is loading. */
  boolean serving() {
    return serving;
  }

  /**
   * The call asked for a hash.
   *
   * @param signed whether it is a number with a sign
   * @param whole gives it again, should anybody want to know
   */
  void hashed(String function, LuaString key, int n, boolean signed, Hash whole) {
    hashFunction = function;
    hashKey = key;
    hashN = n;
    hashSigned = signed;
    hash = whole;
  }

  /** The hash that the call in hand, or the last one, asked for last; null if for none. */
  @Nullable HashCall lastHash() {
    if (hash == null) {
      return null;
    }
    long whole = hash.of(hashKey.m_bytes, hashKey.m_offset, hashKey.m_length);
    String value = hashSigned ? Long.toString(whole) : Long.toUnsignedString(whole);
    return new HashCall(hashFunction, Messages.decode(hashKey), hashN, value);
  }

  /** Ends a call, and lets go of its tables. */
  void stop() {
    for (int i = 0; i < ownCount; i++) {
      own[i] = NO_TABLE;
    }
    ownCount = 0;
  }

  /** The number of the call in hand; 0 is the file itself. */
  long call() {
    return call;
  }

  /** The call asked for something other than the host. */
  void lookedFurther() {
    hostOnly = false;
  }

  /** The call made a table, and may change it as it likes. */
  void created(LuaTable table) {
    if (serving && ownCount < MAX_OWN) {
      own[ownCount++] = table;
    }
  }

  /** The call changes a table, or something behind the table's metatable. */
  void changes(LuaValue table) {
    if (serving && !changedState && !isOwn(table)) {
      changedState = true;
      becomeStateful();
    }
  }

  /** The call changes a variable outside the function that is being run. */
  void changesOuterVariable() {
    if (serving) {
      changedState = true;
      becomeStateful();
    }
  }

  private void becomeStateful() {
    if (!stateful) {
      stateful = true;
      firstChange = calls.position(1);
    }
  }

  /** Goes on from what is known of the same script before it was started afresh. */
  void succeed(Effects before) {
    stateful = before.stateful;
    firstChange = before.firstChange;
  }

  /** Where a call first changed something that outlives it, as {@code "file:line: "}. */
  String firstChange() {
    return firstChange;
  }

  /** Whether any call changed something that outlives it. */
  boolean stateful() {
    return stateful;
  }

  /** Whether the answer holds for every request with the same host. */
  boolean hostOnly() {
    return hostOnly && !stateful;
  }

  /** Whether the call may have left something behind. */
  boolean changedState() {
    return changedState;
  }

  private boolean isOwn(LuaValue table) {
    LuaValue metatable = table.getmetatable();
    if (metatable != null && !metatable.rawget(LuaValue.NEWINDEX).isnil()) {
      return false;
    }
    for (int i = ownCount - 1; i >= 0; i--) {
      if (own[i].raweq(table)) {
        return true;
      }
    }
    return false;
  }

  /** A hash before it is reduced to an index. */
  @FunctionalInterface
  interface Hash {
    long of(byte[] key, int offset, int length);
  }
}
