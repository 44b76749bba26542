// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaValue;

/** A value that a script or one of our functions raised, as it is to reach {@code pcall}. */
final class RaisedError extends LuaError {
  private static final long serialVersionUID = 1L;

  private final String position;

  /**
   * Makes one.
   *
   * @param position where it was raised, as {@code "file:line: "}
   */
  RaisedError(LuaValue value, String position) {
    super(value);
    this.position = position;
  }

  String position() {
    return position;
  }

  /** Nobody reads it, and collecting it costs more than all the rest of a raised error. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
