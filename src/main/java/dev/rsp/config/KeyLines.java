// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.io.StringReader;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.parser.LuaParser;
import org.luaj.vm2.parser.ParseException;
import org.luaj.vm2.parser.SimpleCharStream;
import org.luaj.vm2.parser.TokenMgrError;

/**
 * The line on which a file sets each of its keys, as far as reading the file can tell.
 *
 * <p>Lua keeps no positions of values, so the source is parsed a second time, by LuaJ's own parser
 * for tools. What a loop or a call builds has no line of its own; it takes that of the nearest part
 * around it that has one.
 */
final class KeyLines {
  private final Map<String, Node> globals;

  /** Something that has been assigned. Tables are shared, as Lua shares them. */
  static final class Node {
    final int line;
    final Map<String, Node> parts;

    Node(int line, Map<String, Node> parts) {
      this.line = line;
      this.parts = parts;
    }

    Node(int line) {
      this(line, new HashMap<>());
    }
  }

  private KeyLines(Map<String, Node> globals) {
    this.globals = globals;
  }

  /** Reads the source of a file that the compiler accepts. */
  static KeyLines of(byte[] source) {
    try {
      return new KeyLines(new AssignmentWalk().globalsOf(parser(source).Chunk()));
    } catch (ParseException
        | TokenMgrError
        | ReflectiveOperationException
        | RuntimeException
        | StackOverflowError e) {
      // The compiler takes some files that this parser does not, such as one with a vertical tab.
      // Lines are a courtesy: without them a problem still names the file and the key.
      return none();
    }
  }

  /**
   * A parser whose buffer holds the whole source. By itself it begins with 4 KiB, and for a longer
   * token, such as a comment, it copies what it has into a buffer of 2 KiB more, again and again:
   * that takes time by the square of the token's length. LuaJ offers no way to its buffer.
   *
   * @throws ReflectiveOperationException if this LuaJ keeps its buffer elsewhere
   */
  static LuaParser parser(byte[] source) throws ReflectiveOperationException {
    // It takes no comment that ends with the file, so one more line end follows. One character per
    // byte, as Lua counts them: the encoding does not matter for lines.
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

  /** The line of a key or of the nearest part around it, from 1; 0 if none is known. */
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
