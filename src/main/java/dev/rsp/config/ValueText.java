// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.Locale;
import org.luaj.vm2.LuaValue;

/**
 * Formats a Lua value for an error message: one short line, without characters that break the line
 * or hide text.
 */
final class ValueText {
  /** Longest text in characters: long enough for a Unix socket's path. */
  private static final int MAX_LENGTH = 120;

  private ValueText() {}

  static String of(LuaValue value) {
    return switch (value.type()) {
      case LuaValue.TNIL, LuaValue.TNONE -> "not set";
      case LuaValue.TSTRING -> quoted(value.tojstring());
      case LuaValue.TNUMBER, LuaValue.TBOOLEAN -> value.tojstring();
      default -> "a " + value.typename();
    };
  }

  /** The text in quotes, with control characters and other invisible characters escaped. */
  static String quoted(String text) {
    var quoted = new StringBuilder("\"");
    text.codePoints().limit(MAX_LENGTH).forEach(c -> append(quoted, c));
    return quoted.append(text.length() > MAX_LENGTH ? "…\"" : "\"").toString();
  }

  private static void append(StringBuilder quoted, int c) {
    if (c == '"' || c == '\\') {
      quoted.append('\\').appendCodePoint(c);
    } else if (isVisible(c)) {
      quoted.appendCodePoint(c);
    } else {
      quoted.append(String.format(Locale.ROOT, "\\u{%x}", c));
    }
  }

  /** Beyond ASCII only letters and digits: other characters can reverse or hide text. */
  private static boolean isVisible(int c) {
    return c < 0x7f ? c >= ' ' : Character.isLetterOrDigit(c);
  }
}
