// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import dev.rsp.hash.Crc32;
import dev.rsp.hash.Fnv1a;
import dev.rsp.hash.JumpHash;
import dev.rsp.hash.Murmur3;
import dev.rsp.hash.PythonHash;
import dev.rsp.hash.XxHash64;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * The {@code hash} functions that choose one of {@code n}. They return indexes and not hashes,
 * because a Lua number cannot hold 64 bits.
 */
final class HashLibrary {
  private static final long MASK32 = 0xffff_ffffL;

  private HashLibrary() {}

  static LuaTable create() {
    var library = new LuaTable();
    define(library, "python", PythonHash::index, true, PythonHash::hash64);
    define(library, "python32", PythonHash::index32, true, PythonHash::hash32);
    define(library, "crc32", Crc32::index, false, (k, o, l) -> Crc32.hash(k, o, l) & MASK32);
    define(library, "fnv1a", Fnv1a::index, false, Fnv1a::hash);
    define(
        library, "murmur3", Murmur3::index, false, (k, o, l) -> Murmur3.hash(k, o, l, 0) & MASK32);
    define(library, "xxh64", XxHash64::index, false, SlotHashes.XXH64);
    define(library, "jump", JumpHash::index, false, SlotHashes.XXH64);
    SlotHashes.define(library);
    return library;
  }

  private static void define(
      LuaTable library, String name, Choice choice, boolean signed, Effects.Hash whole) {
    Builtin.define(library, name, args -> choose(args, choice, signed, whole));
  }

  private static Varargs choose(Args args, Choice choice, boolean signed, Effects.Hash whole) {
    LuaString key = args.string(1);
    double n = args.number(2);
    if (n < 1 || n != (int) n) {
      throw args.bad(2, "whole number from 1 expected, got " + args.value(2).tojstring());
    }
    args.meter().scan(key.m_length);
    args.monitor().effects().hashed(args.function(), key, (int) n, signed, whole);
    return LuaValue.valueOf(choice.index(key.m_bytes, key.m_offset, key.m_length, (int) n));
  }

  /** Chooses an index from 1 to {@code n}. */
  @FunctionalInterface
  private interface Choice {
    int index(byte[] key, int offset, int length, int n);
  }
}
