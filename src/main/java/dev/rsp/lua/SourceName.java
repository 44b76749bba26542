// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;

/**
 * The source's name of the value that an instruction failed on, such as {@code global 'print'}.
 *
 * <p>LuaJ finds it only with its own call stack, which costs more than running the script. The
 * result is a hint: it can be wrong if the code jumps between loading and using a value.
 */
final class SourceName {
  private static final LuaString GLOBALS = LuaValue.valueOf("_ENV");

  private SourceName() {}

  /** The name of the value that the instruction calls, indexes or measures, or the empty string. */
  static String of(Prototype function, int pc) {
    int i = function.code[pc];
    return switch (Lua.GET_OPCODE(i)) {
      case Lua.OP_CALL, Lua.OP_TAILCALL, Lua.OP_SETTABLE ->
          ofRegister(function, pc, Lua.GETARG_A(i));
      case Lua.OP_GETTABLE, Lua.OP_SELF, Lua.OP_LEN -> ofRegister(function, pc, Lua.GETARG_B(i));
      case Lua.OP_GETTABUP -> ofUpvalue(function, Lua.GETARG_B(i));
      case Lua.OP_SETTABUP -> ofUpvalue(function, Lua.GETARG_A(i));
      default -> "";
    };
  }

  /** The name of the value in a register, or the empty string. */
  static String ofValue(Prototype function, int pc, int register) {
    return ofRegister(function, pc, register);
  }

  private static String ofRegister(Prototype function, int pc, int register) {
    LuaString local = function.getlocalname(register + 1, pc);
    if (local != null) {
      return quoted("local", local);
    }
    for (int before = pc - 1; before >= 0; before--) {
      int i = function.code[before];
      if (Lua.GETARG_A(i) == register
          && !ListCount.is(function, before)
          && Lua.testAMode(Lua.GET_OPCODE(i))) {
        return ofLoading(function, before, i);
      }
    }
    return "";
  }

  private static String ofLoading(Prototype function, int pc, int i) {
    return switch (Lua.GET_OPCODE(i)) {
      case Lua.OP_MOVE ->
          Lua.GETARG_B(i) < Lua.GETARG_A(i) ? ofRegister(function, pc, Lua.GETARG_B(i)) : "";
      case Lua.OP_GETTABUP -> {
        String kind = isGlobals(function.upvalues[Lua.GETARG_B(i)].name) ? "global" : "field";
        yield ofKey(kind, function, Lua.GETARG_C(i));
      }
      case Lua.OP_LOADK -> quoted("constant", function.k[Lua.GETARG_Bx(i)]);
      case Lua.OP_GETTABLE -> {
        LuaString table = function.getlocalname(Lua.GETARG_B(i) + 1, pc);
        yield ofKey(isGlobals(table) ? "global" : "field", function, Lua.GETARG_C(i));
      }
      case Lua.OP_SELF -> ofKey("method", function, Lua.GETARG_C(i));
      case Lua.OP_GETUPVAL -> ofUpvalue(function, Lua.GETARG_B(i));
      default -> "";
    };
  }

  private static String ofUpvalue(Prototype function, int index) {
    return quoted("upvalue", function.upvalues[index].name);
  }

  private static boolean isGlobals(@Nullable LuaValue table) {
    return table instanceof LuaString name && name.raweq(GLOBALS);
  }

  private static String ofKey(String kind, Prototype function, int key) {
    return Lua.ISK(key) ? quoted(kind, function.k[Lua.INDEXK(key)]) : "";
  }

  private static String text(LuaString name) {
    return new String(name.m_bytes, name.m_offset, name.m_length, StandardCharsets.UTF_8);
  }

  private static String quoted(String kind, LuaValue name) {
    return name instanceof LuaString string ? kind + " '" + text(string) + "'" : "";
  }
}
