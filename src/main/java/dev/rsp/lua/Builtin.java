// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.VarArgFunction;

/**
 * A library function written in Java. It holds no state of a script, so that all scripts on all
 * threads can share it; what it spends is charged to the script that calls it.
 */
final class Builtin extends VarArgFunction {
  /**
   * Instructions that a call costs beyond the call itself: its arguments are wrapped and checked.
   */
  private static final int CALL_INSTRUCTIONS = 4;

  private final Body body;

  Builtin(String name, Body body) {
    this.name = name;
    this.body = body;
  }

  /** Makes one, and puts it into a table under its name. */
  static void define(LuaTable library, String name, Body body) {
    library.rawset(LuaValue.valueOf(name), new Builtin(name, body));
  }

  @Override
  public Varargs invoke(Varargs values) {
    Watch watch = Watch.current();
    watch.meter().spend(CALL_INSTRUCTIONS);
    return body.call(new Args(name, values, watch));
  }

  /** What a builtin does. */
  @FunctionalInterface
  interface Body {
    Varargs call(Args args);
  }
}
