// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * What stopped a script: a syntax error, a run-time error, or a budget that ran out.
 *
 * <p>The message says what happened, without file and line; {@link #told} has both.
 */
public final class ScriptException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final int line;

  /**
   * Makes one.
   *
   * @param file the script's name
   * @param line the line in it, from 1, or 0 if it is not known
   */
  ScriptException(String file, int line, String message) {
    super(message, null, false, false);
    this.file = file;
    this.line = line;
  }

  /** The line in the script, from 1, or 0 if it is not known. */
  public int line() {
    return line;
  }

  /** {@code file:line: message}, without the line if that is not known. */
  public String told() {
    return file + (line > 0 ? ":" + line : "") + ": " + getMessage();
  }
}
