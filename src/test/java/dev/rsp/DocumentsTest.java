// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigLoader;
import dev.rsp.plan.SelectorCheck;
import dev.rsp.plan.TestReport;
import dev.rsp.proxy.Ending;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The documents lead somewhere, and the operator's one knows every counter. */
final class DocumentsTest {
  private static final Path DOCUMENTS = Path.of("src/docs");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  static List<Path> documents() throws IOException {
    try (Stream<Path> files = Files.list(DOCUMENTS)) {
      return Stream.concat(Stream.of(Path.of("README.md")), files)
          .filter(file -> file.toString().endsWith(".md"))
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("documents")
  void everyLinkLeadsToAFileAndAHeading(Path document) throws IOException {
    List<String> lost = new ArrayList<>();
    Matcher link = LINK.matcher(Files.readString(document));
    while (link.find()) {
      String target = link.group(1);
      if (target.startsWith("https:")) {
        continue;
      }
      String[] parts = target.split("#", 2);
      Path file = parts[0].isEmpty() ? document : document.resolveSibling(parts[0]);
      if (!Files.exists(file) || (parts.length > 1 && !anchors(file).contains(parts[1]))) {
        lost.add(target);
      }
    }
    assertEquals(List.of(), lost);
  }

  @Test
  void theReadmeLeadsToEveryDocument() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    for (Path document : documents()) {
      String name = document.toString();
      assertTrue(name.equals("README.md") || readme.contains("(" + name), name);
    }
  }

  @Test
  void theFirstConfigurationIsRight(@TempDir Path directory) throws Exception {
    Matcher lua =
        Pattern.compile("```lua\\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(Path.of("README.md")));
    assertTrue(lua.find());
    Config config =
        ConfigLoader.load(Files.writeString(directory.resolve("backends.lua"), lua.group(1)));
    TestReport report = SelectorCheck.run(config, config.program(), List.of());
    assertEquals(0, report.failed(), report::text);
    assertTrue(report.text().contains("ok    " + directory + "/backends.lua:14: "), report::text);
  }

  @ParameterizedTest
  @EnumSource(Ending.class)
  void theOperatorIsToldWhatEachCounterMeans(Ending ending) throws IOException {
    String rows =
        Files.readAllLines(DOCUMENTS.resolve("operations.md")).stream()
            .filter(line -> line.startsWith("| `"))
            .reduce("", String::concat);
    assertTrue(rows.contains("`" + ending.label() + "`"), ending.label());
  }

  /** The anchors that a Markdown viewer makes of headings: lower case, dashes, no punctuation. */
  private static List<String> anchors(Path document) throws IOException {
    return Files.readAllLines(document).stream()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("^#+ ", "").toLowerCase(Locale.ROOT))
        .map(line -> line.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .toList();
  }
}
