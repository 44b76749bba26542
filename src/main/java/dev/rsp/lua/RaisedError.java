// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaValue;

/** A value that a script or one of our functions raised, as it is to reach {@code pcall}. */
final class RaisedError extends LuaError {
  private static final long serialVersionUID = 1L;

  private final transient LuaValue value;
  private final String position;

  /**
   * Makes one.
   *
   * @param position where it was raised, as {@code "file:line: "}
   */
  RaisedError(LuaValue value, String position) {
    super("raised");
    this.value = value;
    this.position = position;
  }

  String position() {
    return position;
  }

  @Override
  public LuaValue getMessageObject() {
    return value;
  }

  /**
   * A constant, since LuaJ asks for it at every function that the error passes, and decodes strings
   * that need not be UTF-8.
   */
  @Override
  public String getMessage() {
    return "raised";
  }

  /** Nobody reads it, and collecting it costs more than all the rest of a raised error. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
