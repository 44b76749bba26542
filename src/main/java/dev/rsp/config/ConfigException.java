// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.List;

/** Thrown for an invalid configuration file; lists all problems that were found. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Kinds of errors; the original in C reports each kind differently. */
  public enum Kind {
    /** The file cannot be read, is not valid Lua, or raised an error when it ran. */
    CANNOT_RUN,
    /** One of the original's three globals is not a string; the problem has the original's text. */
    MUST_BE_A_STRING,
    /** The file ran and set invalid values: {@code file:line: key: value (expected: …)}. */
    WRONG_VALUES
  }

  private final Kind kind;

  /** One line each, for the operator. */
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

  /** One line per problem: at least one; exactly one unless the kind is {@code WRONG_VALUES}. */
  public List<String> problems() {
    return problems;
  }
}
