// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import org.luaj.vm2.LuaError;

/**
 * The items of a Lua pattern that match one character: a literal, {@code .}, {@code %a} or a set.
 * ASCII only, so that the result does not depend on the locale.
 */
final class CharacterClass {
  private final byte[] pattern;
  private final int patternEnd;

  CharacterClass(byte[] pattern, int patternEnd) {
    this.pattern = pattern;
    this.patternEnd = patternEnd;
  }

  /**
   * The end of the item that starts at {@code p}.
   *
   * @throws LuaError if the pattern ends inside the item
   */
  int end(int p) {
    if (pattern[p] == '%') {
      return afterEscape(p);
    }
    return pattern[p] == '[' ? setEnd(p) : p + 1;
  }

  /** Whether a character matches the item from {@code p} to {@code end}. */
  boolean matches(int c, int p, int end) {
    return switch (pattern[p]) {
      case '.' -> true;
      case '%' -> isInClass(c, pattern[p + 1] & 0xff);
      case '[' -> isInSet(c, p + 1, end - 1);
      default -> (pattern[p] & 0xff) == c;
    };
  }

  private int afterEscape(int p) {
    if (p + 1 >= patternEnd) {
      throw new LuaError("malformed pattern (ends with '%')");
    }
    return p + 2;
  }

  private int setEnd(int p) {
    int at = p + 1;
    if (at < patternEnd && pattern[at] == '^') {
      at++;
    }
    // The first character is in the set even if it is a bracket.
    int first = at;
    while (at < patternEnd && (at == first || pattern[at] != ']')) {
      at = pattern[at] == '%' ? afterEscape(at) : at + 1;
    }
    if (at >= patternEnd) {
      throw new LuaError("malformed pattern (missing ']')");
    }
    return at + 1;
  }

  /** Whether a character is in the set from {@code p} to {@code end}. */
  private boolean isInSet(int c, int p, int end) {
    boolean wanted = true;
    int at = p;
    if (pattern[at] == '^') {
      wanted = false;
      at++;
    }
    while (at < end) {
      if (pattern[at] == '%') {
        if (isInClass(c, pattern[at + 1] & 0xff)) {
          return wanted;
        }
        at += 2;
      } else if (at + 2 < end && pattern[at + 1] == '-') {
        if (c >= (pattern[at] & 0xff) && c <= (pattern[at + 2] & 0xff)) {
          return wanted;
        }
        at += 3;
      } else {
        if (c == (pattern[at] & 0xff)) {
          return wanted;
        }
        at++;
      }
    }
    return !wanted;
  }

  /**
   * An upper-case name is the complement of the lower-case one; other characters match themselves.
   */
  private static boolean isInClass(int c, int name) {
    boolean in;
    switch (name | 0x20) {
      case 'a' -> in = isLetter(c);
      case 'c' -> in = c < 32 || c == 127;
      case 'd' -> in = isDigit(c);
      case 'g' -> in = c > 32 && c < 127;
      case 'l' -> in = c >= 'a' && c <= 'z';
      case 'p' -> in = c > 32 && c < 127 && !isLetter(c) && !isDigit(c);
      case 's' -> in = c == ' ' || (c >= 9 && c <= 13);
      case 'u' -> in = c >= 'A' && c <= 'Z';
      case 'w' -> in = isLetter(c) || isDigit(c);
      case 'x' -> in = isDigit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
      case 'z' -> in = c == 0; // of Lua 5.1, and of 5.2 as "deprecated"
      default -> {
        return c == name;
      }
    }
    return in == (name >= 'a');
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isLetter(int c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 128;
  }
}
