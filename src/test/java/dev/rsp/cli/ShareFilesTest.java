// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.KeyEntry;
import dev.rsp.config.KeyReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The manual pages and completions have all that the program has. */
@Timeout(60)
final class ShareFilesTest {
  @TempDir private static Path share;

  @BeforeAll
  static void write() throws IOException {
    ShareFiles.main(new String[] {share.toString(), "1.0", "2026-11-27T00:00:00Z"});
  }

  static Set<String> commands() {
    return root().getSubcommands().keySet();
  }

  private static CommandLine root() {
    return Main.commandLine(
        () -> {
          throw new AssertionError("nothing serves here");
        });
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandIsInThePageAndInTheCompletionOfEachShell(String command) throws IOException {
    CommandSpec spec =
        Objects.requireNonNull(root().getSubcommands().get(command)).getCommandSpec();
    assertTrue(read("man/man1/rsp.1").contains("\n.SS \"rsp " + command + " ["), command);
    assertTrue(read("completions/rsp.bash").matches("(?s).*[ \"]" + command + "[ \"].*"), command);
    assertTrue(read("completions/_rsp").contains("\n    '" + command + ":"), command);
    assertTrue(read("completions/rsp.fish").contains(" -a " + command + " "), command);
    for (OptionSpec option : spec.options()) {
      String name = option.longestName();
      assertTrue(read("man/man1/rsp.1").contains(name.replace("-", "\\-")), name);
      assertTrue(read("completions/rsp.bash").contains("'" + name + "'"), name);
      assertTrue(read("completions/_rsp").contains("'" + name), name);
      assertTrue(read("completions/rsp.fish").contains(" -l " + name.substring(2)), name);
    }
  }

  @Test
  void everyKeyIsInThePageOfTheFileWithItsDefault() throws IOException {
    String page = read("man/man5/backends.lua.5").replace("\\-", "-").replace("\\(aq", "'");
    int at = 0;
    for (KeyEntry key : KeyReference.entries()) {
      at = page.indexOf("\n.TP\n\\fB" + key.path() + "\\fR = ", at);
      assertTrue(at >= 0, key.path());
      assertTrue(page.indexOf("\n.IP\nDefault: ", at) > at, key.path());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"Exit status", "Signals", "Environment", "Files", "Reload"})
  void thePagesSayWhatAnOperatorLooksFor(String section) throws IOException {
    String both = read("man/man1/rsp.1") + read("man/man5/backends.lua.5");
    assertTrue(
        both.toLowerCase(Locale.ROOT)
            .contains(".sh \"" + section.toLowerCase(Locale.ROOT) + "\"\n"),
        section);
  }

  @Test
  void theSameArgumentsGiveTheSameBytes(@TempDir Path again) throws IOException {
    ShareFiles.write(again, "1.0", "2026-11-27");
    for (String file :
        Set.of(
            "man/man1/rsp.1",
            "man/man5/backends.lua.5",
            "completions/rsp.bash",
            "completions/_rsp",
            "completions/rsp.fish")) {
      assertEquals(Files.readString(again.resolve(file)), read(file), file);
    }
  }

  private static String read(String file) throws IOException {
    return Files.readString(share.resolve(file));
  }
}
