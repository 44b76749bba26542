// SPDX-License-Identifier: Apache-2.0
package dev.rsp.documents;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.documents.Document.Block;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.SelectorCheck;
import dev.rsp.plan.TestReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each block of a document is run, loaded or says why not; configurations are loaded here. */
@Timeout(60)
final class DocumentBlocksTest {
  /** Makes fragments complete; on one line, so that the lines of a fragment are those of a file. */
  private static final String BASE = "listen = '127.0.0.1:0' backends = { '127.0.0.1:9' } ";

  private static final Set<String> RUN_AS =
      Set.of("sh", "text", "haproxy", "nginx", "yaml prometheus.yml");

  @TempDir private Path directory;

  @Test
  void everyBlockIsRunOrSaysWhyNot() throws IOException {
    List<String> wrong = new ArrayList<>();
    int blocks = 0;
    for (Path file : Document.all()) {
      for (Block block : Document.read(file).blocks()) {
        blocks++;
        if (!hasVerdict(block, Document.RUN.contains(file))) {
          wrong.add(file + ":" + block.line() + ": " + block.info());
        }
      }
    }
    assertEquals(List.of(), wrong);
    assertTrue(blocks > 100, "only " + blocks + " blocks");
  }

  private static boolean hasVerdict(Block block, boolean isRun) {
    return block.isExempt()
        || block.info().matches("lua( (>> )?[\\w.]+\\.lua)?")
        || (isRun && RUN_AS.contains(block.info()));
  }

  @Test
  void everyConfigurationLoadsAndItsTestsPass() throws Exception {
    for (String folder : List.of("etc/rsp", "run/rsp", "var/lib/rsp", "var/log/rsp")) {
      Files.createDirectories(directory.resolve(folder));
    }
    Path token = directory.resolve("etc/rsp/admin.token");
    Files.writeString(token, "0123456789abcdef0123456789abcdef");
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-r-----"));
    List<String> wrong = new ArrayList<>();
    for (Path file : Document.all()) {
      for (Block block : Document.read(file).in(directory).blocks()) {
        if (block.language().equals("lua") && !block.isExempt()) {
          problems(block).forEach(line -> wrong.add(file + ":" + block.line() + ": " + line));
        }
      }
    }
    assertEquals(List.of(), wrong);
  }

  /** What is wrong with a block of Lua. */
  private List<String> problems(Block block) throws IOException, ScriptException {
    // Users and groups of a server that this machine may not have.
    String text = block.text().replaceAll("(owner|group) = \"[a-z-]+\"", "$1 = \"0\"");
    boolean fragment = block.fileName().isEmpty();
    Path path = directory.resolve(fragment ? "fragment.lua" : block.fileName());
    if (block.isAdded()) {
      Files.writeString(path, text, StandardOpenOption.APPEND);
    } else {
      Files.writeString(path, fragment ? BASE + text : text);
    }
    try {
      Config config = ConfigLoader.load(path);
      TestReport report = SelectorCheck.run(config, config.program(), List.of());
      return report.failed() == 0 ? List.of() : List.of(report.text());
    } catch (ConfigException e) {
      return e.problems();
    }
  }

  @Test
  void everyFunctionThatTheReferenceOfLuaNamesExistsAndNoOther() throws Exception {
    String reference = Files.readString(Path.of("src/docs/lua.md"));
    String section = between(reference, "## What a script can use", "\n### ");
    Set<String> names = new TreeSet<>(List.of(between(section, "`", "`").split("\\s+", -1)));
    Matcher call = Pattern.compile("`([a-z_0-9.]+)\\(").matcher(section);
    while (call.find()) {
      names.add(call.group(1));
    }
    assertTrue(names.containsAll(List.of("pcall", "hash.jump", "exists")), names.toString());
    String there = names.stream().map(name -> "assert(" + name + " ~= nil)\n").collect(joining());
    String gone =
        Pattern.compile("`(\\w+)`")
            .matcher(between(section, "There is no ", "."))
            .results()
            .map(name -> "assert(rawget(_G, '" + name.group(1) + "') == nil)\n")
            .collect(joining());
    assertTrue(gone.contains("'os'"), gone);
    assertEquals(List.of(), problems(new Block(1, "lua", there + gone)));
  }

  @Test
  void everyAnswerInTheReferenceOfSelectIsOne() throws Exception {
    String table =
        between(Files.readString(Path.of("src/docs/lua.md")), "| return value |", "\n\n");
    List<String> answers =
        Pattern.compile("(?m)^\\| (`.*?) \\|")
            .matcher(table)
            .results()
            .flatMap(row -> Pattern.compile("`([^`]+)`").matcher(row.group(1)).results())
            .map(answer -> answer.group(1))
            .toList();
    assertTrue(answers.contains("\"live2\"") && answers.size() > 8, answers.toString());
    for (String answer : answers) {
      String text =
          "listen = '127.0.0.1:0' backends = { { name = 'live1', address = '10.0.0.1:80' },"
              + " { name = 'live2', address = '10.0.0.2:80' },"
              + " { name = 'live3', address = '10.0.0.3:80' } }\n"
              + "function select(request) return "
              + answer
              + " end\n";
      Path file = Files.writeString(directory.resolve("answer.lua"), text);
      Config config = ConfigLoader.load(file);
      assertEquals(List.of(), config.warnings(), answer);
      String report = SelectorCheck.run(config, config.program(), List.of()).text();
      // A refusal is an answer, although no host has a slot then.
      boolean refused = answer.matches("nil, .*|refuse.*");
      assertTrue(refused || report.contains(" 0 failed"), answer + ": " + report);
      assertFalse(report.contains("fails"), answer + ": " + report);
    }
  }

