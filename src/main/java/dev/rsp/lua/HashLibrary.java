// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.hash.PythonHash;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The {@code hash} functions. They return indexes and not hashes, because a Lua number cannot hold
 * 64 bits.
 */
final class HashLibrary {
  private HashLibrary() {}

  static LuaTable create() {
    var library = new LuaTable();
    Builtin.define(library, "python", HashLibrary::python);
    return library;
  }

  private static Varargs python(Args args) {
    LuaString key = args.string(1);
    double n = args.number(2);
    if (n < 1 || n != (int) n) {
      throw args.bad(2, "whole number from 1 expected, got " + args.value(2).tojstring());
    }
    args.meter().scan(key.m_length);
    return LuaValue.valueOf(PythonHash.index(key.m_bytes, key.m_offset, key.m_length, (int) n));
  }
}
