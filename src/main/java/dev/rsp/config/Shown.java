// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.Locale;
import org.luaj.vm2.LuaValue;

/** A Lua value as one short line of a problem: nothing in it can break the line or hide a part. */
final class Shown {
  /** Longest text in characters, so that a problem with a Unix path in it still fits. */
  private static final int MAX_LENGTH = 120;

  private Shown() {}

  static String of(LuaValue value) {
    return switch (value.type()) {
      case LuaValue.TNIL, LuaValue.TNONE -> "not set";
      case LuaValue.TSTRING -> quoted(value.tojstring());
      case LuaValue.TNUMBER, LuaValue.TBOOLEAN -> value.tojstring();
      default -> "a " + value.typename();
    };
  }

  /** The text in quotes; control characters and other invisible ones as escapes. */
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

  /** Beyond ASCII letters and digits alone: what is left turns text around or hides it. */
  private static boolean isVisible(int c) {
    return c < 0x7f ? c >= ' ' : Character.isLetterOrDigit(c);
  }
}
