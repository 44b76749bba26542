// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.VarArgFunction;

/**
 * A library function written in Java. Stateless, so that scripts on all threads can share it; the
 * calling script is charged for its work.
 */
final class Builtin extends VarArgFunction {
  private final Body body;

  Builtin(String name, Body body) {
    this.name = name;
    this.body = body;
  }

  /** Creates a function and stores it in a table under its name. */
  static void define(LuaTable library, String name, Body body) {
    library.rawset(LuaValue.valueOf(name), new Builtin(name, body));
  }

  /** The same in each process, for tables that have functions as keys. */
  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public Varargs invoke(Varargs values) {
    Monitor monitor = Monitor.current();
    monitor.enterBuiltin();
    try {
      return body.call(new Args(name, values, monitor));
    } finally {
      monitor.leaveBuiltin();
    }
  }

  /** The implementation of a function. */
  @FunctionalInterface
  interface Body {
    Varargs call(Args args);
  }
}
