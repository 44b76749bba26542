// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * A compiled Lua file. It never changes, and any number of threads may {@linkplain #run run} it.
 */
public final class Program {
  private Program() {}

  /**
   * Compiles a file. A first line that starts with {@code #} is skipped; binary chunks are refused.
   *
   * @param name the file's name, as error messages are to show it
   * @throws ScriptException if it is not valid Lua
   */
  public static Program compile(String name, byte[] source) throws ScriptException {
    throw new ScriptException("not built: " + name + source.length, 0);
  }

  /**
   * Runs the file on new globals of its own, within the budget for loading.
   *
   * @throws ScriptException if it raises an error or its budget runs out
   */
  public Script run() throws ScriptException {
    throw new ScriptException("not built", 0);
  }
}
