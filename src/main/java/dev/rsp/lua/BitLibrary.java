// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.Locale;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;

/**
 * LuaJIT's {@code bit}, so that scripts for OpenResty run unchanged. Unlike {@code bit32}, its
 * results are signed, and shifts use only the lower five bits of the distance.
 */
final class BitLibrary {
  /**
   * 2^52 + 2^51: adding it leaves a number's lower 32 bits in the lower half of the sum, rounded to
   * even. LuaJIT does the same, so that fractions and large numbers give the same results.
   */
  private static final double BIAS = 6_755_399_441_055_744.0;

  /** Hexadecimal digits of 32 bits. */
  private static final int MAX_DIGITS = 8;

  private BitLibrary() {}

  static LuaTable create() {
    var library = new LuaTable();
    define(library, "tobit", a -> bits(a, 1));
    define(library, "bnot", a -> ~bits(a, 1));
    define(library, "bswap", a -> Integer.reverseBytes(bits(a, 1)));
    define(library, "band", a -> fold(a, (x, y) -> x & y));
    define(library, "bor", a -> fold(a, (x, y) -> x | y));
    define(library, "bxor", a -> fold(a, (x, y) -> x ^ y));
    // Java also shifts and rotates an int by the lower five bits of the distance.
    define(library, "lshift", a -> bits(a, 1) << bits(a, 2));
    define(library, "rshift", a -> bits(a, 1) >>> bits(a, 2));
    define(library, "arshift", a -> bits(a, 1) >> bits(a, 2));
    define(library, "rol", a -> Integer.rotateLeft(bits(a, 1), bits(a, 2)));
    define(library, "ror", a -> Integer.rotateRight(bits(a, 1), bits(a, 2)));
    Builtin.define(library, "tohex", BitLibrary::tohex);
    return library;
  }

  private static void define(LuaTable library, String name, Operation operation) {
    Builtin.define(library, name, args -> LuaValue.valueOf(operation.on(args)));
  }

  /** The lower 32 bits of an argument, rounded to even. */
  static int bits(Args args, int i) {
    return (int) Double.doubleToRawLongBits(args.number(i) + BIAS);
  }

  private static int fold(Args args, Pair operation) {
    return fold(args, bits(args, 1), 2, operation);
  }

  /** Combines a start and the arguments from one on. */
  static int fold(Args args, int start, int from, Pair operation) {
    int result = start;
    args.meter().charge(args.count());
    for (int i = from; i <= args.count(); i++) {
      result = operation.on(result, bits(args, i));
    }
    return result;
  }

  private static Varargs tohex(Args args) {
    int value = bits(args, 1);
    int wanted = args.count() < 2 ? MAX_DIGITS : bits(args, 2);
    int digits = (int) Math.min(MAX_DIGITS, Math.abs((long) wanted));
    // A bit above the number keeps its zeros.
    String hex =
        Long.toHexString((1L << 32) | (value & 0xffffffffL)).substring(1 + MAX_DIGITS - digits);
    return LuaValue.valueOf(wanted < 0 ? hex.toUpperCase(Locale.ROOT) : hex);
  }

  /** An operation on a call's arguments. */
  @FunctionalInterface
  interface Operation {
    int on(Args args);
  }

  /** An operation on two numbers. */
  @FunctionalInterface
  interface Pair {
    int on(int x, int y);
  }
}
