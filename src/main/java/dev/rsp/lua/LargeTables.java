// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Divides table constructors with very many constants, such as a list of a million hosts: LuaJ
 * allows 262,143 constants in one function. Each part becomes a function of its own, and their
 * tables are joined. No line end is added, so that lines keep their numbers.
 *
 * <p>It reads constructors whose fields are all constants, and either all have keys or none has.
 */
final class LargeTables {
  /** A smaller file cannot have so many constants, with a comma behind each. */
  static final int LEAST_BYTES = 1 << 20;

  /** With a key and a value each, less than half of what a function may have. */
  private static final int PART_FIELDS = 60_000;

  private static final String JOIN = "(function(t,...)local p={...}for i=1,#p do local u=p[i]";
  private static final byte[] LIST =
      ascii(JOIN + "local n=#t for j=1,#u do t[n+j]=u[j]end end return t end)((function()return{");
  private static final byte[] KEYED =
      ascii(JOIN + "for k,v in next,u do t[k]=v end end return t end)((function()return{");
  private static final byte[] CUT = ascii("}end)(),(function()return{");
  private static final byte[] END = ascii("}end)())");

  /** Words before a constructor that make it no argument of a call. */
  private static final Set<String> KEYWORDS =
      Set.of("and", "do", "else", "in", "local", "not", "or", "repeat", "return", "then", "until");

  private final byte[] source;
  private int at;

