// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Finds numerals in a source text that are invalid in Lua but accepted by LuaJ. LuaJ lets Java
 * parse them, which accepts {@code 1f} and {@code 1d}, and it parses only a prefix of a hexadecimal
 * numeral, so that it accepts {@code 0x}, {@code 0x1.2.3} and {@code 0x1p}. A valid numeral that
 * LuaJ misreads is refused, too: {@code 0x1p+4}, which it reads as 1.
 *
 * <p>It splits the text into tokens like LuaJ, but only distinguishes numerals from other tokens.
 * The text must compile, at least up to the invalid numeral.
 */
final class NumeralCheck {
  private static final Pattern DECIMAL =
      Pattern.compile("(?:[0-9]++\\.?[0-9]*+|\\.[0-9]++)(?:[eE][+-]?[0-9]++)?");

  private static final Pattern HEXADECIMAL =
      Pattern.compile(
          "0[xX](?:[0-9a-fA-F]++\\.?[0-9a-fA-F]*+|\\.[0-9a-fA-F]++)(?:[pP][+-]?[0-9]++)?");

  private static final int END = -1;

  private final byte[] source;
  private int at;

  private NumeralCheck(byte[] source, int start) {
    this.source = source;
    this.at = start;
  }

  /**
   * Checks a text from an offset on.
   *
   * @throws ScriptException if there is an invalid numeral
   */
  static void check(String file, byte[] source, int start) throws ScriptException {
    new NumeralCheck(source, start).scan(file);
  }

  private void scan(String file) throws ScriptException {
    while (peek() != END) {
      if (isDigit(peek()) || (peek() == '.' && isDigit(peek(1)))) {
        numeral(file);
      } else {
        skipToken();
      }
    }
  }

  /** Like Lua 5.2, takes all characters that may be part of a numeral and then checks it. */
  private void numeral(String file) throws ScriptException {
    int start = at;
    at += peek() == '.' ? 1 : 0;
    boolean hexadecimal = peek() == '0' && isOneOf(peek(1), 'x', 'X');
    at += hexadecimal ? 2 : 1;
    while (true) {
      if (hexadecimal ? isOneOf(peek(), 'p', 'P') : isOneOf(peek(), 'e', 'E')) {
        at++;
        if (isOneOf(peek(), '+', '-')) {
          at++;
        }
      } else if (isHexDigit(peek()) || peek() == '.') {
        at++;
      } else {
        break;
      }
    }
    String numeral = new String(source, start, at - start, StandardCharsets.ISO_8859_1);
    if (!(hexadecimal ? HEXADECIMAL : DECIMAL).matcher(numeral).matches()) {
      throw fault(file, start, "malformed number near '" + numeral + "'");
    }
    if (hexadecimal && numeral.indexOf('+') >= 0) {
      throw fault(file, start, "number '" + numeral + "' (expected: no + in its exponent)");
    }
  }

  private ScriptException fault(String file, int start, String what) {
    return new ScriptException(file, LineCounter.line(source, start), Messages.clean(what));
  }

  private void skipToken() {
    int first = peek();
    if (isNamePart(first)) {
      while (isNamePart(peek())) {
        at++;
      }
    } else if (first == '"' || first == '\'') {
      skipString(first);
    } else if (first == '-' && peek(1) == '-') {
      at += 2;
      if (!skippedLongBracket()) {
        skipLine();
      }
    } else if (first == '.') {
      while (peek() == '.') {
        at++;
      }
    } else if (!skippedLongBracket()) {
      at++;
    }
  }

  private void skipString(int quote) {
    at++;
    while (peek() != quote && peek() != END) {
      at += peek() == '\\' ? 2 : 1;
    }
    at++;
  }

  private void skipLine() {
    while (!isOneOf(peek(), '\n', '\r') && peek() != END) {
      at++;
    }
  }

  /** Skips {@code [==[ … ]==]} if it follows. */
  private boolean skippedLongBracket() {
    int level = bracket('[');
    if (level < 0) {
      return false;
    }
    at += level + 2;
    while (bracket(']') != level && peek() != END) {
      at++;
    }
    at += level + 2;
    return true;
  }

  /** Number of equals signs between two brackets; -1 if there is no long bracket here. */
  private int bracket(int kind) {
    if (peek() != kind) {
      return -1;
    }
    int level = 0;
    while (peek(1 + level) == '=') {
      level++;
    }
    return peek(1 + level) == kind ? level : -1;
  }

  private int peek() {
    return peek(0);
  }

  private int peek(int ahead) {
    return at + ahead < source.length ? source[at + ahead] & 0xff : END;
  }

  private static boolean isOneOf(int c, int one, int other) {
    return c == one || c == other;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isHexDigit(int c) {
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  private static boolean isNamePart(int c) {
    return isDigit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }
}
