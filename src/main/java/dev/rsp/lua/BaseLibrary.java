// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * Lua's basic functions, except those that load code, print or access the system.
 *
 * <p>LuaJ's own are not used: they have no budget, their {@code pcall} and {@code xpcall} run
 * handlers during an error, and the library contains {@code load} and {@code dofile}.
 */
final class BaseLibrary {
  /**
   * Instructions charged for a caught error: creating an exception, filling its stack trace and
   * unwinding take microseconds.
   */
  private static final int CAUGHT_INSTRUCTIONS = 250;

  /** Maximum results of {@code unpack}: the limit of C Lua's stack (LUAI_MAXCSTACK, 5.1). */
  private static final int MAX_UNPACKED = 8000;

  /** Calls of a handler that fails each time: C Lua ends at LUAI_MAXCCALLS. */
  private static final int MAX_HANDLER_CALLS = 200;

  private static final LuaString METATABLE = LuaValue.valueOf("__metatable");
  private static final LuaString MODE = LuaValue.valueOf("__mode");
  private static final LuaString PAIRS = LuaValue.valueOf("__pairs");
  private static final LuaString IPAIRS = LuaValue.valueOf("__ipairs");
  private static final LuaString TOSTRING = LuaValue.valueOf("__tostring");

  private static final Builtin NEXT = new Builtin("next", BaseLibrary::next);
  private static final Builtin INEXT = new Builtin("inext", a -> a.table(1).inext(a.value(2)));

  private BaseLibrary() {}

  /** Adds the functions to a script's globals. */
  static void install(LuaTable globals) {
    globals.rawset(LuaValue.valueOf("next"), NEXT);
    Builtin.define(globals, "assert", BaseLibrary::assertTrue);
    Builtin.define(globals, "error", BaseLibrary::error);
    Builtin.define(globals, "getmetatable", BaseLibrary::getMetatable);
    Builtin.define(globals, "ipairs", a -> iterate(a, IPAIRS, INEXT, LuaValue.ZERO));
    Builtin.define(globals, "pairs", a -> iterate(a, PAIRS, NEXT, LuaValue.NIL));
    Builtin.define(globals, "pcall", BaseLibrary::pcall);
    Builtin.define(globals, "rawequal", BaseLibrary::rawEqual);
    Builtin.define(globals, "rawget", BaseLibrary::rawGet);
    Builtin.define(globals, "rawlen", BaseLibrary::rawLength);
    Builtin.define(globals, "rawset", BaseLibrary::rawSet);
    Builtin.define(globals, "select", BaseLibrary::select);
    Builtin.define(globals, "setmetatable", BaseLibrary::setMetatable);
    Builtin.define(globals, "tonumber", BaseLibrary::toNumber);
    Builtin.define(globals, "tostring", a -> toText(a.any(1), a.meter()));
    Builtin.define(globals, "type", a -> LuaValue.valueOf(a.any(1).typename()));
    Builtin.define(globals, "unpack", BaseLibrary::unpack);
    Builtin.define(globals, "xpcall", BaseLibrary::xpcall);
  }

  /** The result of {@code tostring}. */
  static LuaString toText(LuaValue value, Meter meter) {
    if (value instanceof LuaString string) {
      return string;
    }
    LuaValue byMetatable = value.metatag(TOSTRING);
    if (!byMetatable.isnil()) {
      LuaValue text = byMetatable.call(value);
      if (text.isstring()) {
        return NumberText.of(text, meter);
      }
      throw new LuaError("'__tostring' must return a string");
    }
    if (value.type() == LuaValue.TNUMBER) {
      LuaString text = NumberText.of(value, meter);
      meter.allocate(text.m_length);
      return text;
    }
    String text = value.tojstring();
    meter.allocate(text.length());
    return LuaValue.valueOf(text);
  }

  static Varargs unpack(Args args) {
    LuaTable table = args.table(1);
    long from = args.integer(2, 1);
    long to = args.missing(3) ? table.rawlen() : args.integer(3);
    long count = to - from + 1;
    if (count <= 0) {
      return LuaValue.NONE;
    }
    if (count > MAX_UNPACKED) {
      throw args.error("too many results to unpack");
    }
    args.meter().charge(count);
    var values = new LuaValue[(int) count];
    for (int i = 0; i < count; i++) {
      values[i] = table.rawget((int) (from + i));
    }
    return LuaValue.varargsOf(values);
  }

  private static Varargs assertTrue(Args args) {
    if (args.value(1).toboolean()) {
      return args.values();
    }
    LuaValue message = args.value(2);
    if (message.isnil()) {
      throw args.error("assertion failed!");
    }
    if (!message.isstring()) {
      throw args.raise(message);
    }
    LuaString text = NumberText.of(message, args.meter());
    throw args.raise(LuaValue.valueOf(args.monitor().calls().level(1)).concat(text));
  }

  private static Varargs error(Args args) {
    LuaValue value = args.value(1);
    int level = args.integer(2, 1);
    if (value.isstring() && level > 0) {
      LuaString text = NumberText.of(value, args.meter());
      String position = args.monitor().calls().level(level);
      args.meter().allocate(text.m_length + position.length());
      value = LuaValue.valueOf(position).concat(text);
    }
    throw args.raise(value);
  }

