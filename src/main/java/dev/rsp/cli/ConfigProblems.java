// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.ConfigException;

/** Prints the problems of a configuration file on standard error. */
final class ConfigProblems {
  private ConfigProblems() {}

  /**
   * Prints what is wrong with a file as {@code file:line: message}, which editors read.
   *
   * @return the exit code
   */
  static int print(String file, ConfigException e) {
    String before = e.kind() == ConfigException.Kind.MUST_BE_A_STRING ? file + ": " : "";
    e.problems().forEach(problem -> System.err.println(before + problem));
    System.err.flush();
    return 1;
  }

  /**
   * Prints why rsp does not start with a file, in the words of the original program where it has an
   * error message for that problem.
   *
   * @return the exit code
   */
  static int printAsOriginal(ConfigException e) {
    switch (e.kind()) {
      case CANNOT_RUN -> System.err.println("Error parsing config file: " + e.getMessage());
      case MUST_BE_A_STRING -> System.err.print(e.getMessage());
      case WRONG_VALUES -> e.problems().forEach(System.err::println);
    }
    System.err.flush();
    return 1;
  }
}
