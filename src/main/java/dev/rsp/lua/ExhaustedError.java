// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * The end of a script that spent more than it was allowed.
 *
 * <p>An {@link Error}, because LuaJ turns every {@link Exception} into something that a script may
 * catch.
 */
final class ExhaustedError extends Error {
  private static final long serialVersionUID = 1L;

  /**
   * Makes one.
   *
   * @param message what ran out, with {@code file:line}
   */
  ExhaustedError(String message) {
    super(message, null, false, false);
  }
}
