// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.util.Arrays;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;

/**
 * {@code <} and {@code <=} as in Lua 5.2. LuaJ takes the bytes of strings as signed, and does not
 * call the metamethod of a table that is compared with a number or a string.
 */
final class Comparison {
  private static final LuaString LESS = LuaValue.valueOf("__lt");
  private static final LuaString LESS_OR_EQUAL = LuaValue.valueOf("__le");

  private Comparison() {}

  /** Whether one value is before another. */
  static boolean isLess(LuaValue one, LuaValue other) {
    if (one instanceof LuaNumber && other instanceof LuaNumber) {
      return one.lt_b(other);
    }
    if (one instanceof LuaString a && other instanceof LuaString b) {
      return compare(a, b) < 0;
    }
    LuaValue handler = handler(LESS, one, other);
    if (handler.isnil()) {
      throw error(one, other);
    }
    return handler.call(one, other).toboolean();
  }

  /** Whether one value is before another or equal to it. */
  static boolean isLessOrEqual(LuaValue one, LuaValue other) {
    if (one instanceof LuaNumber && other instanceof LuaNumber) {
      return one.lteq_b(other);
    }
    if (one instanceof LuaString a && other instanceof LuaString b) {
      return compare(a, b) <= 0;
    }
    LuaValue handler = handler(LESS_OR_EQUAL, one, other);
    if (!handler.isnil()) {
      return handler.call(one, other).toboolean();
    }
    handler = handler(LESS, other, one);
    if (handler.isnil()) {
      throw error(one, other);
    }
    return !handler.call(other, one).toboolean();
  }

  /** By bytes, which are unsigned. */
  static int compare(LuaString one, LuaString other) {
    return Arrays.compareUnsigned(
        one.m_bytes,
        one.m_offset,
        one.m_offset + one.m_length,
        other.m_bytes,
        other.m_offset,
        other.m_offset + other.m_length);
  }

  private static LuaValue handler(LuaString tag, LuaValue one, LuaValue other) {
    LuaValue handler = one.metatag(tag);
    return handler.isnil() ? other.metatag(tag) : handler;
  }

  private static LuaError error(LuaValue one, LuaValue other) {
    String type = one.typename();
    return new LuaError(
        type.equals(other.typename())
            ? "attempt to compare two " + type + " values"
            : "attempt to compare " + type + " with " + other.typename());
  }
}
