// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.sites;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A HUP that would move too many hosts, or breaks a test, is refused. */
@Timeout(300)
final class ReloadGuardIT {
  private static final int HOSTS = 60;

  @TempDir private Path directory;

  @Test
  void aReloadThatMovesTooMuchIsRefusedUntilItIsForced() throws IOException {
    try (RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two");
        Rsp rsp = Rsp.serving(directory, lua(one, two, "reload = { max_moves = 30 }"))) {
      String[] before = answers(rsp);
      // Swaps the two: every host would move.
      String exchanged = lua(two, one, "reload = { max_moves = 100 }").replace("'one'", "'x'");
      exchanged = exchanged.replace("'two'", "'one'").replace("'x'", "'two'");
      Rsp.write(rsp.file(), exchanged);
      rsp.reloadRefused();
      Matcher refusal =
          Pattern.compile(
                  "it would move 60 of 60 hosts \\(100\\.0 %\\) with 100\\.0 % of the requests: "
                      + "\\w+ -> \\w+ \\d+, \\w+ -> \\w+ \\d+; the running configuration's"
                      + " reload\\.max_moves is 30\\. .*(reload = \\{ force = \"[^\"]+\" })")
              .matcher(rsp.log());
      assertTrue(refusal.find(), rsp::log);
      assertEquals(String.join(" ", before), String.join(" ", answers(rsp)));

      rsp.reconfigure(exchanged.replace("reload = { max_moves = 100 }", refusal.group(1)));
      assertTrue(rsp.log().contains("reload forced by reload.force"), rsp::log);
      String[] after = answers(rsp);
      for (int i = 0; i < HOSTS; i++) {
        assertFalse(before[i].equals(after[i]), before[i]);
      }
    }
  }

  @Test
  void aReloadThatMovesLittlePasses() throws IOException {
    try (RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two");
        Rsp rsp = Rsp.serving(directory, lua(one, two, "reload = { max_moves = 0 }"))) {
      answers(rsp);
      rsp.reconfigure(lua(one, two, "reload = { max_moves = 0 }\ntimeouts = { idle = 7 }"));
      // A host that was never requested does not count as moved.
      assertEquals(0, rsp.count("not reloaded"), rsp::log);
    }
  }

  @Test
  void aReloadThatMayMoveHostsIsRefusedWhileTheJournalCannotBeRead() throws IOException {
    Path journal = directory.resolve("hosts.journal");
    Files.writeString(journal, "this is another program's file\n");
    String guard = "journal = 'hosts.journal'\nreload = { max_moves = 30 }\n";
    try (RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two");
        Rsp rsp = Rsp.serving(directory, lua(one, two, guard))) {
      answers(rsp); // these are in memory, but may be only a small part of all hosts
      String fewer = lua(one, two, guard).replaceFirst("  \\{ name = 'two'.*\n", "");
      Rsp.write(rsp.file(), fewer);
      rsp.reloadRefused();
      assertTrue(
          rsp.log()
              .contains(
                  "backends.lua: this may move hosts. rsp cannot count them, because the journal"
                      + " cannot be read: "
                      + journal
                      + ": it is not a journal; the running configuration's reload.max_moves is 30. "),
          rsp::log);
      rsp.reconfigure(lua(one, two, guard + "timeouts = { idle = 7 }\n"));
      Rsp.write(rsp.file(), fewer);
      rsp.reloadRefused();
      // After the repair, the guard knows how many hosts move.
      Files.delete(journal);
      Files.writeString(
          journal,
          IntStream.range(0, HOSTS)
              .mapToObj(i -> "other" + i + ".example 9 29000000 one\n")
              .collect(
                  Collectors.joining("", "# rsp journal 1: host requests last-minute slot\n", "")));
      rsp.reloadRefused();
      assertTrue(
          Pattern.compile("it would move \\d+ of 120 hosts").matcher(rsp.log()).find(), rsp::log);
    }
  }

  @Test
  void aReloadThatMayMoveHostsIsRefusedUntilItIsForcedIfNoneIsKnown() throws IOException {
    String guard = "journal = 'hosts.journal'\nreload = { max_moves = 30 }\n";
    try (RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two");
        Rsp rsp = Rsp.serving(directory, lua(one, two, guard))) {
      rsp.reconfigure(lua(one, two, guard + "timeouts = { idle = 7 }\n"));
      String exchanged = lua(one, two, guard).replace("'one'", "'three'");
      Rsp.write(rsp.file(), exchanged);
      rsp.reloadRefused();
      Matcher refusal =
          Pattern.compile(
                  "this may move hosts. rsp cannot count them, because it has served no host"
                      + " yet; .*reload = \\{ (force = \"[^\"]+\") }")
              .matcher(rsp.log());
      assertTrue(refusal.find(), rsp::log);
      rsp.reconfigure(exchanged.replace("max_moves = 30", "max_moves = 30, " + refusal.group(1)));
      assertTrue(
          rsp.log().contains(": rsp could not count the hosts, because it has served"), rsp::log);
    }
  }

  @Test
  void aReloadThatBreaksATestIsRefused() throws IOException {
    String test = "test('stays', function() expect('a.example', '%s') end)\n";
    try (RawBackend one = RawBackend.named("one");
        Rsp rsp =
            Rsp.serving(
                directory,
                lua(one, one, "reload = { run_tests = true }\n" + test.formatted("x")))) {
      Rsp.write(rsp.file(), lua(one, one, test.formatted("nowhere")));
      rsp.reloadRefused();
      assertTrue(
          Pattern.compile(
                  "backends\\.lua:\\d+: a\\.example goes to (one|two) \\(expected: nowhere\\)")
              .matcher(rsp.log())
              .find(),
          rsp::log);
      assertEquals(200, rsp.get("a.example", "/").status());
      rsp.reconfigure(
          lua(one, one, "test('same', function() expect_same('a.example', 'A.EXAMPLE') end)\n"));
    }
  }

  private static String lua(RawBackend one, RawBackend two, String more) {
    return "listen = '127.0.0.1:0'\nbackends = {\n  { name = 'one', address = '%s' },\n"
            .formatted(one.address())
        + "  { name = 'two', address = '%s' },\n}\n".formatted(two.address())
        + more
        + "\n";
  }

  /** Which backend each host gets. */
  private static String[] answers(Rsp rsp) throws IOException {
    String[] answers = new String[HOSTS];
    try (RawClient client = rsp.connect()) {
      for (int i = 0; i < HOSTS; i++) {
        Answer answer = client.get("site" + i + ".example", "/");
        assertEquals(200, answer.status());
        answers[i] = answer.body().substring(0, 3);
      }
    }
    return answers;
  }
}
