// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import java.nio.charset.StandardCharsets;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaValue;

/** Converts the error messages of scripts and LuaJ for {@code pcall}, operators and log lines. */
final class Messages {
  /** Longest message for the log in characters: a few lines of a terminal. */
  private static final int MAX_LENGTH = 300;

  /**
   * The chunk name for all files, so that LuaJ's prefix of messages cannot be confused with text of
   * the file or its name. The equals sign means that the name is shown unchanged.
   */
  static final String CHUNK = "=lua";

  private static final Pattern LUAJ_POSITION = Pattern.compile("=?lua:(\\d{1,9}):? ?");

  private static final Pattern NO_INDEXING = Pattern.compile("\\bindex expected, got (\\w+)$");

  /** LuaJ's messages of an operation on a value of a wrong type. */
  private static final Pattern WRONG_TYPE =
      Pattern.compile(
          "\\battempt to (call|index|get length of) (?:a (\\w+) value|\\? \\(a (\\w+) value\\)|(\\w+))$");

  /** LuaJ's parser names a token by its number in its own list. */
  private static final Pattern TOKEN_NUMBER =
      Pattern.compile("unexpected symbol (\\d{1,3}) \\(.\\)", Pattern.DOTALL);

  private static final int FIRST_RESERVED = 257; // LuaJ's LexState, as C Lua's

  private static final String[] RESERVED =
      ("and break do else elseif end false for function goto if in local nil not or repeat return"
              + " then true until while .. ... == >= <= ~= :: <eof> <number> <name> <string>")
          .split(" ", -1);

  private static final Pattern LINE = Pattern.compile("(\\d{1,9}): ");

  private Messages() {}

  /** The value that {@code pcall} returns for an error: the raised value, else a message. */
  static LuaValue raised(LuaError error, LuaStack calls) {
    if (error instanceof RaisedError) {
      return error.getMessageObject();
    }
    return LuaValue.valueOf(text(error, calls));
  }

  /** The message of an error, with {@code file:line} in front if known. */
  static String text(LuaError error, LuaStack calls) {
    if (error instanceof RaisedError raised) {
      LuaValue value = raised.getMessageObject();
      String message =
          value.isstring()
              ? decode(value.strvalue())
              : "error object is a " + value.typename() + " value";
      return message.startsWith(calls.file() + ":") ? message : raised.position() + message;
    }
    // LuaJ puts the position first; the first line that it adds is the name of the value that
    // failed.
    String[] lines = String.valueOf(error.getMessage()).split("\n", 3);
    String message = improve(lines[0], lines.length > 1 ? lines[1] : tailCalled(calls));
    Matcher position = LUAJ_POSITION.matcher(message);
    return position.lookingAt()
        ? calls.file() + ":" + position.group(1) + ": " + message.substring(position.end())
        // Thrown between two functions: by a LuaJ function that was called in tail position.
        : calls.position(1) + message;
  }

  private static String tailCalled(LuaStack calls) {
    LuaStack.Frame caller = calls.tailCaller();
    return caller == null ? "" : SourceName.of(caller.prototype(), caller.pc());
  }

  /** Adds what some of LuaJ's messages lack compared with C Lua's. */
  private static String improve(String message, String name) {
    String better = message.replace("table index expected, got table", "table index is nil or NaN");
    better = TOKEN_NUMBER.matcher(better).replaceFirst(found -> "unexpected " + token(found));
    better = NO_INDEXING.matcher(better).replaceFirst("attempt to index ? (a $1 value)");
    return WRONG_TYPE.matcher(better).replaceFirst(found -> wrongType(found, name));
  }

  private static String wrongType(MatchResult found, String name) {
    String type =
        found.group(2) != null
            ? found.group(2)
            : found.group(3) != null ? found.group(3) : found.group(4);
    String value = "a " + type + " value";
    return Matcher.quoteReplacement(
        "attempt to "
            + found.group(1)
            + " "
            + (name.isEmpty() ? value : name + " (" + value + ")"));
  }

  private static String token(MatchResult found) {
    int token = Integer.parseInt(found.group(1));
    int reserved = token - FIRST_RESERVED;
    String name =
        reserved >= 0 && reserved < RESERVED.length
            ? RESERVED[reserved]
            : String.valueOf((char) token);
    return Matcher.quoteReplacement("'" + name + "'");
  }

  /** Splits {@code file:line} from the front of a message, if present. */
  static ScriptException split(String message, String file) {
    if (message.startsWith(file + ":")) {
      Matcher line = LINE.matcher(message).region(file.length() + 1, message.length());
      if (line.lookingAt()) {
        return new ScriptException(
            file, Integer.parseInt(line.group(1)), clean(message.substring(line.end())));
      }
    }
    return new ScriptException(file, 0, clean(message));
  }

  /** Decodes a string; invalid UTF-8 becomes U+FFFD. LuaJ's own decoder may fail on it. */
  static String decode(LuaString string) {
    return new String(string.m_bytes, string.m_offset, string.m_length, StandardCharsets.UTF_8);
  }

  /** The text on one line, with limited length and without control characters. */
  static String clean(String text) {
    var clean = new StringBuilder(Math.min(text.length(), MAX_LENGTH) + 4);
    for (int i = 0; i < text.length() && clean.length() < MAX_LENGTH; ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      clean.appendCodePoint(printable(c) ? c : '?');
    }
    return text.length() > MAX_LENGTH ? clean.append("...").toString() : clean.toString();
  }

  private static boolean printable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          // Some of these reverse the direction of text.
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
