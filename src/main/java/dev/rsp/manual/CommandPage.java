// SPDX-License-Identifier: Apache-2.0
package dev.rsp.manual;

import dev.rsp.config.KeyEntry;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual page {@code rsp(1)}: what {@code --help} of the program and its commands print. */
public final class CommandPage {
  private CommandPage() {}

  /**
   * The page in roff.
   *
   * @param root the program
   * @param date as in {@code 2026-11-27}
   */
  public static String of(CommandSpec root, String version, String date) {
    Roff page = new Roff(root.name(), "1", date, root.name() + " " + version, "User Commands");
    page.section("Name").text(root.name() + " - " + phrase(Commands.summary(root)));
    page.section("Synopsis").text(synopsis(root));
    page.section("Description");
    paragraphs(page, Commands.description(root));
    page.section("Options");
    parameters(page, root);
    root.options().forEach(option -> option(page, option));
    page.section("Commands");
    page.text("Each command prints its own help with --help.");
    Commands.of(root).forEach(command -> command(page, command));
    terms(page, "Exit status", root.usageMessage().exitCodeList());
    footer(page, root.usageMessage().footer());
    page.section("Files");
    page.item("/etc/rsp/backends.lua", "", "The configuration that the service runs with.");
    page.item(
        "/run/rsp/control.sock", "", "The control socket, if the configuration has its path.");
    page.section("See also").text("backends.lua(5), systemctl(1), journalctl(1)");
    return page.toString();
  }

  /** A name and what it is, as whatis lists them: in lower case, without an article. */
  private static String phrase(String summary) {
    String rest = summary.replaceFirst("^An? ", "");
    return rest.substring(0, 1).toLowerCase(Locale.ROOT) + rest.substring(1);
  }

  private static void command(Roff page, CommandSpec command) {
    page.subsection(synopsis(command));
    paragraphs(page, Commands.description(command));
    parameters(page, command);
    Commands.options(command).forEach(option -> option(page, option));
    Map<String, String> exits = command.usageMessage().exitCodeList();
    exits.forEach((code, meaning) -> page.item("exit status " + code, "", meaning));
  }

  private static String synopsis(CommandSpec command) {
    String synopsis = new Help(command, Help.defaultColorScheme(Help.Ansi.OFF)).synopsis(0);
    return synopsis.lines().map(String::strip).collect(Collectors.joining(" "));
  }

  /** Lines that begin with spaces are commands to type; the others are one paragraph. */
  private static void paragraphs(Roff page, List<String> lines) {
    StringBuilder text = new StringBuilder();
    StringBuilder example = new StringBuilder();
    boolean first = true;
    for (String line : lines) {
      if (line.startsWith(" ")) {
        first = flush(page, text, first);
        example.append(line.strip()).append('\n');
      } else {
        flush(page, example);
        text.append(text.isEmpty() ? "" : " ").append(line);
      }
    }
    flush(page, example);
    flush(page, text, first);
  }

  private static void flush(Roff page, StringBuilder example) {
    if (!example.isEmpty()) {
      page.example(example.toString());
      example.setLength(0);
    }
  }

  private static boolean flush(Roff page, StringBuilder text, boolean first) {
    if (text.isEmpty()) {
      return first;
    }
    if (first) {
      page.text(text.toString());
    } else {
      page.paragraph(text.toString());
    }
    text.setLength(0);
    return false;
  }

  private static void parameters(Roff page, CommandSpec command) {
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      page.item(parameter.paramLabel(), "", Commands.description(parameter));
    }
  }

  private static void option(Roff page, OptionSpec option) {
    String value = Commands.takesValue(option) ? "=" + option.paramLabel() : "";
    page.item(Commands.names(option), value, Commands.description(option));
  }

  private static void terms(Roff page, String title, Map<String, String> terms) {
    if (!terms.isEmpty()) {
      page.section(title);
      terms.forEach((term, meaning) -> page.item(term.strip(), "", KeyEntry.sentence(meaning)));
    }
  }

  /** Headings, and lines of a term and, behind two spaces, its meaning. */
  private static void footer(Roff page, String... lines) {
    for (String line : Commands.lines(lines)) {
      String[] words = line.strip().split(" {2,}", 2);
      if (line.endsWith(":")) {
        page.section(line.substring(0, line.length() - 1));
      } else if (words.length == 2) {
        page.item(words[0], "", KeyEntry.sentence(words[1]));
      } else if (!line.isBlank()) {
        page.text(line.strip());
      }
    }
  }
}
