// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.Lua;
import org.luaj.vm2.Prototype;

/**
 * Recognises words in compiled code that are no instructions: behind a SETLIST of a list of more
 * than 25,550 values follows a count, whose bits may look like any instruction.
 */
final class ListCount {
  private ListCount() {}

  /** Whether the word at a position is such a count. */
  static boolean is(Prototype function, int pc) {
    return pc > 0
        && Lua.GET_OPCODE(function.code[pc - 1]) == Lua.OP_SETLIST
        && Lua.GETARG_C(function.code[pc - 1]) == 0
        && !is(function, pc - 1);
  }
}
