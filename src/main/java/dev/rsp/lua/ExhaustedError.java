// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * Ends a script that exceeded its budget.
 *
 * <p>An {@link Error}, because LuaJ converts every {@link Exception} into an error that scripts can
 * catch.
 */
final class ExhaustedError extends Error {
  private static final long serialVersionUID = 1L;

  /**
   * Creates an error.
   *
   * @param message the exceeded limit, with {@code file:line}
   */
  ExhaustedError(String message) {
    super(message, null, false, false);
  }
}
