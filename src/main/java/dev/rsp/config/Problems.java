// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Supplier;
import org.luaj.vm2.LuaValue;

/**
 * The problems found in one file so far, each {@code file:line: key: value (expected: …)}, and the
 * warnings, each {@code file:line: text}.
 *
 * <p>Reading continues after a problem, so that the operator sees all problems at once. A problem
 * makes the file unusable. A warning does not: use it for what is probably a mistake, but may be
 * intended.
 */
final class Problems {
  /**
   * Maximum of problems that are listed; the rest is only counted. A wrong script can produce one
   * problem per entry of a long list.
   */
  static final int MAX_LISTED = 100;

  private final String file;
  private final KeyLines lines;
  private final List<Problem> found = new ArrayList<>();
  private final List<Problem> doubtful = new ArrayList<>();

  /**
   * One problem; {@code line} is 0 if unknown. The text is made when it is listed, because the
   * search for a similar key is slow and a file may have 100,000 unknown keys.
   */
  private record Problem(int line, Supplier<String> text) {}

  Problems(String file, KeyLines lines) {
    this.file = file;
    this.lines = lines;
  }

  /** The file's name in messages. */
  String file() {
    return file;
  }

  void add(KeyPath key, LuaValue value, String expected) {
    add(key, ValueText.of(value), expected);
  }

  /** Adds a problem; {@code shown} is printed without quoting. */
  void add(KeyPath key, String shown, String expected) {
    found.add(new Problem(lines.of(key), () -> text(key, shown, expected)));
  }

  /** Adds a problem whose {@code expected} is expensive to compute. */
  void add(KeyPath key, LuaValue value, Supplier<String> expected) {
    found.add(new Problem(lines.of(key), () -> text(key, ValueText.of(value), expected.get())));
  }

  /** Adds a problem at a line, which is 0 if unknown. */
  void add(int line, String text) {
    found.add(new Problem(line, () -> text));
  }

  /** Adds a warning at the line of a key: {@code file:line: key: text}. */
  void warn(KeyPath key, String text) {
    warn(lines.of(key), key + ": " + text);
  }

  /** Adds a warning at a line, which is 0 if unknown. */
  void warn(int line, String text) {
    doubtful.add(new Problem(line, () -> text));
  }

  /** The warnings so far, in the order of the file, those without a line first. */
  List<String> warnings() {
    return listed(doubtful, "warnings");
  }

  private static String text(KeyPath key, String shown, String expected) {
    return key + ": " + shown + " (expected: " + expected + ")";
  }

  /** The position of a key: {@code file:line: key}. */
  String where(KeyPath key) {
    return at(file, lines.of(key)) + ": " + key;
  }

  /** Throws if there are problems: in the order of the file, those without a line first. */
  void throwIfAny() throws ConfigException {
    if (found.isEmpty()) {
      return;
    }
    throw new ConfigException(ConfigException.Kind.WRONG_VALUES, listed(found, "problems"));
  }

  private List<String> listed(List<Problem> all, String what) {
    List<String> listed = new ArrayList<>();
    all.stream()
        .sorted(Comparator.comparingInt(Problem::line))
        .limit(MAX_LISTED)
        .forEach(problem -> listed.add(at(file, problem.line) + ": " + problem.text.get()));
    if (all.size() > MAX_LISTED) {
      listed.add(file + ": and " + (all.size() - MAX_LISTED) + " more " + what);
    }
    return listed;
  }

  /** {@code file:line}, or only the file if the line is unknown. */
  static String at(String file, int line) {
    return line > 0 ? file + ":" + line : file;
  }
}
