// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.daemon.Signals;
import dev.rsp.documents.Document;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** Each command of rsp in the running text of a document exists, with its options. */
@Timeout(60)
final class DocumentedCommandsTest {
  private static final Pattern COMMAND = Pattern.compile("`rsp ([^`\n]+)`");

  /** The first word of what is no command: lines of the log, any command of a shell, a typo. */
  private static final Set<String> OTHER = Set.of("cannot", "could", "&", "chekc");

  private static Signals none() {
    throw new AssertionError("nothing is run");
  }

  @Test
  void everyCommandInTheTextExistsWithItsOptions() throws IOException {
    CommandLine rsp = Main.commandLine(DocumentedCommandsTest::none);
    Set<String> wrong = new TreeSet<>();
    int commands = 0;
    for (Path file : Document.all()) {
      List<MatchResult> found = COMMAND.matcher(Files.readString(file)).results().toList();
      commands += found.size();
      for (MatchResult command : found) {
        if (!exists(rsp, command.group(1))) {
          wrong.add(file + ": " + command.group());
        }
      }
    }
    assertEquals(Set.of(), wrong);
    assertTrue(commands > 50, "only " + commands);
  }

  @Test
  void aCommandOrAnOptionThatDoesNotExistIsFound() {
    CommandLine rsp = Main.commandLine(DocumentedCommandsTest::none);
    assertTrue(exists(rsp, "plan OLD NEW --max-moves 30"));
    assertTrue(exists(rsp, "slot NAME drain\\|down"));
    assertTrue(exists(rsp, "backends.lua"));
    assertFalse(exists(rsp, "plna OLD NEW"));
    assertFalse(exists(rsp, "plan OLD NEW --most-moves 30"));
  }

  private static boolean exists(CommandLine rsp, String text) {
    String[] words = text.split("[ ,;=]+", -1);
    CommandLine command = rsp;
    if (!words[0].startsWith("-")) {
      command = rsp.getSubcommands().get(words[0]);
      // A file alone, as the original rsp is called.
      if (command == null) {
        return words[0].endsWith(".lua") || words[0].matches("[A-Z…]+") || OTHER.contains(words[0]);
      }
    }
    Set<String> options = command.getCommandSpec().optionsMap().keySet();
    for (String word : words) {
      if (word.startsWith("--") && !options.contains(word)) {
        return false;
      }
    }
    return true;
  }
}
