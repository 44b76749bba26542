// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The table of {@code src/docs/http-conformance.md}: what {@code http-rules.tsv} says of each rule,
 * and the tests whose {@link Rule} names it.
 */
final class ConformanceTable {
  static final int RULES = 81;

  private static final Path DATA = Path.of("src/test/resources/http-rules.tsv");

  /** A rule in the data file. */
  record Row(int number, String section, String source, String rule, String choice) {}

  private final List<Row> rows = new ArrayList<>();
  private final SortedMap<Integer, SortedSet<String>> tests = new TreeMap<>();

  private ConformanceTable() {}

  /** Reads the data file, and the annotations of all compiled tests. */
  static ConformanceTable read() throws IOException {
    var table = new ConformanceTable();
    String section = "";
    for (String line : Files.readAllLines(DATA)) {
      if (line.startsWith("## ")) {
        section = line.substring(3);
      } else if (!line.startsWith("#")) {
        String[] cells = line.split("\t", -1);
        if (cells.length != 4) {
          throw new IllegalArgumentException(DATA + ": " + line + " (expected: four columns)");
        }
        int number = Integer.parseInt(cells[0]);
        table.rows.add(new Row(number, section, cells[1], cells[2], cells[3]));
      }
    }
    for (Class<?> type : testClasses()) {
      for (Method method : type.getDeclaredMethods()) {
        Rule rule = method.getAnnotation(Rule.class);
        if (rule != null) {
          for (int number : rule.value()) {
            table
                .tests
                .computeIfAbsent(number, n -> new TreeSet<>())
                .add(type.getSimpleName() + "." + method.getName());
          }
        }
      }
    }
    return table;
  }

  private static List<Class<?>> testClasses() throws IOException {
    Path root = Path.of("target/test-classes");
    try (Stream<Path> files = Files.walk(root.resolve("dev/rsp"))) {
      return files
          .map(file -> root.relativize(file).toString())
          .filter(name -> name.endsWith("Test.class") || name.endsWith("IT.class"))
          .map(name -> name.replace('/', '.').replaceFirst("\\.class$", ""))
          .sorted()
          .<Class<?>>map(ConformanceTable::load)
          .toList();
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name, false, ConformanceTable.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new UncheckedIOException(new IOException(name, e));
    }
  }

  List<Row> rows() {
    return rows;
  }

  /** The numbers that tests name, with those tests. */
  Map<Integer, SortedSet<String>> tests() {
    return tests;
  }

  /** The names of the tests of a rule, either of the packaged program or of its parts. */
  List<String> tests(int number, boolean acceptance) {
    return tests.getOrDefault(number, new TreeSet<>()).stream()
        .filter(test -> test.contains("IT.") == acceptance)
        .toList();
  }

  /** The table as the document shows it. */
  String markdown() {
    var text = new StringBuilder();
    String section = "";
    for (Row row : rows) {
      if (!row.section.equals(section)) {
        section = row.section;
        text.append("\n### ").append(section).append("\n\n");
        text.append("| | rule | what rsp does | tests |\n|---|---|---|---|\n");
      }
      text.append("| ").append(row.number);
      text.append(" | ").append(cell(row.rule)).append(" (").append(row.source);
      text.append(") | ").append(cell(row.choice));
      text.append(" | ").append(linked(row.number)).append(" |\n");
    }
    return text.toString();
  }

  private String linked(int number) {
    // Methods of one class together: "ClassTest: one, two".
    SortedMap<String, List<String>> byClass =
        tests.getOrDefault(number, new TreeSet<>()).stream()
            .collect(
                Collectors.groupingBy(
                    test -> test.substring(0, test.indexOf('.')),
                    TreeMap::new,
                    Collectors.mapping(
                        test -> test.substring(test.indexOf('.') + 1), Collectors.toList())));
    return byClass.entrySet().stream()
        .map(entry -> "`" + entry.getKey() + "`: " + String.join(", ", entry.getValue()))
        .collect(Collectors.joining("<br>"));
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
