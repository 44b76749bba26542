// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Decimal digits of numbers that are not negative, in the forms of C's printf. */
final class Decimals {
  /** Of a double. */
  private static final long MANTISSA_BITS = 53;

  private Decimals() {}

  /**
   * Instructions for the exact digits of a number. The time for large and for small ones grows with
   * the square of the bits: 1e308 and 1e-308 take some 10 us.
   */
  static long instructions(double number, int precision) {
    long bits = number == 0 ? 0 : Math.abs(Math.getExponent(number)) + MANTISSA_BITS;
    return bits * bits / 2048 + (bits + precision) / 8;
  }

  /** The result of {@code %f}. */
  static String fixed(BigDecimal number, int precision) {
    return number.setScale(precision, RoundingMode.HALF_EVEN).toPlainString();
  }

  /** The result of {@code %e}. */
  static String scientific(BigDecimal number, int precision) {
    BigDecimal rounded = number.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
    int exponent = exponent(rounded);
    String digits = rounded.unscaledValue().toString();
    digits = digits + zeros(precision + 1 - digits.length());
    String fraction = precision == 0 ? "" : "." + digits.substring(1, precision + 1);
    return digits.charAt(0)
        + fraction
        + (exponent < 0 ? "e-" : "e+")
        + zeros(2 - Integer.toString(Math.abs(exponent)).length())
        + Math.abs(exponent);
  }

  /**
   * The result of {@code %g}: the shorter form, without trailing zeros unless {@code #} is given.
   */
  static String shorter(BigDecimal number, int digits, boolean keepZeros) {
    int exponent = exponent(number.round(new MathContext(digits, RoundingMode.HALF_EVEN)));
    boolean plain = exponent >= -4 && exponent < digits;
    String text = plain ? fixed(number, digits - 1 - exponent) : scientific(number, digits - 1);
    if (keepZeros || text.indexOf('.') < 0) {
      return text;
    }
    int mantissaEnd = plain ? text.length() : text.indexOf('e');
    int end = mantissaEnd;
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    if (text.charAt(end - 1) == '.') {
      end--;
    }
    return text.substring(0, end) + text.substring(mantissaEnd);
  }

  private static int exponent(BigDecimal number) {
    return number.signum() == 0 ? 0 : number.precision() - number.scale() - 1;
  }

  /** None if the count is negative. */
  static String zeros(int count) {
    return "0".repeat(Math.max(0, count));
  }
}
