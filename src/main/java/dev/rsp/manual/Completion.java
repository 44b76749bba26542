// SPDX-License-Identifier: Apache-2.0
package dev.rsp.manual;

import dev.rsp.config.KeyEntry;
import dev.rsp.config.KeyReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.AutoComplete;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * A shell, and the script that makes it complete commands, options and files; zsh and fish complete
 * names of keys too.
 */
public enum Completion {
  BASH("rsp.bash"),
  ZSH("_rsp"),
  FISH("rsp.fish");

  /** The command whose words are the names of keys and commands. */
  private static final String HELP = "help";

  private final String file;

  Completion(String file) {
    this.file = file;
  }

  /** The name under which the shell looks for it. */
  public String file() {
    return file;
  }

  /** The name of the shell. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The script for a program. */
  public String script(CommandSpec root) {
    return switch (this) {
      case BASH -> AutoComplete.bash(root.name(), root.commandLine());
      case ZSH -> zsh(root);
      case FISH -> fish(root);
    };
  }

  /** The names of keys and commands, which {@code help} explains. */
  private static List<String> topics(CommandSpec root) {
    List<String> topics = new ArrayList<>(root.subcommands().keySet());
    topics.add("keys");
    KeyReference.entries().stream()
        .map(KeyEntry::path)
        .map(path -> path.replace("[]", ""))
        .forEach(topics::add);
    return topics;
  }

  private static String fish(CommandSpec root) {
    StringBuilder out = new StringBuilder("# fish completion for rsp. Made from the program.\n");
    for (OptionSpec option : root.options()) {
      fishOption(out, "__fish_use_subcommand", option);
    }
    for (CommandSpec command : Commands.of(root)) {
      fish(out, "__fish_use_subcommand", "-a " + command.name(), Commands.summary(command));
    }
    for (CommandSpec command : Commands.of(root)) {
      String within = "__fish_seen_subcommand_from " + command.name();
      if (command.name().equals(HELP)) {
        fish(out, within, "-f -a '" + String.join(" ", topics(root)) + "'", "topic");
      } else if (command.positionalParameters().stream().noneMatch(Commands::isFile)) {
        fish(out, within, "-f" + candidates(command, " -a '%s'"), "");
      }
      for (OptionSpec option : command.options()) {
        fishOption(out, within, option);
      }
    }
    return out.toString();
  }

  private static void fishOption(StringBuilder out, String condition, OptionSpec option) {
    StringBuilder flags = new StringBuilder();
    for (String name : option.names()) {
      flags.append(name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1));
      flags.append(' ');
    }
    if (Commands.takesValue(option)) {
      flags.append(Commands.isFile(option) ? "-r -F " : "-x ");
    }
    fish(out, condition, flags.toString().strip(), Commands.description(option));
  }

  private static void fish(StringBuilder out, String condition, String what, String description) {
    out.append("complete -c rsp -n '").append(condition).append("' ").append(what);
    if (!description.isEmpty()) {
      // In single quotes, fish knows these two escapes.
      String quoted = description.replace("\\", "\\\\").replace("'", "\\'");
      out.append(" -d '").append(quoted).append('\'');
    }
    out.append('\n');
  }

  /** What the parameters of a command may be, if that is a fixed list; else "". */
  private static String candidates(CommandSpec command, String form) {
    List<String> values = new ArrayList<>();
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      values.addAll(candidates(parameter));
    }
    return values.isEmpty() ? "" : form.formatted(String.join(" ", values));
  }

  private static List<String> candidates(ArgSpec argument) {
    List<String> values = new ArrayList<>();
    if (argument.completionCandidates() != null) {
      argument.completionCandidates().forEach(values::add);
    }
    return values;
  }

  private static String zsh(CommandSpec root) {
    StringBuilder out =
        new StringBuilder("#compdef rsp\n# zsh completion for rsp. Made from the program.\n");
    out.append("_rsp() {\n  local curcontext=\"$curcontext\" state line\n  local -a commands\n");
    out.append("  commands=(\n");
    for (CommandSpec command : Commands.of(root)) {
      String entry = command.name() + ":" + Commands.summary(command).replace(":", "\\:");
      out.append("    ").append(quoted(entry)).append('\n');
    }
    out.append("  )\n  _arguments -C");
    zshOptions(out, root.options());
    out.append(" '1: :->first' '*:: :->rest'\n  case $state in\n    first)\n");
    out.append("      _describe -t commands command commands\n      _files\n      ;;\n");
    out.append("    rest)\n      case $line[1] in\n");
    for (CommandSpec command : Commands.of(root)) {
      out.append("        ").append(command.name()).append(")\n          _arguments");
      zshOptions(out, command.options());
      out.append(' ').append(quoted("*: :" + zshWords(root, command))).append("\n          ;;\n");
    }
    out.append("      esac\n      ;;\n  esac\n}\n");
    // Read from fpath, the file is the body of the function; read by source, it defines it.
    out.append(
        "if [ \"$funcstack[1]\" = _rsp ]; then\n  _rsp \"$@\"\nelse\n  compdef _rsp rsp\nfi\n");
    return out.toString();
  }

  private static String zshWords(CommandSpec root, CommandSpec command) {
    if (command.name().equals(HELP)) {
      return "(" + String.join(" ", topics(root)) + ")";
    }
    String values = candidates(command, "(%s)");
    boolean file = command.positionalParameters().stream().anyMatch(Commands::isFile);
    return !values.isEmpty() ? values : file ? "_files" : "()";
  }

  private static void zshOptions(StringBuilder out, List<OptionSpec> options) {
    for (OptionSpec option : options) {
      String text = Commands.description(option).replaceAll("([\\[\\]:\\\\])", "\\\\$1");
      for (String name : option.names()) {
        String value =
            !Commands.takesValue(option)
                ? ""
                : ":" + option.paramLabel() + ":" + (Commands.isFile(option) ? "_files" : " ");
        String assigned = value.isEmpty() || !name.startsWith("--") ? "" : "=";
        out.append(" \\\n      ").append(quoted(name + assigned + "[" + text + "]" + value));
      }
    }
  }

  /** In single quotes of a POSIX shell. */
  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }
}
