// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * Says which limit of LuaJ's compiler a file exceeds. The compiler cannot say it: its own code for
 * these messages fails, and the exception has the name of a Java class.
 */
final class CompilerLimit {
  private CompilerLimit() {}

  /** A message for an operator. The limit is that of LuaJ's {@code FuncState}. */
  static String reason(RuntimeException e) {
    for (StackTraceElement frame : e.getStackTrace()) {
      if (frame.getMethodName().equals("new_localvar")) {
        // Unlike C Lua, LuaJ counts those of the functions around as well.
        return "more than 200 local variables are in scope, those of the functions around included"
            + " (expected: fewer, for example the fields of one table)";
      }
    }
    return "the code cannot be compiled: it is too large or too complex";
  }
}
