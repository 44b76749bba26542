// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.Arrays;
import org.luaj.vm2.Lua;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Prototype;

/**
 * Corrects instructions of compiled code whose operands are constant strings that LuaJ misreads.
 * {@link Operands} can correct registers only.
 */
final class ConstantOperands {
  /** Constants that an operand of nine bits can name. */
  private static final int MAX_CONSTANTS = 256;

  private ConstantOperands() {}

  /** Corrects a function and those within it. */
  static void correct(Prototype function) {
    for (int pc = 0; pc < function.code.length; pc++) {
      int i = function.code[pc];
      if (ListCount.is(function, pc)) {
        continue;
      }
      switch (Lua.GET_OPCODE(i)) {
        case Lua.OP_ADD, Lua.OP_SUB, Lua.OP_MUL, Lua.OP_DIV, Lua.OP_MOD, Lua.OP_POW -> {
          int b = numeral(function, Lua.GETARG_B(i));
          int c = numeral(function, Lua.GETARG_C(i));
          int others = i & ~(Lua.MASK_B | Lua.MASK_C);
          function.code[pc] = others | (b << Lua.POS_B) | (c << Lua.POS_C);
        }
        case Lua.OP_LT, Lua.OP_LE -> {
          if (isMisordered(function, Lua.GETARG_B(i), Lua.GETARG_C(i))) {
            function.code[pc] = i ^ (1 << Lua.POS_A); // the opposite of what is expected
          }
        }
        default -> {}
      }
    }
    for (Prototype inner : function.p) {
      correct(inner);
    }
  }

  /** The operand, or a new constant if it is a numeral that LuaJ misreads. */
  private static int numeral(Prototype function, int operand) {
    if (!Lua.ISK(operand)
        || !(function.k[Lua.INDEXK(operand)] instanceof LuaString text)
        || function.k.length >= MAX_CONSTANTS
        || !Numerals.isMisread(text)) {
      return operand;
    }
    double number = Numerals.parse(text);
    if (Double.isNaN(number)) {
      return operand;
    }
    int added = function.k.length;
    function.k = Arrays.copyOf(function.k, added + 1);
    function.k[added] = LuaValue.valueOf(number);
    return Lua.RKASK(added);
  }

  private static boolean isMisordered(Prototype function, int one, int other) {
    return Lua.ISK(one)
        && Lua.ISK(other)
        && function.k[Lua.INDEXK(one)] instanceof LuaString a
        && function.k[Lua.INDEXK(other)] instanceof LuaString b
        && a.lt_b(b) != (Comparison.compare(a, b) < 0);
  }
}
