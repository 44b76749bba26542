// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.HashMap;
import java.util.Map;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * The world that one script sees: a library of its own, and nothing of the machine.
 *
 * <p>Left out on purpose: {@code io os debug luajava package require coroutine load loadstring
 * loadfile dofile collectgarbage print}. Coroutines are threads in LuaJ, and the others reach
 * files, classes or the process.
 */
final class Sandbox {
  static {
    // One metatable serves the strings of the whole JVM, so that scripts must not be able to reach
    // it: its functions are a copy that no script gets hold of as a table.
    var metatable = new LuaTable();
    metatable.rawset(LuaValue.INDEX, StringLibrary.create());
    metatable.rawset(LuaValue.METATABLE, LuaValue.valueOf("locked"));
    LuaString.s_metatable = metatable;
  }

  private Sandbox() {}

  /** New globals with the library in them, under a watch. */
  static Globals create(Watch watch) {
    var globals = new Globals();
    // LuaJ asks the globals for the hook before every instruction.
    globals.debuglib = watch;
    BaseLibrary.install(globals);
    ServingLibrary.install(globals);
    globals.rawset("_G", globals);
    globals.rawset("_VERSION", LuaValue.valueOf("Lua 5.2"));
    globals.rawset("bit", BitLibrary.create());
    globals.rawset("bit32", MathLibrary.createBit32());
    globals.rawset("hash", HashLibrary.create());
    globals.rawset("math", MathLibrary.create());
    globals.rawset("string", StringLibrary.create());
    globals.rawset("table", TableLibrary.create());
    TestLibrary.install(globals);
    return globals;
  }

  /** What is in some globals at this moment, by name. */
  static Map<LuaValue, LuaValue> contents(Globals globals) {
    Map<LuaValue, LuaValue> contents = new HashMap<>();
    for (LuaValue key : globals.keys()) {
      contents.put(key, globals.rawget(key));
    }
    return contents;
  }
}
