// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import java.util.List;

/** A configuration file that cannot be used, with every problem that was found in it. */
public final class ConfigException extends Exception {
  private static final long serialVersionUID = 1L;

  /** Each one line, as an operator is to read it. */
  private final transient List<String> problems;

  public ConfigException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  /** Each problem in one line: {@code file:line: key: value (expected: …)}. At least one. */
  public List<String> problems() {
    return problems;
  }
}
