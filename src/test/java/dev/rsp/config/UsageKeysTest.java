// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.usage.UsageSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The values of {@code usage}. */
@Timeout(20)
final class UsageKeysTest {
  private static final String REST =
      "\nlisten = '127.0.0.1:0'\nbackends = { '10.0.0.1:80', '10.0.0.2:80' }\n";

  @TempDir private Path directory;

  @Test
  void aPathHasTheDefaultsAndATableItsOwnValues() throws Exception {
    assertNull(ConfigFile.in(directory, REST).load().usage());
    assertEquals(
        new UsageSettings(directory.resolve("u"), 1_000_000, 40),
        ConfigFile.in(directory, "usage = 'u'" + REST).load().usage());
    assertEquals(
        new UsageSettings(directory.resolve("u"), 5, 400),
        ConfigFile.in(directory, "usage = { path = './u/', hosts = 5, keep_days = 400 }" + REST)
            .load()
            .usage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "usage = 5                        | usage: 5 (expected: the path of a folder",
        "usage = ''                       | usage: \"\" (expected: the path of a folder",
        "usage = 'a b'                    | usage: \"a b\" (expected: the path of a folder",
        "usage = {}                       | usage.path: not set (expected: the path of a folder",
        "usage = { file = 'x', path = 'u' } | usage.file: \"x\" (expected: one of path, hosts, keep_days",
        "usage = { path = 'u', hosts = 0 } | usage.hosts: 0 (expected: a whole number of hosts from 1 to 1000000)",
        "usage = { path = 'u', keep_days = 1.5 } | usage.keep_days: 1.5 (expected: a whole number of days",
        "usage = 'backends.lua'           | expected: a folder, not a file",
        "usages = 'u'                     | did you mean usage?",
      })
  void refusesWhatItCannotMean(String lua, String problem) throws Exception {
    List<String> problems = ConfigFile.in(directory, lua + REST).problems();
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.get(0).contains(problem), problems::toString);
  }

  @Test
  void aFolderIsMadeUnlessItsParentIsMissingWhichIsAWarning() throws Exception {
    Files.createDirectory(directory.resolve("there"));
    assertEquals(List.of(), ConfigFile.in(directory, "usage = 'there/u'" + REST).load().warnings());
    List<String> warnings = ConfigFile.in(directory, "usage = 'no/u'" + REST).load().warnings();
    assertEquals(1, warnings.size(), warnings::toString);
    assertTrue(warnings.get(0).contains("usage: there is no folder "), warnings::toString);
  }
}
