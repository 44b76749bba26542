// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaValue;
import org.luaj.vm2.lib.TwoArgFunction;

/**
 * Finds the methods of strings in the table {@code string} of the script that runs, so that a
 * script can add some. It is stateless: all strings in the JVM share one metatable.
 */
final class StringMethods extends TwoArgFunction {
  @Override
  public LuaValue call(LuaValue text, LuaValue name) {
    return Monitor.current().strings().get(name);
  }
}
