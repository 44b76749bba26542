// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.luaj.vm2.ast.Chunk;
import org.luaj.vm2.ast.Exp;
import org.luaj.vm2.ast.Stat;
import org.luaj.vm2.ast.TableConstructor;
import org.luaj.vm2.ast.TableField;
import org.luaj.vm2.parser.ParseException;
import org.luaj.vm2.parser.TokenMgrError;

/**
 * The part of a file's text that can affect which slot a host gets: all lines except those that set
 * unrelated keys, such as {@code timeouts}, to constants.
 *
 * <p>Two files with the same text and the same slots have equivalent {@code select} functions.
 * Doubtful lines stay in the text, so equivalent files may count as different.
 */
final class SelectorText {
  private static final Set<String> OTHER_KEYS =
      Set.of(
          Keys.LISTEN,
          Keys.TIMEOUTS,
          Keys.LIMITS,
          Keys.LOOPS.name(),
          Keys.FORWARDED,
          Keys.ABORT_ON_CLOSE,
          Keys.VIA,
          Keys.LENIENT,
          InitialiseKeys.INITIALISE,
          SafeguardKeys.JOURNAL,
          SafeguardKeys.RELOAD,
          SafeguardKeys.CANDIDATE);

  /** With these a script can read a key without naming it. */
  private static final Pattern ALL_GLOBALS = Pattern.compile("\\b(_G|_ENV|getfenv)\\b");

  /** The start or end of a multi-line comment, or text that looks like one. */
  private static final Pattern LONG_BRACKET = Pattern.compile("--\\[=*\\[|]=*]");

  /** The parser counts it as a line end; this class does not. */
  private static final Pattern LONE_RETURN = Pattern.compile("\\r(?!\\n)");

  private SelectorText() {}

  /** The text of a file that the compiler accepts. */
  static String of(byte[] source) {
    String text = new String(source, StandardCharsets.ISO_8859_1);
    if (ALL_GLOBALS.matcher(text).find() || LONE_RETURN.matcher(text).find()) {
      return text;
    }
    try {
      return without(text, KeyLines.parser(source).Chunk());
    } catch (ParseException
        | TokenMgrError
        | ReflectiveOperationException
        | RuntimeException
        | StackOverflowError e) {
      return text; // the compiler accepts some files that this parser rejects
    }
  }

  private static String without(String text, Chunk chunk) {
    List<String> lines = List.of(text.split("\n", -1));
    // By line: whether it is kept. A blank line inside a statement may be part of a string.
    boolean[] stays = new boolean[lines.size()];
    for (int i = 0; i < stays.length; i++) {
      stays[i] = !lines.get(i).isBlank();
    }
    List<String> removed = new ArrayList<>();
    List<?> statements = chunk.block.stats;
    for (int i = 0; i < statements.size(); i++) {
      var statement = (Stat) statements.get(i);
      String key = keySetIn(statement);
      boolean hasOwnLines =
          (i == 0 || ((Stat) statements.get(i - 1)).endLine < statement.beginLine)
              && (i == statements.size() - 1
                  || ((Stat) statements.get(i + 1)).beginLine > statement.endLine)
              // A comment that begins or ends on one of these lines changes the meaning of other
              // lines.
              && lines.subList(statement.beginLine - 1, statement.endLine).stream()
                  .noneMatch(line -> LONG_BRACKET.matcher(line).find());
      boolean isRemoved = key != null && hasOwnLines;
      if (isRemoved) {
        removed.add(key);
      }
      Arrays.fill(stays, statement.beginLine - 1, statement.endLine, !isRemoved);
    }
    String rest =
        IntStream.range(0, stays.length)
            .filter(i -> stays[i])
            .mapToObj(lines::get)
            .collect(Collectors.joining("\n"));
    boolean reads =
        removed.stream().anyMatch(key -> Pattern.compile("\\b" + key + "\\b").matcher(rest).find());
    return reads ? text : rest;
  }

  /** The unrelated key that a statement sets to a constant; null if it does not. */
  private static @Nullable String keySetIn(Stat statement) {
    if (statement instanceof Stat.Assign assign
        && assign.vars.size() == 1
        && assign.exps.size() == 1
        && assign.vars.get(0) instanceof Exp.NameExp name
        && OTHER_KEYS.contains(name.name.name)
        && isConstant((Exp) assign.exps.get(0))) {
      return name.name.name;
    }
    return null;
  }

  private static boolean isConstant(Exp exp) {
    if (!(exp instanceof TableConstructor table)) {
      return exp instanceof Exp.Constant;
    }
    if (table.fields == null) {
      return true;
    }
    for (Object element : table.fields) {
      var field = (TableField) element;
      if (!isConstant(field.rhs) || (field.index != null && !isConstant(field.index))) {
        return false;
      }
    }
    return true;
  }
}