  private static String between(String text, String first, String last) {
    int begin = text.indexOf(first) + first.length();
    return text.substring(begin, text.indexOf(last, begin));
  }

  @Test
  void everyScriptThatADocumentNamesExists() throws IOException {
    Pattern script = Pattern.compile("(?<![\\w/])scripts/[a-z-]+");
    Set<String> missing = named(script);
    assertTrue(missing.contains("scripts/test"), missing.toString());
    missing.removeIf(name -> Files.isExecutable(Path.of(name)));
    assertEquals(Set.of(), missing);
  }

  @Test
  void everyPathOfTheInterfaceThatADocumentNamesIsInItsDescription() throws IOException {
    Set<String> missing = new TreeSet<>();
    for (String request : named(Pattern.compile("`(?:GET|POST) /api/[^`?\\s]*"))) {
      missing.add(request.replaceAll("^.* ", "").replaceAll("/(HOST|NAME)$", "/*"));
    }
    assertTrue(missing.contains("/api/slots/*"), missing.toString());
    Pattern path = Pattern.compile("(?m)^  \"(/api/[^\"]+)\"");
    path.matcher(Files.readString(Path.of("src/main/resources/dev/rsp/admin/openapi.json")))
        .results()
        .map(found -> found.group(1).replaceAll("[{][^}]*}", "*"))
        .forEach(missing::remove);
    assertEquals(Set.of(), missing);
  }

  @Test
  void everyOptionOfTheBenchmarkThatADocumentNamesExists() throws IOException {
    String options = Files.readString(Path.of("src/bench/options.py"));
    Set<String> missing = new TreeSet<>();
    for (String line : named(Pattern.compile("(?m)^scripts/bench (?:.*\\\\\n)*.*"))) {
      Matcher option = Pattern.compile("(?<= )--[a-z-]+").matcher(line);
      while (option.find()) {
        missing.add(option.group());
      }
    }
    assertTrue(missing.contains("--rounds"), missing.toString());
    missing.removeIf(option -> options.contains("\"" + option + "\""));
    assertEquals(Set.of(), missing);
  }

  @Test
  void theSettingsOfLogrotateAreThoseOfThePackage() throws IOException {
    String text = Files.readString(Path.of("src/docs/operations.md"));
    String settings = Files.readString(Path.of("src/deb/logrotate")).replaceAll("(?m)^ *#.*\n", "");
    assertTrue(text.contains("\n" + settings + "```"), settings);
  }

  /** What a pattern finds in all documents. */
  private static Set<String> named(Pattern pattern) throws IOException {
    Set<String> found = new TreeSet<>();
    for (Path file : Document.all()) {
      pattern.matcher(Files.readString(file)).results().forEach(one -> found.add(one.group()));
    }
    return found;
  }

  @Test
  void aBlockWithoutAVerdictIsFound() {
    assertTrue(hasVerdict(new Block(1, "sh not run: needs root", ""), false));
    assertFalse(hasVerdict(new Block(1, "sh not run:", ""), true));
    assertFalse(hasVerdict(new Block(1, "sh", ""), false));
    assertFalse(hasVerdict(new Block(1, "", ""), true));
    assertFalse(hasVerdict(new Block(1, "lua twice", ""), true));
    assertTrue(hasVerdict(new Block(1, "lua >> tested.lua", ""), false));
  }

  @Test
  void aConfigurationThatDoesNotLoadIsFound() throws Exception {
    assertEquals(1, problems(new Block(1, "lua", "timeouts = { conect = 3 }\n")).size());
    String failing = "test('x', function() expect('a.example', 2) end)\n";
    assertEquals(1, problems(new Block(1, "lua", failing)).size());
  }

  @Test
  void aBlockInACommentIsReadToo() {
    Document document =
        Document.of(
            Path.of("x.md"),
            List.of("<!-- sh", "one", "-->", "<!-- note -->", "```text", "one", "```"));
    assertEquals(
        List.of(new Block(2, "sh", "one\n"), new Block(6, "text", "one\n")), document.blocks());
    assertThrows(
        IllegalArgumentException.class,
        () -> Document.of(Path.of("x.md"), List.of("- item", "  ```sh", "  ls", "  ```")));
  }

  @Test
  void theOutputMustBeWhatTheTextSays() {
    String out = "a\nslot   live1 (index 1)\nb\nc\nd\n";
    assertTrue(Document.output("slot   live1 (index …)\n…\nd\n").matcher(out).find());
    assertFalse(Document.output("slot   live2 (index …)\n").matcher(out).find());
    assertFalse(Document.output("a\nb\n").matcher(out).find());
  }
}
