// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaString;

/**
 * Detects strings that LuaJ converts to numbers wrongly: it converts a lone sign to 0, allows a
 * sign after {@code 0x}, and reads beyond the end of {@code 0x} without digits.
 */
final class Numerals {
  private Numerals() {}

  /** Whether LuaJ would convert a string to a number although it is none. */
  static boolean isMisread(LuaString text) {
    LuaString numeral = withoutSpaces(text);
    return isLoneSign(numeral) || (isHex(numeral) && !hasDigits(numeral));
  }

  /** As {@link #isMisread}, but with a given base, in which 0x may be two digits. */
  static boolean isMisreadInBase(LuaString text) {
    return isLoneSign(withoutSpaces(text));
  }

  private static boolean isLoneSign(LuaString numeral) {
    return numeral.m_length == 1 && numeral.luaByte(0) == '-';
  }

  private static boolean isHex(LuaString numeral) {
    return numeral.m_length >= 2
        && numeral.luaByte(0) == '0'
        && (numeral.luaByte(1) == 'x' || numeral.luaByte(1) == 'X');
  }

  private static boolean hasDigits(LuaString hex) {
    return hex.m_length > 2 && hex.luaByte(2) != '-';
  }

  /** LuaJ skips spaces but no other white space. */
  private static LuaString withoutSpaces(LuaString text) {
    int start = 0;
    int end = text.m_length;
    while (start < end && text.luaByte(start) == ' ') {
      start++;
    }
    while (start < end && text.luaByte(end - 1) == ' ') {
      end--;
    }
    return text.substring(start, end);
  }
}
