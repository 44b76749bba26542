// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The token of a source text at which a compilation failed. LuaJ's messages do not name it. */
final class NearToken {
  /** The longest text that is shown of a token. */
  private static final int MAX_CHARS = 40;

  /** What a word processor or a web page writes instead of an ASCII character. */
  private static final Map<Integer, String> TYPOGRAPHIC =
      Map.ofEntries(
          Map.entry(0x201c, "a typographic quote (expected: \")"),
          Map.entry(0x201d, "a typographic quote (expected: \")"),
          Map.entry(0x201e, "a typographic quote (expected: \")"),
          Map.entry(0x00ab, "a typographic quote (expected: \")"),
          Map.entry(0x00bb, "a typographic quote (expected: \")"),
          Map.entry(0x2018, "a typographic quote (expected: ')"),
          Map.entry(0x2019, "a typographic quote (expected: ')"),
          Map.entry(0x201a, "a typographic quote (expected: ')"),
          Map.entry(0x00b4, "an accent (expected: ')"),
          Map.entry(0x2010, "a typographic hyphen (expected: -)"),
          Map.entry(0x2011, "a typographic hyphen (expected: -)"),
          Map.entry(0x2013, "a typographic dash (expected: -)"),
          Map.entry(0x2014, "a typographic dash (expected: -)"),
          Map.entry(0x2212, "a typographic minus sign (expected: -)"),
          Map.entry(0x2026, "a typographic ellipsis (expected: ...)"),
          Map.entry(0x00a0, "a no-break space (expected: a space)"),
          Map.entry(0x202f, "a no-break space (expected: a space)"),
          Map.entry(0x200b, "an invisible space (expected: nothing)"),
          Map.entry(0xfeff, "a byte order mark in the text (expected: nothing)"),
          Map.entry(0xff1d, "a full-width sign (expected: =)"));

  private NearToken() {}

  /**
   * A compiler's message with its token.
   *
   * @param message with or without a position in front
   * @param end the offset behind the token
   * @param atEnd whether the compiler had read the whole text
   */
  static String in(String message, byte[] source, int end, boolean atEnd) {
    if (end > 0 && source[end - 1] < 0) {
      return foreign(message, source, end - 1);
    }
    if (message.contains(" near ") || message.contains("unexpected '")) {
      return message;
    }
    if (atEnd) {
      return message + " near the end of the file";
    }
    String token = token(source, end);
    return token == null ? message : message + " near '" + token + "'";
  }

  /** A character outside ASCII, which only strings and comments may have. */
  private static String foreign(String message, byte[] source, int at) {
    int start = at;
    while (start > 0 && at - start < 3 && (source[start] & 0xc0) == 0x80) {
      start--;
    }
    int length = Math.min(4, source.length - start);
    int character = new String(source, start, length, StandardCharsets.UTF_8).codePointAt(0);
    int text = message.lastIndexOf(": ") + 2;
    String known = TYPOGRAPHIC.get(character);
    return message.substring(0, text < 2 ? 0 : text)
        + (known == null ? "a character outside of strings that is not ASCII" : known)
        + ", U+%04X".formatted(character);
  }

  private static @Nullable String token(byte[] source, int end) {
    if (end <= 0 || source[end - 1] <= ' ') {
      return null;
    }
    int start = end - 1;
    byte last = source[start];
    if (last == '"' || last == '\'') {
      while (start > 0 && source[start - 1] >= ' ' && source[start - 1] != last) {
        start--;
      }
      start = Math.max(0, start - 1);
    } else if (inWord(last)) {
      while (start > 0 && inWord(source[start - 1])) {
        start--;
      }
    } else if (start > 0 && last == '=' && "=~<>".indexOf(source[start - 1]) >= 0) {
      start--;
    }
    String text = new String(source, start, end - start, StandardCharsets.UTF_8);
    return text.length() <= MAX_CHARS ? text : text.substring(0, MAX_CHARS) + "…";
  }

  private static boolean inWord(byte octet) {
    return octet == '_'
        || octet == '.'
        || (octet >= '0' && octet <= '9')
        || (octet >= 'a' && octet <= 'z')
        || (octet >= 'A' && octet <= 'Z');
  }
}
