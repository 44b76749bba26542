// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Each line that rsp logs is explained in operations.md. Errors with an exception are faults of
 * rsp, which one row explains together.
 */
@Timeout(60)
final class LogLinesTest {
  private static final Path SOURCES = Path.of("src/main/java");
  private static final Path OPERATIONS = Path.of("src/docs/operations.md");

  /** A call with its level, the text of its first string, and what follows. */
  private static final Pattern CALL =
      Pattern.compile("\\blog\\.(info|warn|error)\\(\\s*\"((?:[^\"\\\\]|\\\\.)*)\"([^;]*);");

  private static final Pattern WITH_EXCEPTION = Pattern.compile(",\\s*(?:e|cause|error)\\)\\s*$");

  /** How a line begins: as far as no value, and no name of a value, stands in it. */
  private static final Pattern BEGINNING = Pattern.compile("^[^{=:,(]*(?=$|[:,(]| \\{| \\w+=)");

  private static List<String> unexplained(String source, String explained) {
    List<String> found = new ArrayList<>();
    for (Matcher call = CALL.matcher(source); call.find(); ) {
      boolean fault = call.group(1).equals("error") && WITH_EXCEPTION.matcher(call.group(3)).find();
      Matcher beginning = BEGINNING.matcher(call.group(2));
      if (!fault && beginning.find() && !explained.contains(beginning.group().trim())) {
        found.add(call.group(2));
      }
    }
    return found;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void operationsExplainsEachLine() throws IOException {
    String rows = text(OPERATIONS).lines().filter(l -> l.startsWith("| ")).toList().toString();
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        unexplained(text(file), rows).forEach(line -> found.add(file + ": " + line));
      }
    }
    assertEquals(List.of(), found);
  }

  @Test
  void aLineThatIsNotExplainedIsFound() {
    String call = "log.warn(\n  \"journal not written file={}: {}\", file, IoReason.of(e));";
    assertEquals(List.of(), unexplained(call, "| `journal not written file=…` |"));
    assertEquals(List.of("journal not written file={}: {}"), unexplained(call, "| `journal` |"));
    assertTrue(unexplained("log.error(\"a step failed\", e);", "").isEmpty(), "a fault of rsp");
    assertEquals(List.of("gone"), unexplained("log.error(\"gone\");", ""));
  }
}
