// SPDX-License-Identifier: Apache-2.0
package dev.rsp.manual;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What manual pages and completions say of commands, as picocli knows them. */
final class Commands {
  private Commands() {}

  /** The commands below the program, in the order of its help. */
  static Collection<CommandSpec> of(CommandSpec root) {
    return new LinkedHashSet<>(
        root.subcommands().values().stream().map(CommandLine::getCommandSpec).toList());
  }

  /** What a command does, in full: one line for each paragraph. */
  static List<String> description(CommandSpec command) {
    return lines(command.usageMessage().description());
  }

  /** What a command does, in its first sentence, without the full stop. */
  static String summary(CommandSpec command) {
    String first = String.join(" ", description(command));
    int end = first.indexOf(". ");
    return end < 0 ? first.replaceFirst("\\.$", "") : first.substring(0, end);
  }

  static String description(ArgSpec argument) {
    return String.join(" ", lines(argument.description()));
  }

  static List<String> lines(String... texts) {
    // picocli passes each line to a formatter.
    return Arrays.stream(texts).map(String::format).toList();
  }

  /** The options that are shown, without those of every command. */
  static List<OptionSpec> options(CommandSpec command) {
    return command.options().stream()
        .filter(option -> !option.hidden() && !option.usageHelp() && !option.versionHelp())
        .toList();
  }

  /** Whether an argument is the name of a file. */
  static boolean isFile(ArgSpec argument) {
    return argument.type() == java.nio.file.Path.class;
  }

  static boolean takesValue(OptionSpec option) {
    return option.arity().max() > 0;
  }

  /** All names of an option: {@code -h, --help}. */
  static String names(OptionSpec option) {
    return Arrays.stream(option.names()).collect(Collectors.joining(", "));
  }
}
