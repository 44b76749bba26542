// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.math.BigDecimal;
import org.luaj.vm2.LuaNumber;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;

/**
 * The text of a number: C's {@code %.14g}, as LUAI_NUMFFORMAT of Lua 5.2. LuaJ's own has the
 * precision of a {@code float}.
 */
final class NumberText {
  private static final int DIGITS = 14;

  /** Whole numbers below it have at most {@link #DIGITS} digits. */
  private static final double LIMIT = 1e14;

  private NumberText() {}

  /** A string, or the text of a number, whose work is charged. */
  static LuaString of(LuaValue value, Meter meter) {
    return value instanceof LuaNumber ? LuaValue.valueOf(format(value, meter)) : value.strvalue();
  }

  private static String format(LuaValue value, Meter meter) {
    double number = value.todouble();
    if (Math.abs(number) < LIMIT && number == (long) number) {
      return Long.toString((long) number);
    }
    if (Double.isNaN(number)) {
      return "nan";
    }
    String sign = number < 0 ? "-" : "";
    if (Double.isInfinite(number)) {
      return sign + "inf";
    }
    meter.charge(Decimals.instructions(number, DIGITS));
    return sign + Decimals.shorter(new BigDecimal(Math.abs(number)), DIGITS, false);
  }
}
