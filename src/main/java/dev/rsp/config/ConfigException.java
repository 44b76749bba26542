// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.List;

/** A configuration file that cannot be used, with every problem that was found in it. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What is wrong with a file: the original in C reports each kind in another way. */
  public enum Kind {
    /** It cannot be read, is not valid Lua, or raised an error when it ran. */
    CANNOT_RUN,
    /** One of the original's three globals is no string; the problem is the original's own text. */
    MUST_BE_A_STRING,
    /** It ran, and some of what it set is wrong: {@code file:line: key: value (expected: …)}. */
    WRONG_VALUES
  }

  private final Kind kind;

  /** Each one line, as an operator is to read it. */
  private final transient List<String> problems;

  public ConfigException(List<String> problems) {
    this(Kind.WRONG_VALUES, problems);
  }

  public ConfigException(Kind kind, List<String> problems) {
    super(String.join("\n", problems));
    this.kind = kind;
    this.problems = List.copyOf(problems);
  }

  public Kind kind() {
    return kind;
  }

  /** Each problem in one line. At least one; one alone unless the kind is {@code WRONG_VALUES}. */
  public List<String> problems() {
    return problems;
  }
}
