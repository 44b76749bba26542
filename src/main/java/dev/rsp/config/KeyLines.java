// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import dev.rsp.config.AssignmentWalk.Node;
import java.io.StringReader;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.ast.Chunk;
import org.luaj.vm2.parser.LuaParser;
import org.luaj.vm2.parser.ParseException;
import org.luaj.vm2.parser.SimpleCharStream;
import org.luaj.vm2.parser.TokenMgrError;

/**
 * The line on which a file sets each key, as far as static analysis can tell.
 *
 * <p>Lua keeps no positions of values, so the source is parsed a second time, by LuaJ's own parser
 * for tools. Values that a loop or a call builds have no line of their own; they take the line of
 * the nearest enclosing part.
 */
final class KeyLines {
  private final Map<String, Node> globals;

  private KeyLines(Map<String, Node> globals) {
    this.globals = globals;
  }

  /** Reads the source of a file that the compiler accepts. */
  static KeyLines of(byte[] source) {
    return of(chunk(source));
  }

  /** Reads a parsed file; no line is known if it could not be parsed. */
  static KeyLines of(@Nullable Chunk chunk) {
    try {
      return chunk == null ? none() : new KeyLines(new AssignmentWalk().globalsOf(chunk));
    } catch (RuntimeException | StackOverflowError e) {
      return none();
    }
  }

  /** Parses a file that the compiler accepts; null if this parser does not accept it. */
  static @Nullable Chunk chunk(byte[] source) {
    try {
      return parser(source).Chunk();
    } catch (ParseException
        | TokenMgrError
        | ReflectiveOperationException
        | RuntimeException
        | StackOverflowError e) {
      // The compiler takes some files that this parser does not, such as one with a vertical tab.
      // Line numbers are optional: without them a problem still names the file and the key.
      return null;
    }
  }

  /**
   * A parser with a buffer for the whole source. By default it begins with 4 KiB and, for a longer
   * token such as a comment, copies the content into a buffer that is 2 KiB larger, repeatedly: the
   * time is quadratic in the token's length. LuaJ has no API for the buffer.
   *
   * @throws ReflectiveOperationException if this LuaJ keeps its buffer elsewhere
   */
  static LuaParser parser(byte[] source) throws ReflectiveOperationException {
    // The parser rejects a comment at the end of the file, so a line end is added. One character
    // per byte, as in Lua: the encoding does not matter for line numbers.
    var text = new StringReader(new String(source, StandardCharsets.ISO_8859_1) + "\n");
    var parser = new LuaParser(text);
    Field stream = LuaParser.class.getDeclaredField("jj_input_stream");
    stream.setAccessible(true);
    ((SimpleCharStream) stream.get(parser)).ReInit(text, 1, 1, source.length + 2);
    return parser;
  }

  static KeyLines none() {
    return new KeyLines(Map.of());
  }

  /** The line of a key or of the nearest enclosing part, from 1; 0 if unknown. */
  int of(KeyPath key) {
    Node node = find(key);
    if (node != null) {
      return node.line;
    }
    return key.parent() == null ? 0 : of(key.parent());
  }

  private @Nullable Node find(KeyPath key) {
    if (key.parent() == null) {
      return globals.get(key.segment());
    }
    Node parent = find(key.parent());
    return parent == null ? null : parent.parts.get(key.segment());
  }
}
