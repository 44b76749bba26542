// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The sample and the reference agree with the loader; {@link KeyReferenceTest} has the source of
 * its tables.
 */
class DocumentedTest {
  private static final Path SAMPLE = Path.of("config/backends.lua");
  private static final Path REFERENCE = Path.of("src/docs/configuration.md");
  private static final String COMMAND =
      "JAVA_TOOL_OPTIONS=-Drsp.write=true scripts/check DocumentedTest";

  @TempDir Path directory;

  @Test
  void theSampleLoads() throws Exception {
    Config config = ConfigFile.at(SAMPLE).load();
    assertEquals("0.0.0.0:8080", config.listen().get(0).text());
    assertEquals(
        List.of("live1", "live2", "live3"), config.slots().stream().map(Slot::name).toList());
    assertTrue(
        config.slots().stream()
            .allMatch(
                slot -> String.valueOf(ConfigFile.place(slot).address()).contains("127.0.0.1")));
    assertFalse(config.hasSelect());
  }

  @Test
  void whatTheSampleCommentsOutAreTheDefaults() throws Exception {
    String sample = Files.readString(SAMPLE);
    // Settings are lines such as "-- loops = 2" and the lines within their braces.
    String all =
        sample.replaceAll("(?m)^-- (?=[a-z_]+ = |  [a-z_]+ += |}|function |  return |end$)", "");
    Config config = ConfigFile.in(directory, all).load();
    assertEquals(Timeouts.DEFAULTS, config.timeouts());
    assertEquals(Limits.DEFAULTS, config.limits());
    assertEquals(2, config.loops());
    assertEquals("www.example.com", config.defaultHost());
    assertTrue(config.hasSelect());
  }

  static Stream<String> everyKey() {
    return Stream.of(Keys.all(), Keys.SLOT, Keys.LISTENER, OriginalFile.GLOBALS)
        .flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("everyKey")
  void theReferenceHasEveryKey(String key) throws IOException {
    assertTrue(
        row(key).isPresent() || Files.readString(REFERENCE).contains("### `" + key + "`"), key);
  }

  @ParameterizedTest
  @MethodSource("everyKey")
  void theSampleShowsEveryKeyOfRspsOwnForm(String key) throws IOException {
    String last = key.substring(key.lastIndexOf('.') + 1);
    assertEquals(
        !OriginalFile.GLOBALS.contains(key),
        Pattern.compile("\\b" + last + " += |function " + last)
            .matcher(Files.readString(SAMPLE))
            .find());
  }

  static Stream<NumberKey> everyNumber() {
    return Stream.concat(Keys.ALL_TIMEOUTS.stream(), Keys.ALL_LIMITS.stream());
  }

  @ParameterizedTest
  @MethodSource("everyNumber")
  void theReferenceHasTheDefaultAndTheRangeOfEveryNumber(NumberKey key) throws IOException {
    boolean limit = Keys.ALL_LIMITS.contains(key);
    String row = row((limit ? "limits." : "timeouts.") + key.name()).orElseThrow();
    assertTrue(row.contains("| " + (long) key.defaultValue() + " |"), row);
    if (limit) {
      assertTrue(row.contains("| " + (long) key.least() + " to " + (long) key.most()), row);
    }
  }

  @Test
  void theReferenceHasTheOtherBounds() throws IOException {
    String reference = Files.readString(REFERENCE);
    for (String bound :
        List.of(
            "up to " + AddressKeys.MAX_LISTEN + " addresses",
            "1 to " + AddressKeys.MAX_BACKENDS + " backends",
            "1 to " + AddressKeys.MAX_NAME + " visible",
            "at most " + Address.MAX_PATH_BYTES + " bytes",
            "seconds from 0.001 to 86400",
            (ConfigLoader.MAX_BYTES >> 20) + " MiB",
            "within " + NameLookup.TIMEOUT.toSeconds() + " seconds",
            "From " + Problems.MAX_LISTED + " problems on",
            String.format(
                Locale.ROOT, "event loops, %.0f to %.0f", Keys.LOOPS.least(), Keys.LOOPS.most()))) {
      assertTrue(reference.contains(bound), bound);
    }
  }

  @Test
  void theProblemsInTheReferenceAreReal() throws IOException {
    Matcher block =
        Pattern.compile("```text[^\n]*\n(backends.lua:4.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(REFERENCE));
    assertTrue(block.find());
    assertEquals(
        block.group(1).lines().toList(),
        ConfigFile.in(
                directory,
                "listen = '0.0.0.0:8080'",
                "",
                "timeouts = {",
                "  haed = 10 }",
                "backends = { 'app1:80',",
                "  'app2:80',",
                "  '10.0.0.300:80' }",
                "",
                "conect = 3")
            .problems());
  }

  @Test
  void theTablesAreThoseOfTheKeyReference() throws IOException {
    String text = Files.readString(REFERENCE);
    String made = KeyTables.in(text);
    if (Boolean.getBoolean("rsp.write")) {
      Files.writeString(REFERENCE, made);
    } else {
      assertEquals(made, text, "write it anew: " + COMMAND);
    }
  }

  private static Optional<String> row(String key) throws IOException {
    return Files.readAllLines(REFERENCE).stream()
        .filter(line -> line.startsWith("| `" + key + "` |"))
        .findFirst();
  }
}
