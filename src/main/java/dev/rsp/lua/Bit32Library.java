// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/** Lua 5.2's {@code bit32}: arguments are taken modulo 2^32, and results are unsigned. */
final class Bit32Library {
  private static final int BITS = 32;

  private Bit32Library() {}

  static LuaTable create() {
    var library = new LuaTable();
    define(library, "band", Bit32Library::all);
    Builtin.define(library, "btest", a -> LuaValue.valueOf(all(a) != 0));
    define(library, "bor", a -> BitLibrary.fold(a, 0, 1, (x, y) -> x | y));
    define(library, "bxor", a -> BitLibrary.fold(a, 0, 1, (x, y) -> x ^ y));
    define(library, "bnot", a -> ~BitLibrary.bits(a, 1));
    define(library, "lshift", a -> shifted(BitLibrary.bits(a, 1), distance(a)));
    define(library, "rshift", a -> shifted(BitLibrary.bits(a, 1), -distance(a)));
    define(library, "arshift", a -> signShifted(BitLibrary.bits(a, 1), distance(a)));
    // Java rotates by the lower five bits of the distance, too.
    define(library, "lrotate", a -> Integer.rotateLeft(BitLibrary.bits(a, 1), (int) distance(a)));
    define(library, "rrotate", a -> Integer.rotateRight(BitLibrary.bits(a, 1), (int) distance(a)));
    define(library, "extract", a -> (BitLibrary.bits(a, 1) >>> field(a, 2)) & mask(a, 2));
    define(library, "replace", Bit32Library::replaced);
    return library;
  }

  private static void define(LuaTable library, String name, BitLibrary.Operation operation) {
    Builtin.define(
        library, name, args -> LuaValue.valueOf((double) (operation.on(args) & 0xffff_ffffL)));
  }

  private static int all(Args args) {
    return BitLibrary.fold(args, -1, 1, (x, y) -> x & y);
  }

  /** As C Lua, which converts it to an {@code int}. */
  private static long distance(Args args) {
    return (int) (long) args.number(2);
  }

  /** To the left, or to the right by a negative distance. */
  private static int shifted(int bits, long distance) {
    if (distance <= -BITS || distance >= BITS) {
      return 0;
    }
    return distance >= 0 ? bits << distance : bits >>> -distance;
  }

  /** To the right, with the sign, or to the left by a negative distance. */
  private static int signShifted(int bits, long distance) {
    return distance < 0 ? shifted(bits, -distance) : bits >> Math.min(distance, BITS - 1);
  }

  private static int field(Args args, int i) {
    int field = args.integer(i);
    if (field < 0) {
      throw args.bad(i, "field cannot be negative");
    }
    int width = args.integer(i + 1, 1);
    if (width <= 0) {
      throw args.bad(i + 1, "width must be positive");
    }
    if ((long) field + width > BITS) {
      throw args.error("trying to access non-existent bits");
    }
    return field;
  }

  private static int mask(Args args, int i) {
    return -1 >>> (BITS - args.integer(i + 1, 1));
  }

  private static int replaced(Args args) {
    int field = field(args, 3);
    int mask = mask(args, 3) << field;
    return (BitLibrary.bits(args, 1) & ~mask) | ((BitLibrary.bits(args, 2) << field) & mask);
  }
}
