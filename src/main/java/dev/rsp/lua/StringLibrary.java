// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/** Lua's {@code string} functions, charged by the bytes that they read and write. */
final class StringLibrary {
  private static final byte[] LOWER = map('A', 'Z', 'a' - 'A');
  private static final byte[] UPPER = map('a', 'z', 'A' - 'a');

  private StringLibrary() {}

  /**
   * A new table of the shared functions. A script that overwrites an entry changes only its own
   * table.
   */
  static LuaTable create() {
    var library = new LuaTable();
    Builtin.define(library, "byte", StringLibrary::bytes);
    Builtin.define(library, "char", StringLibrary::chars);
    Builtin.define(library, "format", StringFormat::format);
    Builtin.define(library, "len", a -> LuaValue.valueOf(a.string(1).m_length));
    Builtin.define(library, "lower", a -> mapped(a, LOWER));
    Builtin.define(library, "rep", StringLibrary::repeat);
    Builtin.define(library, "reverse", StringLibrary::reverse);
    Builtin.define(library, "sub", StringLibrary::sub);
    Builtin.define(library, "upper", a -> mapped(a, UPPER));
    PatternLibrary.install(library);
    return library;
  }

  private static Varargs bytes(Args args) {
    LuaString s = args.string(1);
    int from = Args.fromStart(args.integer(2, 1), s.m_length);
    int to =
        Math.min(args.missing(3) ? from : Args.fromStart(args.integer(3), s.m_length), s.m_length);
    from = Math.max(1, from);
    if (from > to) {
      return LuaValue.NONE;
    }
    if (from == to) {
      return LuaValue.valueOf(s.luaByte(from - 1));
    }
    int count = to - from + 1;
    args.meter().allocate(8L * count);
    var values = new LuaValue[count];
    for (int i = 0; i < count; i++) {
      values[i] = LuaValue.valueOf(s.luaByte(from - 1 + i));
    }
    return LuaValue.varargsOf(values);
  }

  private static Varargs chars(Args args) {
    int count = args.count();
    args.meter().allocate(count);
    var bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      int c = args.integer(i + 1);
      if (c < 0 || c > 255) {
        throw args.bad(i + 1, "value out of range");
      }
      bytes[i] = (byte) c;
    }
    return LuaString.valueUsing(bytes);
  }

  private static Varargs repeat(Args args) {
    LuaString s = args.string(1);
    long count = Math.max(0, args.integer(2));
    LuaString separator = args.missing(3) ? LuaValue.EMPTYSTRING : args.string(3);
    // Neither factor is above 2^31, so the product fits.
    long length = count * s.m_length + Math.max(0, count - 1) * separator.m_length;
    args.meter().allocate(length);
    var bytes = new byte[(int) length];
    if (length > 0) {
      s.copyInto(0, bytes, 0, s.m_length);
      int filled = s.m_length;
      if (count > 1) {
        separator.copyInto(0, bytes, filled, separator.m_length);
        filled += separator.m_length;
      }
      // The copied part doubles, because a short text would be copied a million times.
      while (filled < bytes.length) {
        int copied = Math.min(filled, bytes.length - filled);
        System.arraycopy(bytes, 0, bytes, filled, copied);
        filled += copied;
      }
    }
    return LuaString.valueUsing(bytes);
  }

  private static Varargs reverse(Args args) {
    LuaString s = args.string(1);
    int length = s.m_length;
    args.meter().allocate(length);
    var bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) s.luaByte(length - 1 - i);
    }
    return LuaString.valueUsing(bytes);
  }

  private static Varargs sub(Args args) {
    LuaString s = args.string(1);
    int from = Math.max(1, Args.fromStart(args.integer(2), s.m_length));
    int to = Math.min(Args.fromStart(args.integer(3, -1), s.m_length), s.m_length);
    if (from > to) {
      return LuaValue.EMPTYSTRING;
    }
    args.meter().allocate(to - from + 1L);
    // LuaJ's substring would keep the whole array.
    return LuaString.valueOf(s.m_bytes, s.m_offset + from - 1, to - from + 1);
  }

  private static Varargs mapped(Args args, byte[] map) {
    LuaString s = args.string(1);
    args.meter().allocate(s.m_length);
    var bytes = new byte[s.m_length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = map[s.luaByte(i)];
    }
    return LuaString.valueUsing(bytes);
  }

  /** A map of bytes that moves those from {@code first} to {@code last}. */
  private static byte[] map(char first, char last, int distance) {
    var map = new byte[256];
    for (int c = 0; c < map.length; c++) {
      map[c] = (byte) (c >= first && c <= last ? c + distance : c);
    }
    return map;
  }
}