  private static Varargs pcall(Args args) {
    LuaValue function = args.any(1);
    try {
      return succeeded(function.invoke(args.values().subargs(2)), args.meter());
    } catch (LuaError e) {
      args.meter().charge(CAUGHT_INSTRUCTIONS);
      return LuaValue.varargsOf(LuaValue.FALSE, Messages.raised(e, args.monitor().calls()));
    }
  }

  /** LuaJ chains the results, and walks along the chain. */
  private static Varargs succeeded(Varargs results, Meter meter) {
    meter.charge(results.narg() / 2);
    return LuaValue.varargsOf(LuaValue.TRUE, results);
  }

  /**
   * Runs the handler after the stack is unwound, not during the error. As in C Lua, a handler that
   * fails is called again, with its own error.
   */
  private static Varargs xpcall(Args args) {
    LuaValue function = args.any(1);
    LuaValue handler = args.any(2);
    try {
      return succeeded(function.invoke(args.values().subargs(3)), args.meter());
    } catch (LuaError e) {
      args.meter().charge(CAUGHT_INSTRUCTIONS);
      return LuaValue.varargsOf(LuaValue.FALSE, handled(args, handler, e));
    }
  }

  private static LuaValue handled(Args args, LuaValue handler, LuaError failure) {
    LuaValue raised = Messages.raised(failure, args.monitor().calls());
    for (int i = 0; i < MAX_HANDLER_CALLS && handler.isfunction(); i++) {
      try {
        return handler.call(raised);
      } catch (LuaError e) {
        args.meter().charge(CAUGHT_INSTRUCTIONS);
        raised = Messages.raised(e, args.monitor().calls());
      }
    }
    return LuaValue.valueOf("error in error handling");
  }

  private static Varargs iterate(Args args, LuaString tag, Builtin next, LuaValue start) {
    LuaValue value = args.any(1);
    LuaValue byMetatable = value.metatag(tag);
    if (!byMetatable.isnil()) {
      Varargs three = byMetatable.invoke(value);
      return LuaValue.varargsOf(three.arg(1), three.arg(2), three.arg(3));
    }
    return LuaValue.varargsOf(next, args.table(1), start);
  }

  private static Varargs next(Args args) {
    LuaTable table = args.table(1);
    args.monitor().scan(args.value(2));
    return table.next(args.value(2));
  }

  private static Varargs rawGet(Args args) {
    LuaTable table = args.table(1);
    args.monitor().scan(args.any(2));
    return table.rawget(args.any(2));
  }

  private static Varargs rawEqual(Args args) {
    LuaValue one = args.any(1);
    LuaValue other = args.any(2);
    if (one instanceof LuaString a && other instanceof LuaString b) {
      args.meter().scan(Math.min(a.m_length, b.m_length));
    }
    return LuaValue.valueOf(one.raweq(other));
  }

  private static Varargs rawLength(Args args) {
    LuaValue value = args.any(1);
    if (value instanceof LuaString || value instanceof LuaTable) {
      return LuaValue.valueOf(value.rawlen());
    }
    throw args.bad(1, "table or string expected");
  }

  private static Varargs rawSet(Args args) {
    LuaTable table = args.table(1);
    LuaValue key = args.any(2);
    if (!key.isvalidkey()) {
      throw args.bad(2, "an index must be neither nil nor NaN");
    }
    args.monitor().writes(table, key);
    table.rawset(key, args.any(3));
    return table;
  }

  private static Varargs select(Args args) {
    int count = args.count() - 1;
    if (args.value(1) instanceof LuaString s && s.m_length == 1 && s.luaByte(0) == '#') {
      return LuaValue.valueOf(count);
    }
    int n = args.integer(1);
    if (n < 0) {
      n = count + n + 1;
    }
    if (n < 1) {
      throw args.bad(1, "index out of range");
    }
    return n > count ? LuaValue.NONE : args.values().subargs(n + 1);
  }

  private static Varargs getMetatable(Args args) {
    LuaValue metatable = args.any(1).getmetatable();
    if (metatable == null) {
      return LuaValue.NIL;
    }
    LuaValue shown = metatable.rawget(METATABLE);
    return shown.isnil() ? metatable : shown;
  }

  private static Varargs setMetatable(Args args) {
    LuaTable table = args.table(1);
    LuaValue metatable = args.any(2);
    if (!metatable.isnil() && !metatable.istable()) {
      throw args.bad(2, "nil or table expected");
    }
    LuaValue old = table.getmetatable();
    if (old != null && !old.rawget(METATABLE).isnil()) {
      throw args.error("cannot change a protected metatable");
    }
    if (metatable.istable() && !metatable.rawget(MODE).isnil()) {
      // Otherwise garbage collection could decide where a request goes.
      throw args.error("weak tables are not supported");
    }
    args.monitor().effects().changes(table);
    return table.setmetatable(metatable.isnil() ? null : metatable);
  }

  private static Varargs toNumber(Args args) {
    LuaValue value = args.any(1);
    if (value instanceof LuaString string) {
      args.meter().charge(Meter.NUMBER_INSTRUCTIONS);
      args.meter().scan(string.m_length);
    }
    if (args.missing(2)) {
      return value instanceof LuaString text ? numberOrNil(Numerals.parse(text)) : value.tonumber();
    }
    int base = args.integer(2);
    if (base < 2 || base > 36) {
      throw args.bad(2, "base out of range");
    }
    return numberOrNil(Numerals.parse(args.string(1), base));
  }

  private static LuaValue numberOrNil(double number) {
    return Double.isNaN(number) ? LuaValue.NIL : LuaValue.valueOf(number);
  }
}
