// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.http.HostName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The table {@code initialise}. */
class InitialiseTest {
  private static final String REST = "listen = '127.0.0.1:0' backends = { '127.0.0.1:1' }";
  private static final String URL = "http://127.0.0.1:5000/init?host={host}";

  @TempDir Path directory;

  private Initialise read(String table) throws Exception {
    var config = ConfigFile.in(directory, REST, "initialise = " + table).load();
    return Objects.requireNonNull(config.initialise());
  }

  @Test
  void isNoneUnlessTheFileHasIt() throws Exception {
    assertNull(ConfigFile.in(directory, REST).load().initialise());
  }

  @Test
  void hasDefaults() throws Exception {
    assertEquals(
        new Initialise(URL, null, "POST", 30_000, 50, 10_000, 100, 1_000, 64, 0),
        read("{ url = '" + URL + "' }"));
  }

  @Test
  void takesWhatTheFileSays() throws Exception {
    assertEquals(
        new Initialise(URL, "/v/{host}.ini", "GET", 1_500, 20, 1_000, 1, 2, 3, 4),
        read(
            "{ url = '"
                + URL
                + "', unless_exists = '/v/{host}.ini', method = 'GET', timeout = 1.5, poll = 0.02,"
                + " remember_failure = 1, waiting = 1, waiting_total = 2, starting = 3, body_bytes = 4 }"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | .url: not set (expected: a URL such as \"http://127.0.0.1:5000/init?host={host}\")",
        "{ url = 'ftp://a/' } | .url: \"ftp://a/\""
            + " (expected: a URL such as \"http://127.0.0.1:5000/init?host={host}\")",
        "{ url = 'http://a', unless_exists = 'v/{host}' } | .unless_exists: \"v/{host}\""
            + " (expected: an absolute path with {host} in it)",
        "{ url = 'http://a', unless_exists = '/v/host' } | .unless_exists: \"/v/host\""
            + " (expected: an absolute path with {host} in it)",
        "{ url = 'http://a', method = 'HEAD' } | .method: \"HEAD\""
            + " (expected: \"POST\", \"PUT\" or \"GET\")",
        "{ url = 'http://a', poll = 0 } | .poll: 0"
            + " (expected: a number of seconds from 0.01 to 10)",
        "{ url = 'http://a', waiting = 0 } | .waiting: 0"
            + " (expected: a whole number of requests from 1 to 100000)",
      })
  void whatIsWrongIsTold(String table, String problem) throws Exception {
    assertEquals(
        List.of("backends.lua:2: initialise" + problem),
        ConfigFile.in(directory, REST, "initialise = " + table).problems());
  }

  @ParameterizedTest
  @ValueSource(strings = {"a..b", "../a", "a/b", "..", "a%2fb", "a\\b", "a b", ""})
  void noHostLeavesItsDirectory(String host) {
    assertNull(HostName.canonicalise(host));
  }

  @ParameterizedTest
  @CsvSource({
    "a.example, http://h/a.example?a.example, /v/a.example.ini",
    "xn--bcher-kva.example, http://h/xn--bcher-kva.example?xn--bcher-kva.example,"
        + " /v/xn--bcher-kva.example.ini",
    "192.0.2.1, http://h/192.0.2.1?192.0.2.1, /v/192.0.2.1.ini",
    "[2001:db8::1], http://h/%5B2001%3Adb8%3A%3A1%5D?%5B2001%3Adb8%3A%3A1%5D,"
        + " /v/[2001:db8::1].ini",
  })
  void everyHostIsSafeInAUrlAndAsAFileName(String host, String url, String file) {
    assertEquals(host, HostName.canonicalise(host));
    Initialise initialise =
        new Initialise("http://h/{host}?{host}", "/v/{host}.ini", "GET", 1, 1, 1, 1, 1, 1, 0);
    assertEquals(url, initialise.uri(host).toString());
    assertEquals(Path.of(file), initialise.marker(host));
  }

  @ParameterizedTest
  @ValueSource(strings = {"balancer.lua", "machine.lua"})
  void thePlatformsDocumentHasTheWholeExamples(String name) throws Exception {
    String example =
        Files.readAllLines(Path.of("config/examples", name)).stream()
            .filter(line -> !line.startsWith("--"))
            .collect(Collectors.joining("\n"))
            .strip();
    assertTrue(Files.readString(Path.of("src/docs/platform.md")).contains(example), example);
  }

  @Test
  void theReferenceHasTheDefaultOfEveryNumber() throws Exception {
    String reference = Files.readString(Path.of("src/docs/configuration.md"));
    for (NumberKey key : InitialiseKeys.NUMBERS) {
      String number = String.valueOf(key.defaultValue()).replaceFirst("\\.0$", "");
      String row =
          reference
              .lines()
              .filter(line -> line.startsWith("| `initialise." + key.name() + "` |"))
              .findFirst()
              .orElseThrow();
      assertTrue(row.contains("| " + number + " |"), row);
    }
  }
}
