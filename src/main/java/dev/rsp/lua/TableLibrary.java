// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.Arrays;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * Lua's {@code table} functions, charged by the entries that they access.
 *
 * <p>{@code sort} is reimplemented because LuaJ's sorts only the entries in the table's array part.
 */
final class TableLibrary {
  /** Instructions for moving an entry: to read one and to set another. */
  private static final long MOVE_INSTRUCTIONS = 2;

  /** Instructions for the text of a number. */
  private static final int NUMBER_INSTRUCTIONS = 8;

  private TableLibrary() {}

  static LuaTable create() {
    var library = new LuaTable();
    Builtin.define(library, "concat", TableLibrary::concat);
    Builtin.define(library, "insert", TableLibrary::insert);
    Builtin.define(library, "pack", TableLibrary::pack);
    Builtin.define(library, "remove", TableLibrary::remove);
    Builtin.define(library, "maxn", TableLibrary::largestKey);
    Builtin.define(library, "sort", TableLibrary::sort);
    Builtin.define(library, "unpack", BaseLibrary::unpack);
    return library;
  }

  private static Varargs concat(Args args) {
    LuaTable table = args.table(1);
    LuaString separator = args.missing(2) ? LuaValue.EMPTYSTRING : args.string(2);
    long from = args.integer(3, 1);
    long to = args.missing(4) ? table.rawlen() : args.integer(4);
    var joined = new ByteBuilder(args.meter());
    for (long i = from; i <= to; i++) {
      args.meter().charge(1);
      LuaValue value = table.rawget((int) i);
      if (!value.isstring()) {
        throw args.error(
            "invalid value (" + value.typename() + ") at index " + i + " in table for 'concat'");
      }
      if (!(value instanceof LuaString)) {
        args.meter().charge(NUMBER_INSTRUCTIONS);
      }
      joined.append(NumberText.of(value, args.meter()));
      if (i < to) {
        joined.append(separator);
      }
    }
    return joined.toLuaString();
  }

  private static Varargs insert(Args args) {
    LuaTable table = args.table(1);
    int end = table.rawlen() + 1;
    int at;
    LuaValue value;
    switch (args.count()) {
      case 2 -> {
        at = end;
        value = args.value(2);
      }
      case 3 -> {
        at = args.integer(2);
        value = args.value(3);
      }
      default -> throw args.error("wrong number of arguments to 'insert'");
    }
    if (at < 1 || at > end) {
      throw args.bad(2, "position out of bounds");
    }
    args.monitor().writes(table, LuaValue.valueOf(end));
    args.meter().charge(MOVE_INSTRUCTIONS * (end - (long) at));
    for (int i = end; i > at; i--) {
      table.rawset(i, table.rawget(i - 1));
    }
    table.rawset(at, value);
    return LuaValue.NONE;
  }

  private static Varargs largestKey(Args args) {
    LuaTable table = args.table(1);
    double largest = 0;
    for (LuaValue key = table.next(LuaValue.NIL).arg1();
        !key.isnil();
        key = table.next(key).arg1()) {
      args.meter().charge(1);
      if (key instanceof LuaNumber number) {
        largest = Math.max(largest, number.todouble());
      }
    }
    return LuaValue.valueOf(largest);
  }

  private static Varargs pack(Args args) {
    int count = args.count();
    args.meter().allocate(Monitor.OBJECT_BYTES + (long) Monitor.ENTRY_BYTES * (count + 1));
    ScriptTable table = args.monitor().newTable();
    table.presize(count);
    for (int i = 1; i <= count; i++) {
      table.rawset(i, args.value(i));
    }
    table.rawset("n", LuaValue.valueOf(count));
    return table;
  }

  private static Varargs remove(Args args) {
    LuaTable table = args.table(1);
    int length = table.rawlen();
    int at = args.integer(2, length);
    // As in C Lua: for an empty list, 0 and 1 are in bounds, too.
    if (!args.missing(2) && (at < 1 || at > length + 1) && !(length == 0 && at == 0)) {
      throw args.bad(2, "position out of bounds");
    }
    args.monitor().effects().changes(table);
    LuaValue removed = table.rawget(at);
    args.meter().charge(MOVE_INSTRUCTIONS * Math.max(0, length - (long) at));
    for (int i = at; i < length; i++) {
      table.rawset(i, table.rawget(i + 1));
    }
    if (at <= length) {
      table.rawset(length, LuaValue.NIL);
    }
    return removed;
  }

  private static Varargs sort(Args args) {
    LuaTable table = args.table(1);
    LuaValue before = args.value(2);
    if (!before.isnil() && !before.isfunction()) {
      throw args.bad(2, "function expected, got " + before.typename());
    }
    int length = table.rawlen();
    args.meter().allocate((long) Monitor.ENTRY_BYTES * length);
    var values = new LuaValue[length];
    for (int i = 0; i < length; i++) {
      values[i] = table.rawget(i + 1);
    }
    try {
      Arrays.sort(values, (a, b) -> compare(a, b, before, args.meter()));
    } catch (IllegalArgumentException e) {
      throw args.error("invalid order function for sorting");
    }
    args.monitor().effects().changes(table);
    for (int i = 0; i < length; i++) {
      table.rawset(i + 1, values[i]);
    }
    return LuaValue.NONE;
  }

  private static int compare(LuaValue a, LuaValue b, LuaValue before, Meter meter) {
    if (isBefore(a, b, before, meter)) {
      return -1;
    }
    return isBefore(b, a, before, meter) ? 1 : 0;
  }

  private static boolean isBefore(LuaValue a, LuaValue b, LuaValue before, Meter meter) {
    meter.charge(2);
    if (!before.isnil()) {
      return before.call(a, b).toboolean();
    }
    if (a instanceof LuaString one && b instanceof LuaString other) {
      meter.scan(Math.min(one.m_length, other.m_length));
    }
    return Comparison.isLess(a, b);
  }
}
