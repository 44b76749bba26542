// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * What stopped a script: a syntax error, a run-time error, or a budget that ran out.
 *
 * <p>The message says what happened, without file and line; {@link #line()} says where.
 */
public final class ScriptException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int line;

  /**
   * Makes one.
   *
   * @param line the line in the script, from 1, or 0 if it is not known
   */
  public ScriptException(String message, int line) {
    super(message, null, false, false);
    this.line = line;
  }

  /** The line in the script, from 1, or 0 if it is not known. */
  public int line() {
    return line;
  }
}
