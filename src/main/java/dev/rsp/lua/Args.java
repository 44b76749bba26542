// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.jspecify.annotations.Nullable;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The arguments of one call of a {@link Builtin}, numbered from 1, and the caller's monitor.
 *
 * <p>An invalid argument raises a Lua error with the function's name and the position of the
 * argument.
 *
 * @param function the function's name, for messages
 */
record Args(String function, Varargs values, Monitor monitor) {
  int count() {
    return values.narg();
  }

  Meter meter() {
    return monitor.meter();
  }

  /** The argument, or nil if there is none. */
  LuaValue value(int i) {
    return values.arg(i);
  }

  boolean missing(int i) {
    return values.arg(i).isnil();
  }

  /** The argument, which may be nil but must be present. */
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
      return NumberText.of(value, meter());
    }
    throw unexpected(i, "string");
  }

  /** A number, or a string that can be converted to one. */
  double number(int i) {
    LuaValue value = values.arg(i);
    if (value instanceof LuaString text) {
      return parsed(i, text);
    }
    if (value.isnumber()) {
      return value.todouble();
    }
    throw unexpected(i, "number");
  }

  /** The arguments, with numbers in place of strings, for a function of LuaJ that takes numbers. */
  Varargs numbers() {
    meter().charge(values.narg() / 4);
    LuaValue @Nullable [] numbers = null;
    for (int i = 1; i <= values.narg(); i++) {
      if (values.arg(i) instanceof LuaString text) {
        if (numbers == null) {
          numbers = all();
        }
        numbers[i - 1] = LuaValue.valueOf(parsed(i, text));
      }
    }
    return numbers == null ? values : LuaValue.varargsOf(numbers);
  }

  private LuaValue[] all() {
    var all = new LuaValue[values.narg()];
    for (int i = 0; i < all.length; i++) {
      all[i] = values.arg(i + 1);
    }
    return all;
  }

  /** A number without its fraction, limited to the range of {@code int}. */
  int integer(int i) {
    LuaValue value = values.arg(i);
    return value.isinttype() ? value.toint() : (int) number(i);
  }

  int integer(int i, int otherwise) {
    return missing(i) ? otherwise : integer(i);
  }

  /** A position as Lua counts it, from 1 or from the end, as one from 1; it may be out of range. */
  static int fromStart(int position, int length) {
    if (position >= 0) {
      return position;
    }
    return -(long) position > length ? 0 : length + position + 1;
  }

  /** The error to throw for an argument. */
  RaisedError bad(int i, String what) {
    return error("bad argument #" + i + " to '" + function + "' (" + what + ")");
  }

  /** The error to throw, with the position of the call. */
  RaisedError error(String message) {
    return raise(LuaValue.valueOf(position(1) + message));
  }

  /** The error to throw, with a Lua value instead of a message. */
  RaisedError raise(LuaValue value) {
    return new RaisedError(value, position(1));
  }

  /** {@code "file:line: "} of the caller, or of its callers with higher levels. */
  String position(int level) {
    return monitor.calls().position(level);
  }

  private RaisedError unexpected(int i, String type) {
    String got = values.narg() < i ? "no value" : values.arg(i).typename();
    return bad(i, type + " expected, got " + got);
  }

  private double parsed(int i, LuaString text) {
    meter().charge(Meter.NUMBER_INSTRUCTIONS);
    meter().scan(text.m_length);
    double number = Numerals.parse(text);
    if (Double.isNaN(number)) {
      throw unexpected(i, "number");
    }
    return number;
  }
}
