// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.Set;
import java.util.TreeSet;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;

/**
 * Finds the functions of the library {@code hash} that a compiled program may call.
 *
 * <p>If it uses the library only in the form {@code hash.NAME}, these are the names among its
 * constants. Any other access counts as a call of all functions, because the names may be computed:
 * {@code hash[x]}, {@code local h = hash}, {@code pairs(_G)}, {@code _ENV[x]}. The bytecode is that
 * of Lua 5.2.
 */
final class HashUses {
  private static final LuaString ENVIRONMENT = LuaValue.valueOf("_ENV");
  private static final LuaString GLOBALS = LuaValue.valueOf("_G");
  private static final LuaString LIBRARY = LuaValue.valueOf("hash");

  private final Set<String> library;
  private final Set<String> named = new TreeSet<>();
  private boolean computed;

  private HashUses(Set<String> library) {
    this.library = library;
  }

  /** The given library functions that a program may call. */
  static Set<String> in(Prototype program, Set<String> library) {
    var uses = new HashUses(library);
    uses.scan(program);
    return uses.computed ? library : uses.named;
  }

  private void scan(Prototype function) {
    for (LuaValue constant : function.k) {
      if (constant instanceof LuaString name && library.contains(Messages.decode(name))) {
        named.add(Messages.decode(name));
      }
    }
    for (int at = 0; at < function.code.length; at++) {
      computed |= !ListCount.is(function, at) && isOtherAccess(function, at);
    }
    for (Prototype inner : function.p) {
      scan(inner);
    }
  }

  private static boolean isOtherAccess(Prototype function, int at) {
    int instruction = function.code[at];
    if (!readsEnvironment(function, instruction)) {
      return false;
    }
    if (Lua.GET_OPCODE(instruction) != Lua.OP_GETTABUP || !Lua.ISK(Lua.GETARG_C(instruction))) {
      return true;
    }
    LuaValue global = function.k[Lua.INDEXK(Lua.GETARG_C(instruction))];
    return global.raweq(GLOBALS)
        || (global.raweq(LIBRARY) && !takesConstantField(function, at + 1, instruction));
  }

  /** Whether it reads a global, or the table of all globals, which is an upvalue. */
  private static boolean readsEnvironment(Prototype function, int instruction) {
    int code = Lua.GET_OPCODE(instruction);
    return (code == Lua.OP_GETTABUP || code == Lua.OP_GETUPVAL)
        && ENVIRONMENT.raweq(function.upvalues[Lua.GETARG_B(instruction)].name);
  }

  /**
   * Whether the value that an instruction read is only used to read a field with a constant name.
   */
  private static boolean takesConstantField(Prototype function, int next, int taken) {
    int instruction = function.code[next];
    return Lua.GET_OPCODE(instruction) == Lua.OP_GETTABLE
        && Lua.GETARG_B(instruction) == Lua.GETARG_A(taken)
        && Lua.ISK(Lua.GETARG_C(instruction));
  }
}
