// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

/**
 * Ends a call that is about to change a table that the copies of a script share. The script gets
 * tables of its own, and the call begins again. Scripts cannot catch it.
 */
final class SharedTableSignal extends Error {
  private static final long serialVersionUID = 1L;

  SharedTableSignal() {
    super("a table that event loops share was to be changed", null, false, false);
  }
}
