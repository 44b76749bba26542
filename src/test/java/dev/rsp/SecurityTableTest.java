// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The tables of src/docs/security-tests.md name tests that exist, and each fault once. */
final class SecurityTableTest {
  private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT))\\.(\\w+)`");
  private static final Pattern ROW = Pattern.compile("\\| (?:CVE-|HAProxy |[\\w/-]+#\\d)");
  private static final Pattern CVE = Pattern.compile("CVE-\\d{4}-\\d+");

  private static List<String> rows() throws IOException {
    return Files.readAllLines(Path.of("src/docs/security-tests.md")).stream()
        .filter(line -> ROW.matcher(line).lookingAt())
        .toList();
  }

  private static String source(String className) throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      List<Path> found =
          files.filter(file -> file.getFileName().toString().equals(className + ".java")).toList();
      assertEquals(1, found.size(), className);
      return Files.readString(found.get(0));
    }
  }

  @Test
  void everyTestThatIsNamedExists() throws IOException {
    int named = 0;
    List<String> missing = new ArrayList<>();
    for (String row : rows()) {
      Matcher test = NAMED.matcher(row);
      while (test.find()) {
        named++;
        String source = source(test.group(1));
        String method = "void " + test.group(2) + "(";
        if (!Pattern.compile("@(?:Parameterized)?Test\\b").matcher(source).find()
            || !source.contains(method)) {
          missing.add(test.group());
        }
      }
    }
    assertTrue(named > 30, () -> "rows: " + missing.size());
    assertEquals(List.of(), missing);
  }

  @Test
  void everyRowNamesATestOrAReason() throws IOException {
    for (String row : rows()) {
      String[] cells = row.split("\\|", -1);
      boolean shown = cells.length == 5 && NAMED.matcher(cells[3]).find();
      boolean excused = cells.length == 4 && !cells[2].isBlank();
      assertTrue(shown || excused, row);
    }
  }

  @Test
  void noFaultIsInTwoRows() throws IOException {
    Set<String> seen = new HashSet<>();
    for (String row : rows()) {
      Matcher cve = CVE.matcher(row.substring(0, row.indexOf('|', 1)));
      while (cve.find()) {
        assertTrue(seen.add(cve.group()), cve.group());
      }
    }
    assertTrue(seen.size() > 80, "faults: " + seen.size());
  }
}
