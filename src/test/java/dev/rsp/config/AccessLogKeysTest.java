// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.access.AccessLogSettings;
import dev.rsp.access.Format;
import dev.rsp.access.LogTarget;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The values of {@code access_log}. */
@Timeout(20)
final class AccessLogKeysTest {
  private static final String REST = "\nlisten = '127.0.0.1:0' backends = { '127.0.0.1:1' }";

  @TempDir private Path directory;

  @Test
  void withoutTheKeyNothingIsLogged() throws Exception {
    assertNull(load(""));
  }

  @Test
  void aPathAloneLogsEachRequestInJsonAndIsMeantFromTheFile() throws Exception {
    assertEquals(
        new AccessLogSettings(
            new LogTarget.File(directory.resolve("a.log")), Format.of("json"), 1, 0, 0),
        load("access_log = 'a.log'"));
  }

  @Test
  void aTableSaysMoreAndAConditionLogsNothingElse() throws Exception {
    assertEquals(
        new AccessLogSettings(new LogTarget.Stdout(), Format.of("$host"), 0, 500, 1500),
        load(
            """
            access_log = { path = "stdout", format = "$host", min_status = 500, min_seconds = 1.5 }
            """));
    AccessLogSettings both = load("access_log = {path='stdout', min_status=400, sample=0.25}");
    assertEquals(0.25, both == null ? 1 : both.share());
  }

  @ParameterizedTest
  @CsvSource({
    "syslog:unix:/dev/log, syslog:unix:/dev/log",
    "syslog:127.0.0.1:514, syslog:127.0.0.1:514",
    "syslog:[::1]:514, syslog:[::1]:514",
    "stdout, stdout",
    "/access.log, /access.log"
  })
  void aTargetIsAFileStdoutOrSyslog(String text, String expected) throws Exception {
    AccessLogSettings settings = load("access_log = '" + text + "'");
    assertEquals(expected, settings == null ? "" : settings.target().text());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "access_log = 5                 | access_log: 5 (expected: a file's path, \"stdout\"",
        "access_log = ''                | access_log: \"\" (expected: a file's path",
        "access_log = 'd/'              | access_log: \"d/\" (expected: a file's path",
        "access_log = 'backends.lua'    | expected: another file than this one, which rsp reads",
        "access_log = 'folder'          | expected: a file, not a folder",
        "access_log = 'syslog:unix:x'   | access_log: \"syslog:unix:x\" (expected: a file's path",
        "access_log = 'syslog:host:514' | access_log: \"syslog:host:514\" (expected",
        "access_log = 'syslog:1.2.3.4:0' | access_log: \"syslog:1.2.3.4:0\" (expected",
        "access_log = 'syslog:::1:514'  | access_log: \"syslog:::1:514\" (expected",
        "access_log = {}                | access_log.path: not set (expected: a file's path",
        "access_log = { path = 'stdout', file = 'x' } | expected: one of path, format",
        "access_log = { path = 'stdout', format = 'jsn' } | did you mean json?",
        "access_log = { path = 'stdout', format = '$hots' } | did you mean host?",
        "access_log = { path = 'stdout', format = '$' } | access_log.format: \"$\" (expected: one of $time,",
        "access_log = { path = 'stdout', format = '$field_' } | not of its secrets",
        "access_log = { path = 'stdout', format = '$field_authorization' } | not of its secrets",
        "access_log = { path = 'stdout', format = '$field_cookie' } | not of its secrets",
        "access_log = { path = 'stdout', format = '$host\\n$status' } | expected: a pattern in one line",
        "access_log = { path = 'stdout', sample = 2 } | access_log.sample: 2 (expected: a share",
        "access_log = { path = 'stdout', sample = '1' } | access_log.sample: \"1\" (expected: a share",
        "access_log = { path = 'stdout', min_status = 600 } | access_log.min_status: 600 (expected",
        "access_log = { path = 'stdout', min_seconds = -1 } | access_log.min_seconds: -1 (expected",
        "access_logs = 'x'              | did you mean access_log?",
      })
  void refusesWhatItCannotMean(String lua, String problem) throws Exception {
    Files.createDirectories(directory.resolve("folder"));
    List<String> problems = ConfigFile.in(directory, lua + REST).problems();
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.get(0).contains(problem), problems::toString);
  }

  @Test
  void aFolderThatIsMissingIsAWarningBecauseAnotherMachineMayHaveIt() throws Exception {
    List<String> warnings =
        ConfigFile.in(directory, "access_log = 'no/such/a.log'" + REST).load().warnings();
    assertEquals(1, warnings.size(), warnings::toString);
    assertTrue(warnings.get(0).contains("access_log: there is no folder "), warnings::toString);
  }

  private @Nullable AccessLogSettings load(String lua) throws ConfigException {
    return ConfigFile.in(directory, lua + REST).load().accessLog();
  }
}
