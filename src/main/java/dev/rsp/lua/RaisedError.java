// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaValue;

/** A value that a script or a library function raised, for {@code pcall}. */
final class RaisedError extends LuaError {
  private static final long serialVersionUID = 1L;

  private final transient LuaValue value;
  private final String position;

  /**
   * Creates an error.
   *
   * @param position position of the raise, as {@code "file:line: "}
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
   * A constant, because LuaJ calls this for every function that the error passes and would decode
   * strings that may not be UTF-8.
   */
  @Override
  public String getMessage() {
    return "raised";
  }

  /** No stack trace: it is not used and is the most expensive part of an error. */
  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}
