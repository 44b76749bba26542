// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigLoader;
import dev.rsp.exchange.Ending;
import dev.rsp.plan.SelectorCheck;
import dev.rsp.plan.TestReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Links between documents work, decisions have one form, and operations.md has every counter. */
@Timeout(60)
final class DocumentsTest {
  private static final Path README = Path.of("README.md");
  private static final Path GITHUB = Path.of(".github");
  private static final Path DOCUMENTS = Path.of("src/docs");
  private static final Path DECISIONS = DOCUMENTS.resolve("decisions");
  private static final Pattern TEST_NAME = Pattern.compile("\\b[A-Z][a-z]\\w*(?:Test|[a-z]IT)\\b");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  /** README.md, and every Markdown file below .github and src/docs. */
  static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>(List.of(README));
    documents.addAll(markdownBelow(GITHUB));
    documents.addAll(markdownBelow(DOCUMENTS));
    return documents;
  }

  static List<Path> decisions() throws IOException {
    return markdownBelow(DECISIONS);
  }

  private static List<Path> markdownBelow(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(file -> file.toString().endsWith(".md")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyLinkLeadsToAFileAndAHeading(Path document) throws IOException {
    assertEquals(List.of(), brokenLinks(document));
  }

  @Test
  void aBrokenLinkIsFound(@TempDir Path directory) throws IOException {
    Files.writeString(
        directory.resolve("other.md"),
        """
        # Two words
        ```
        # no heading
        ```
        ## `two` words
        """);
    Path document =
        Files.writeString(
            directory.resolve("one.md"),
            """
            # One
            [file](other.md) [own heading](#one) [heading](other.md#two-words)
            [second of its name](other.md#two-words-1) [not ours](https://example.com/x#y)
            [no file](gone.md) [no own heading](#two) [no heading](other.md#three-words)
            [code](other.md#no-heading)
            `[text](in.code)`
            """);
    assertEquals(
        List.of("gone.md", "#two", "other.md#three-words", "other.md#no-heading"),
        brokenLinks(document));
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyTestThatADocumentNamesExists(Path document) throws IOException {
    Set<String> named =
        TEST_NAME
            .matcher(Files.readString(document))
            .results()
            .map(name -> name.group() + ".java")
            .collect(Collectors.toCollection(HashSet::new));
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      files.forEach(file -> named.remove(file.getFileName().toString()));
    }
    assertEquals(Set.of(), named);
  }

  @Test
  void theReadmeLeadsToEveryDocument() throws IOException {
    String readme = Files.readString(README);
    for (Path document : documents()) {
      // The index of decisions leads to these, and GitHub shows the template by itself.
      if (!document.startsWith(DECISIONS)
          && !document.equals(README)
          && !document.endsWith("PULL_REQUEST_TEMPLATE.md")) {
        assertTrue(readme.contains("(" + document), document.toString());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("decisions")
  void everyDecisionIsInTheIndexAndSaysWhatWasRejected(Path decision) throws IOException {
    String name = decision.getFileName().toString();
    String number = name.substring(0, 4);
    String index = Files.readString(DOCUMENTS.resolve("decisions.md"));
    List<String> lines = Files.readAllLines(decision);
    String title = lines.get(0).replaceFirst("^# " + number + "\\. ", "");
    Pattern row =
        Pattern.compile(
            "^\\| " + number + " \\| \\[" + Pattern.quote(title) + "\\]\\(decisions/" + name,
            Pattern.MULTILINE);
    assertTrue(row.matcher(index).find(), "no row in the index for: " + title);
    assertTrue(lines.get(2).matches("- Date: \\d{4}-\\d{2}-\\d{2}"), lines.get(2));
    assertTrue(
        lines.get(3).matches("- Status: (accepted.*|rejected|superseded by \\d{4})"), lines.get(3));
    assertEquals(
        List.of("## Context", "## Decision", "## Rejected", "## Consequences"),
        lines.stream().filter(line -> line.startsWith("## ")).toList());
  }

  @Test
  void decisionsAreNumberedInOrderAndOnce() throws IOException {
    List<Integer> numbers =
        decisions().stream()
            .map(file -> Integer.parseInt(file.getFileName().toString().substring(0, 4)))
            .toList();
    assertEquals(numbers.stream().distinct().sorted().toList(), numbers);
  }

  @Test
  void theFirstConfigurationIsRight(@TempDir Path directory) throws Exception {
    Matcher lua =
        Pattern.compile("```lua backends.lua\\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(README));
    assertTrue(lua.find());
    Config config =
        ConfigLoader.load(Files.writeString(directory.resolve("backends.lua"), lua.group(1)));
    TestReport report = SelectorCheck.run(config, config.program(), List.of());
    assertEquals(0, report.failed(), report::text);
    assertTrue(report.text().contains("ok    " + directory + "/backends.lua:14: "), report::text);
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void operationsExplainsEveryCounter(Ending ending) throws IOException {
    String rows =
        Files.readAllLines(DOCUMENTS.resolve("operations.md")).stream()
            .filter(line -> line.startsWith("| `"))
            .reduce("", String::concat);
    assertTrue(rows.contains("`" + ending.label() + "`"), ending.label());
  }

  /** The relative links that lead to no file, or to no heading in it. */
  @ParameterizedTest
  @MethodSource("packages")
  void architectureSaysOfEachPackageWhatThePackageSays(Path info) throws IOException {
    String text = Files.readString(info);
    Matcher name = Pattern.compile("(?m)^package ([\\w.]+);").matcher(text);
    Matcher comment = Pattern.compile("/\\*\\*(.*?)\\.\\s*\\*/", Pattern.DOTALL).matcher(text);
    assertTrue(name.find() && comment.find(), info + ": no sentence");
    String sentence = comment.group(1).replaceAll("\\s*\\n \\*\\s*", " ").strip();
    String row =
        "| `%s` | %s%s |"
            .formatted(
                name.group(1),
                sentence.substring(0, 1).toLowerCase(Locale.ROOT),
                sentence.substring(1));
    assertTrue(Files.readString(DOCUMENTS.resolve("architecture.md")).contains(row), row);
  }

  private static List<Path> packages() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      return files.filter(file -> file.endsWith("package-info.java")).sorted().toList();
    }
  }

  private static List<String> brokenLinks(Path document) throws IOException {
    List<String> broken = new ArrayList<>();
    String text = String.join("\n", withoutCode(document)).replaceAll("`[^`\n]*`", "");
    Matcher link = LINK.matcher(text);
    while (link.find()) {
      String target = link.group(1);
      if (target.startsWith("https:")) {
        continue;
      }
      String[] parts = target.split("#", 2);
      Path file = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]);
      if (!Files.exists(file) || (parts.length > 1 && !anchors(file).contains(parts[1]))) {
        broken.add(target);
      }
    }
    return broken;
  }

  /**
   * The anchors that a Markdown viewer makes of headings: lower case, dashes, no punctuation; a
   * number behind the second one of a name.
   */
  private static Set<String> anchors(Path document) throws IOException {
    Set<String> anchors = new HashSet<>();
    for (String line : withoutCode(document)) {
      if (line.startsWith("#")) {
        String name =
            line.replaceFirst("^#+ ", "")
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9 _-]", "")
                .replace(' ', '-');
        String anchor = name;
        for (int i = 1; !anchors.add(anchor); i++) {
          anchor = name + "-" + i;
        }
      }
    }
    return anchors;
  }

  /** The lines outside of fenced blocks. */
  private static List<String> withoutCode(Path document) throws IOException {
    List<String> lines = new ArrayList<>();
    boolean inCode = false;
    for (String line : Files.readAllLines(document)) {
      if (line.startsWith("```")) {
        inCode = !inCode;
      } else if (!inCode) {
        lines.add(line);
      }
    }
    return lines;
  }
}
