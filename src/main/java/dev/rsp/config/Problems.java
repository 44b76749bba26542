// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.luaj.vm2.LuaValue;

/**
 * The problems found in one file so far, each {@code file:line: key: value (expected: …)}.
 *
 * <p>Reading goes on after a problem, so that an operator sees all of them in one go.
 */
final class Problems {
  /**
   * Most problems that are told; the rest is counted. A list that a script built wrong has as many
   * problems as it has entries, and nobody reads past the first screens.
   */
  static final int MAX_TOLD = 100;

  private final String file;
  private final KeyLines lines;
  private final List<Problem> found = new ArrayList<>();

  /**
   * One problem; {@code line} is 0 if it is not known. The text is made when it is shown: to look
   * for what a key was meant to be takes a while, and a file may have 100,000 wrong keys.
   */
  private record Problem(int line, Supplier<String> text) {}

  Problems(String file, KeyLines lines) {
    this.file = file;
    this.lines = lines;
  }

  /** The file's name, as problems show it. */
  String file() {
    return file;
  }

  void add(KeyPath key, LuaValue value, String expected) {
    add(key, Shown.of(value), expected);
  }

  /** Adds one with a value that is shown as it is. */
  void add(KeyPath key, String shown, String expected) {
    found.add(new Problem(lines.of(key), () -> text(key, shown, expected)));
  }

  /** Adds one for which it takes a while to say what is expected. */
  void add(KeyPath key, LuaValue value, Supplier<String> expected) {
    found.add(new Problem(lines.of(key), () -> text(key, Shown.of(value), expected.get())));
  }

  private static String text(KeyPath key, String shown, String expected) {
    return key + ": " + shown + " (expected: " + expected + ")";
  }

  /** Where the file sets a key: {@code file:line: key}. */
  String where(KeyPath key) {
    return at(file, lines.of(key)) + ": " + key;
  }

  /** Throws all of them in the order of the file; those without a line come first. */
  void throwIfAny() throws ConfigException {
    if (found.isEmpty()) {
      return;
    }
    List<String> told = new ArrayList<>();
    found.stream()
        .sorted(Comparator.comparingInt(Problem::line))
        .limit(MAX_TOLD)
        .forEach(problem -> told.add(at(file, problem.line) + ": " + problem.text.get()));
    if (found.size() > MAX_TOLD) {
      told.add(file + ": and " + (found.size() - MAX_TOLD) + " more problems");
    }
    throw new ConfigException(ConfigException.Kind.WRONG_VALUES, told);
  }

  /** {@code file:line}, or the file alone if the line is not known. */
  static String at(String file, int line) {
    return line > 0 ? file + ":" + line : file;
  }
}
