// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A HUP that would move too much, or breaks a test, is refused. */
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
      // Exchanges the two: every host would move.
      String exchanged = lua(two, one, "reload = { max_moves = 100 }").replace("'one'", "'x'");
      exchanged = exchanged.replace("'two'", "'one'").replace("'x'", "'two'");
      Rsp.write(rsp.file(), exchanged);
      rsp.reloadInVain();
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
      // A host that nobody has asked for is nobody's to move.
      assertEquals(0, rsp.count("not reloaded"), rsp::log);
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
      rsp.reloadInVain();
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
