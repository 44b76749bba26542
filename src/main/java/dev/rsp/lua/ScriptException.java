// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * A script failed: a syntax error, a run-time error, or an exceeded budget.
 *
 * <p>{@link #getMessage} has no file and line; {@link #message} has both.
 */
public final class ScriptException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final int line;

  /**
   * Creates an exception.
   *
   * @param file the script's name
   * @param line the line in it, from 1, or 0 if unknown
   */
  ScriptException(String file, int line, String message) {
    super(message, null, false, false);
    this.file = file;
    this.line = line;
  }

  /** The line in the script, from 1, or 0 if unknown. */
  public int line() {
    return line;
  }

  /** {@code file:line: message}, or {@code file: message} if the line is unknown. */
  public String message() {
    return file + (line > 0 ? ":" + line : "") + ": " + getMessage();
  }
}
