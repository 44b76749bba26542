// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The document about HTTP says what the tests show, and every rule has tests. */
final class ConformanceTableTest {
  private static final Path DOCUMENT = Path.of("src/docs/http-conformance.md");
  private static final String START = "<!-- table: made by ConformanceTableTest, do not edit -->\n";
  private static final String END = "<!-- end of table -->\n";

  private static final String COMMAND =
      "mvn test -Pacceptance -Dtest=ConformanceTableTest -Drsp.write=true";

  @Test
  void hasEveryRuleOnceAndInOrder() throws IOException {
    List<Integer> numbers =
        ConformanceTable.read().rows().stream().map(ConformanceTable.Row::number).toList();
    assertEquals(IntStream.rangeClosed(1, ConformanceTable.RULES).boxed().toList(), numbers);
  }

  @Test
  void testsNameOnlyRulesThatThereAre() throws IOException {
    assertTrue(
        ConformanceTable.read().tests().keySet().stream()
            .allMatch(number -> number >= 1 && number <= ConformanceTable.RULES));
  }

  @Test
  void everyRuleHasATestOfItsPart() throws IOException {
    assertEquals(List.of(), without(ConformanceTable.read(), false));
  }

  @Test
  void everyRuleHasATestOnTheWireOfThePackagedProgram() throws IOException {
    assertEquals(List.of(), without(ConformanceTable.read(), true));
  }

  private static List<Integer> without(ConformanceTable table, boolean acceptance) {
    return IntStream.rangeClosed(1, ConformanceTable.RULES)
        .filter(number -> table.tests(number, acceptance).isEmpty())
        .boxed()
        .toList();
  }

  @Test
  void theDocumentIsWhatTheTestsSay() throws IOException {
    String text = Files.readString(DOCUMENT);
    int start = text.indexOf(START) + START.length();
    int end = text.indexOf(END);
    assertTrue(start >= START.length() && end >= start, "the marks of the table are gone");
    String table = ConformanceTable.read().markdown() + "\n";
    if (Boolean.getBoolean("rsp.write")) {
      Files.writeString(DOCUMENT, text.substring(0, start) + table + text.substring(end));
    } else {
      assertEquals(table, text.substring(start, end), "write it anew: " + COMMAND);
    }
  }
}
