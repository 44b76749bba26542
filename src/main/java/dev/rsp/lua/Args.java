// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The arguments of one call of a {@link Builtin}, counted from 1, and the watch of its caller.
 *
 * <p>What is wrong with an argument is raised as a Lua error that names the function and the
 * position.
 *
 * @param function the function's name, for messages
 */
record Args(String function, Varargs values, Watch watch) {
  int count() {
    return values.narg();
  }

  Meter meter() {
    return watch.meter();
  }

  /** The argument, or nil if there is none. */
  LuaValue value(int i) {
    return values.arg(i);
  }

  boolean missing(int i) {
    return values.arg(i).isnil();
  }

  /** The argument, which may be nil but must be there. */
  LuaValue any(int i) {
    if (values.narg() < i) {
      throw bad(i, "value expected");
    }
    return values.arg(i);
  }

  LuaTable table(int i) {
    if (values.arg(i) instanceof LuaTable table) {
      return table;
    }
    throw unexpected(i, "table");
  }

  /** A string, or a number as a string. */
  LuaString string(int i) {
    LuaValue value = values.arg(i);
    if (value instanceof LuaString string) {
      return string;
    }
    if (value.type() == LuaValue.TNUMBER) {
      return value.checkstring();
    }
    throw unexpected(i, "string");
  }

  /** A number, or a string that reads as one. */
  double number(int i) {
    LuaValue value = values.arg(i);
    scanDigits(i);
    if (value.isnumber()) {
      return value.todouble();
    }
    throw unexpected(i, "number");
  }

  /** Has all arguments paid for and fit to be read by a function of LuaJ that takes numbers. */
  Varargs numbers() {
    for (int i = 1; i <= values.narg(); i++) {
      scanDigits(i);
    }
    return values;
  }

  /** A number without its fraction, or the nearest {@code int} if it is none. */
  int integer(int i) {
    LuaValue value = values.arg(i);
    return value.isinttype() ? value.toint() : (int) number(i);
  }

  int integer(int i, int otherwise) {
    return missing(i) ? otherwise : integer(i);
  }

  /** The error to throw for an argument. */
  RaisedError bad(int i, String what) {
    return error("bad argument #" + i + " to '" + function + "' (" + what + ")");
  }

  /** The error to throw, with the place of the call. */
  RaisedError error(String message) {
    return raise(LuaValue.valueOf(position(1) + message));
  }

  /** The error to throw that carries a value as it is. */
  RaisedError raise(LuaValue value) {
    return new RaisedError(value, position(1));
  }

  /** {@code "file:line: "} of the caller, or of its callers with higher levels. */
  String position(int level) {
    return watch.calls().position(level);
  }

  private RaisedError unexpected(int i, String type) {
    String got = values.narg() < i ? "no value" : values.arg(i).typename();
    return bad(i, type + " expected, got " + got);
  }

  private void scanDigits(int i) {
    if (values.arg(i) instanceof LuaString string) {
      meter().scan(string.m_length);
      if (Numerals.isMisread(string)) {
        throw unexpected(i, "number");
      }
    }
  }
}
