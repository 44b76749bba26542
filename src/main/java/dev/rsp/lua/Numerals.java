// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.charset.StandardCharsets;
import org.luaj.vm2.LuaString;

/**
 * Converts text to numbers as Lua 5.2 does. LuaJ's own conversion knows no white space but the
 * space, no plus sign, no fraction in hexadecimal and no more than 64 bits or 64 digits, and takes
 * some texts that are no numerals.
 */
final class Numerals {
  /** No text has this value, because Lua has no numeral for it. */
  static final double NO_NUMBER = Double.NaN;

  private static final int DECIMAL = 10;
  private static final int HEXADECIMAL = 16;

  private final byte[] bytes;
  private final int end;
  private int at;

  private Numerals(LuaString text) {
    bytes = text.m_bytes;
    int start = text.m_offset;
    int last = start + text.m_length;
    while (start < last && isSpace(bytes[start])) {
      start++;
    }
    while (start < last && isSpace(bytes[last - 1])) {
      last--;
    }
    at = start;
    end = last;
  }

  /** The number, or {@link #NO_NUMBER}. White space around it and a sign are allowed. */
  static double parse(LuaString text) {
    var numeral = new Numerals(text);
    return numeral.isNumeral() ? numeral.number() : NO_NUMBER;
  }

  /** The integer in a base from 2 to 36, or {@link #NO_NUMBER}. */
  static double parse(LuaString text, int base) {
    var numeral = new Numerals(text);
    boolean negative = numeral.takesSign();
    if (numeral.at == numeral.end) {
      return NO_NUMBER;
    }
    double number = 0;
    for (; numeral.at < numeral.end; numeral.at++) {
      int digit = digit(numeral.bytes[numeral.at], base);
      if (digit < 0) {
        return NO_NUMBER;
      }
      number = number * base + digit;
    }
    return negative ? -number : number;
  }

  /** Whether a text is a numeral that LuaJ converts otherwise. */
  static boolean isMisread(LuaString text) {
    double number = parse(text);
    // LuaJ fails on some texts that are no numerals: it is asked only about numerals.
    return !Double.isNaN(number) && (!text.isnumber() || text.todouble() != number);
  }

  /** Checks the grammar; Java would take more, such as {@code 1f} and {@code NaN}. */
  private boolean isNumeral() {
    int start = at;
    takesSign();
    boolean hexadecimal = isHexadecimal();
    int base = hexadecimal ? HEXADECIMAL : DECIMAL;
    at += hexadecimal ? 2 : 0;
    int digits = digits(base);
    if (takes('.', '.')) {
      digits += digits(base);
    }
    if (digits == 0) {
      return false;
    }
    if (hexadecimal ? takes('p', 'P') : takes('e', 'E')) {
      takesSign();
      if (digits(DECIMAL) == 0) {
        return false;
      }
    }
    boolean complete = at == end;
    at = start;
    return complete;
  }

  private double number() {
    String text = new String(bytes, at, end - at, StandardCharsets.ISO_8859_1);
    takesSign();
    boolean hasExponent = text.indexOf('p') >= 0 || text.indexOf('P') >= 0;
    // Java requires the exponent of a hexadecimal numeral.
    return Double.parseDouble(isHexadecimal() && !hasExponent ? text + "p0" : text);
  }

  private boolean isHexadecimal() {
    return at + 1 < end && bytes[at] == '0' && (bytes[at + 1] | 0x20) == 'x';
  }

  private boolean takesSign() {
    boolean negative = at < end && bytes[at] == '-';
    takes('-', '+');
    return negative;
  }

  private boolean takes(char one, char other) {
    boolean found = at < end && (bytes[at] == one || bytes[at] == other);
    at += found ? 1 : 0;
    return found;
  }

  private int digits(int base) {
    int start = at;
    while (at < end && digit(bytes[at], base) >= 0) {
      at++;
    }
    return at - start;
  }

  private static int digit(byte c, int base) {
    int digit = -1;
    if (c >= '0' && c <= '9') {
      digit = c - '0';
    } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') {
      digit = (c | 0x20) - 'a' + DECIMAL;
    }
    return digit < base ? digit : -1;
  }

  /** As {@code isspace} of C. */
  private static boolean isSpace(byte c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }
}
