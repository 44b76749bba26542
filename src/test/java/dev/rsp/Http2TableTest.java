// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The tables of src/docs/http2-conformance.md name a test for each rule, and these exist. */
@Timeout(60)
final class Http2TableTest {
  private static final Pattern NAMED = Pattern.compile("`(\\w+(?:Test|IT))\\.(\\w+)`");

  private static List<String> rules() throws IOException {
    return Files.readAllLines(Path.of("src/docs/http2-conformance.md")).stream()
        .filter(line -> line.startsWith("| ") && !line.startsWith("| rule |"))
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
  void eachRuleNamesTestsThatExist() throws IOException {
    List<String> missing = new ArrayList<>();
    for (String rule : rules()) {
      String[] cells = rule.split("\\|", -1);
      assertEquals(5, cells.length, rule);
      Matcher test = NAMED.matcher(cells[3]);
      int named = 0;
      while (test.find()) {
        named++;
        if (!source(test.group(1)).contains("void " + test.group(2) + "(")) {
          missing.add(test.group());
        }
      }
      assertTrue(named > 0, rule);
    }
    assertEquals(List.of(), missing);
    assertTrue(rules().size() > 30, "rules: " + rules().size());
  }
}
