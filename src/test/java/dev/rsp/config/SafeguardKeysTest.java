// SPDX-License-Identifier: Apache-2.0
package dev.rsp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Safeguards.Candidate;
import dev.rsp.config.Safeguards.ReloadLimits;
import dev.rsp.journal.JournalSettings;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafeguardKeysTest {
  private static final String REST = "\nlisten = '127.0.0.1:0' backends = { '127.0.0.1:1' }";

  @TempDir private Path directory;

  @Test
  void aFileThatSaysNothingRemembersInMemoryAndAllowsEverything() throws Exception {
    assertEquals(Safeguards.NONE, load(""));
  }

  @Test
  void aPathMayStandAloneAndIsMeantFromTheFile() throws Exception {
    Safeguards safeguards = load("journal = 'hosts.journal' candidate = 'new.lua'");
    assertEquals(
        new JournalSettings(directory.resolve("hosts.journal"), 200_000, 60_000),
        safeguards.journal());
    assertEquals(new Candidate(directory.resolve("new.lua"), 0.1, 60_000), safeguards.candidate());
    assertEquals(
        Path.of("/var/lib/x"), load("journal = '/var/lib/x'").journal().file(), "absolute");
  }

  @Test
  void tablesSayMore() throws Exception {
    Safeguards safeguards =
        load(
            """
            journal = { path = "a", hosts = 10, every = 0.5 }
            reload = { max_moves = 12.5, run_tests = true, force = "0a1b2c3d:95" }
            candidate = { file = "b", share = 1, every = 5 }
            """);
    assertEquals(new JournalSettings(directory.resolve("a"), 10, 500), safeguards.journal());
    assertEquals(new ReloadLimits(12.5, true, "0a1b2c3d:95"), safeguards.reload());
    Candidate candidate = safeguards.candidate();
    assertNotNull(candidate);
    assertEquals(1, candidate.share());
    assertEquals(10, load("journal = { hosts = 10 }").journal().hosts(), "in memory");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "journal = 5                        | journal: 5 (expected: a path in visible characters)",
        "journal = ''                       | journal: \"\" (expected: a path in visible characters)",
        "journal = '.'                      | journal: \".\" (expected: a file, not a folder)",
        "journal = 'a/'                     | journal: \"a/\" (expected: a path",
        "journal = 'a b'                    | journal: \"a b\" (expected: a path",
        "journal = { path = 5 }             | journal.path: 5 (expected: a path",
        "journal = { path = {} }            | journal.path: a table (expected: a path",
        "candidate = true                   | candidate: true (expected: a path",
        "journal = { hosts = 0 }            | journal.hosts: 0 (expected: a whole number of hosts",
        "journal = { every = 0 }            | journal.every: 0 (expected: a number of seconds",
        "journal = { file = 'x' }           | journal.file: \"x\" (expected: one of path, hosts, every",
        "reload = true                      | reload: true (expected: a table)",
        "reload = { max_moves = 101 }       | reload.max_moves: 101 (expected: a percentage",
        "reload = { max_moves = -1 }        | reload.max_moves: -1 (expected: a percentage",
        "reload = { max_moves = '30' }      | reload.max_moves: \"30\" (expected: a percentage",
        "reload = { max_moves = 0/0 }       | reload.max_moves: nan (expected: a percentage",
        "reload = { run_tests = 1 }         | reload.run_tests: 1 (expected: true or false)",
        "reload = { force = true }          | reload.force: true (expected: the text that",
        "reload = { max_move = 1 }          | did you mean max_moves?",
        "candidate = {}                     | candidate.file: not set (expected: a path",
        "candidate = { file = 'x', share = 0 } | candidate.share: 0 (expected: a number above 0",
        "candidate = { file = 'x', share = 2 } | candidate.share: 2 (expected: a number above 0",
        "candidates = 'x'                   | did you mean candidate?",
      })
  void refusesWhatItCannotMean(String lua, String problem) {
    List<String> problems = ConfigFile.in(directory, lua + REST).problems();
    assertEquals(1, problems.size(), problems::toString);
    assertTrue(problems.get(0).contains(problem), problems::toString);
  }

  private Safeguards load(String lua) throws ConfigException {
    return ConfigFile.in(directory, lua + REST).load().safeguards();
  }
}
