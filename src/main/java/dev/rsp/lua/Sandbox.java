// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.HashMap;
import java.util.Map;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * Creates the globals of one script: its own library, without access to the system.
 *
 * <p>Left out on purpose: {@code io os debug luajava package require coroutine load loadstring
 * loadfile dofile collectgarbage print}. Coroutines are threads in LuaJ, and the others reach
 * files, classes or the process.
 */
final class Sandbox {
  static {
    // All strings in the JVM share one metatable, so scripts must not get access to it: its
    // methods are those in the table "string" of the script that runs.
    var metatable = new LuaTable();
    metatable.rawset(LuaValue.INDEX, new StringMethods());
    metatable.rawset(LuaValue.METATABLE, LuaValue.valueOf("locked"));
    LuaString.s_metatable = metatable;
  }

  private Sandbox() {}

  /** New globals with the library, under a monitor. */
  static Globals create(Monitor monitor) {
    var globals = new ScriptGlobals(monitor);
    BaseLibrary.install(globals);
    ServingLibrary.install(globals);
    globals.rawset("_G", globals);
    globals.rawset("_VERSION", LuaValue.valueOf("Lua 5.2"));
    globals.rawset("bit", library(BitLibrary.create(), monitor));
    globals.rawset("bit32", library(Bit32Library.create(), monitor));
    globals.rawset("hash", library(HashLibrary.create(), monitor));
    globals.rawset("math", library(MathLibrary.create(), monitor));
    LuaTable strings = library(StringLibrary.create(), monitor);
    globals.rawset("string", strings);
    monitor.strings(strings);
    globals.rawset("table", library(TableLibrary.create(), monitor));
    TestLibrary.install(globals);
    return globals;
  }

  /** The same library in a table of the script. */
  private static LuaTable library(LuaTable made, Monitor monitor) {
    LuaTable library = monitor.newTable();
    for (LuaValue key : made.keys()) {
      library.rawset(key, made.rawget(key));
    }
    return library;
  }

  /** A copy of the current globals by name. */
  static Map<LuaValue, LuaValue> contents(Globals globals) {
    Map<LuaValue, LuaValue> contents = new HashMap<>();
    for (LuaValue key : globals.keys()) {
      contents.put(key, globals.rawget(key));
    }
    return contents;
  }
}