  private LargeTables(byte[] source, int start) {
    this.source = source;
    this.at = start;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * The source with such constructors divided; the same array if it has none.
   *
   * @param start where Lua begins in it
   */
  static byte[] divided(byte[] source, int start) {
    return source.length < LEAST_BYTES ? source : new LargeTables(source, start).divide();
  }

  private byte[] divide() {
    var out = new ByteArrayOutputStream(source.length + (1 << 16));
    int copied = 0;
    boolean afterOperand = false;
    while (at < source.length) {
      int start = at;
      byte octet = source[at];
      if (skipBlankOrComment()) {
        continue;
      }
      if (octet == '{') {
        Constructor found = constructor();
        if (found != null) {
          out.write(source, copied, start - copied);
          copied = found.writeTo(out, afterOperand);
          at = copied;
          afterOperand = true;
          continue;
        }
        at = start + 1;
        afterOperand = false;
      } else if (skipString()) {
        afterOperand = true;
      } else if (isNamePart(octet)) {
        skipName();
        afterOperand = !KEYWORDS.contains(text(start, at));
      } else {
        at++;
        afterOperand = octet == ')' || octet == ']' || octet == '}';
      }
    }
    if (copied == 0) {
      return source;
    }
    out.write(source, copied, source.length - copied);
    return out.toByteArray();
  }

  private String text(int start, int end) {
    return new String(source, start, end - start, StandardCharsets.ISO_8859_1);
  }

  /** A constructor with many constants: where it is, and where its parts end. */
  private final class Constructor {
    private final int start;
    private final int end;
    private final boolean keyed;
    private final List<Integer> cuts;

    Constructor(int start, int end, boolean keyed, List<Integer> cuts) {
      this.start = start;
      this.end = end;
      this.keyed = keyed;
      this.cuts = cuts;
    }

    /** Writes it divided, and returns where it ended. As the argument of a call it is bracketed. */
    int writeTo(ByteArrayOutputStream out, boolean argument) {
      if (argument) {
        out.write('(');
      }
      out.writeBytes(keyed ? KEYED : LIST);
      int from = start + 1;
      for (int cut : cuts) {
        out.write(source, from, cut - from);
        out.writeBytes(CUT);
        from = cut;
      }
      out.write(source, from, end - 1 - from);
      out.writeBytes(END);
      if (argument) {
        out.write(')');
      }
      return end;
    }
  }

  /** Reads a constructor; null if it has few fields, or others than constants. */
  private @Nullable Constructor constructor() {
    int start = at++;
    List<Integer> cuts = new ArrayList<>();
    int fields = 0;
    int keyedFields = 0;
    while (true) {
      skipBlanks();
      if (at >= source.length) {
        return null;
      }
      if (source[at] == '}') {
        at++;
        break;
      }
      boolean keyed = skipKey();
      skipBlanks();
      if (!skipConstant()) {
        return null;
      }
      keyedFields += keyed ? 1 : 0;
      skipBlanks();
      if (at < source.length && (source[at] == ',' || source[at] == ';')) {
        at++;
        if (++fields % PART_FIELDS == 0) {
          cuts.add(at);
        }
      } else if (at < source.length && source[at] != '}') {
        return null;
      }
    }
    boolean mixed = keyedFields > 0 && keyedFields < fields;
    return cuts.isEmpty() || mixed ? null : new Constructor(start, at, keyedFields > 0, cuts);
  }

  /** Skips {@code [constant] =} or {@code name =}; false, and nothing skipped, without a key. */
  private boolean skipKey() {
    int start = at;
    boolean key = false;
    if (source[at] == '[' && !isLongBracket(at)) {
      at++;
      skipBlanks();
      key = skipConstant();
      skipBlanks();
      key &= at < source.length && source[at] == ']';
      at++;
    } else if (isNamePart(source[at]) && !isDigit(source[at])) {
      skipName();
      key = true;
    }
    skipBlanks();
    boolean assigned = key && at + 1 < source.length && source[at] == '=' && source[at + 1] != '=';
    at = assigned ? at + 1 : start;
    return assigned;
  }

  /** Skips a string, a numeral, {@code true} or {@code false}. */
  private boolean skipConstant() {
    if (at >= source.length) {
      return false;
    }
    if (skipString()) {
      return true;
    }
    int start = at;
    if (source[at] == '-') {
      at++;
      skipBlanks();
    }
    int word = at;
    while (at < source.length && (isNamePart(source[at]) || source[at] == '.')) {
      at++;
    }
    boolean number = word < at && isDigit(source[word]);
    boolean constant =
        number || (word == start && Set.of("true", "false").contains(text(word, at)));
    // A numeral with a sign in its exponent, and what follows a name, are left to the compiler.
    boolean ends = at < source.length && source[at] != '+' && source[at] != '-';
    if (!constant || !ends) {
      at = start;
    }
    return constant && ends;
  }

  private void skipBlanks() {
    while (at < source.length && skipBlankOrComment()) {}
  }

  private boolean skipBlankOrComment() {
    byte octet = source[at];
    if (octet == ' ' || (octet >= '\t' && octet <= '\r')) {
      at++;
      return true;
    }
    if (octet != '-' || at + 1 >= source.length || source[at + 1] != '-') {
      return false;
    }
    at += 2;
    if (at < source.length && isLongBracket(at)) {
      skipLong();
    } else {
      while (at < source.length && source[at] != '\n' && source[at] != '\r') {
        at++;
      }
    }
    return true;
  }

  /** Skips a string in quotes or long brackets. */
  private boolean skipString() {
    byte quote = source[at];
    if (quote == '[' && isLongBracket(at)) {
      skipLong();
      return true;
    }
    if (quote != '"' && quote != '\'') {
      return false;
    }
    at++;
    while (at < source.length && source[at] != quote) {
      at += source[at] == '\\' ? 2 : 1;
    }
    at++;
    return true;
  }

  private boolean isLongBracket(int start) {
    if (source[start] != '[') {
      return false;
    }
    int end = start + 1;
    while (end < source.length && source[end] == '=') {
      end++;
    }
    return end < source.length && source[end] == '[';
  }

  private void skipLong() {
    int level = 0;
    for (at++; source[at] == '='; at++) {
      level++;
    }
    String close = "]" + "=".repeat(level) + "]";
    byte[] wanted = ascii(close);
    for (at++; at < source.length && !matches(wanted); at++) {}
    at = Math.min(source.length, at + wanted.length);
  }

  private boolean matches(byte[] wanted) {
    for (int i = 0; i < wanted.length; i++) {
      if (at + i >= source.length || source[at + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private void skipName() {
    while (at < source.length && isNamePart(source[at])) {
      at++;
    }
  }

  private static boolean isDigit(byte octet) {
    return octet >= '0' && octet <= '9';
  }

  private static boolean isNamePart(byte octet) {
    return isDigit(octet)
        || (octet >= 'a' && octet <= 'z')
        || (octet >= 'A' && octet <= 'Z')
        || octet == '_';
  }
}
