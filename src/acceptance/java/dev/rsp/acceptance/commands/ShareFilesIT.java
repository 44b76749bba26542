// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.commands;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The manual pages and completions in the packaged tree, read by the programs that they are for.
 */
@Timeout(120)
final class ShareFilesIT {
  private static final Path SHARE = Path.of(System.getProperty("rsp.home"), "share");

  /** Types {@code rsp re} and TAB into an interactive zsh, and prints what the line becomes. */
  private static final String TYPIST =
      """
      zmodload zsh/zpty
      zpty -b z "ZDOTDIR=$1 zsh -i"
      zpty -w z 'PS1=READY; autoload -U compinit; compinit -u -D'
      typed= ; all=
      for i in {1..300}; do
        while zpty -rt z out; do all+=$out; done
        if [[ -z $typed && $all == *READY*READY* ]]; then
          zpty -wn z $'rsp re\\t'; typed=1; all=
        fi
        [[ $typed && ${all//[^a-z ]/} == *'rsp reload'* ]] && { print completed; exit 0 }
        sleep 0.1
      done
      print -r -- "not completed: $all"
      exit 1
      """;

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"man1/rsp.1", "man5/backends.lua.5"})
  void mandocHasNothingToSayOfAPage(String page) {
    Program lint = Program.run("mandoc", "-Tlint", "-Wwarning", manual(page));
    assertEquals("", lint.out() + lint.err());
    assertEquals(0, lint.awaitExit());
  }

  @Test
  void manShowsTheCommandsWithTheirOptions() {
    String page = read("man1/rsp.1");
    assertTrue(page.contains("rsp - reverse proxy that keeps every hostname on its own"), page);
    assertTrue(page.contains("--max-moves=PERCENT"), page);
    assertTrue(page.contains("EXIT STATUS"), page);
    assertTrue(page.contains("RSP_JAVA_OPTS"), page);
  }

  @Test
  void manShowsTheKeysWithTheirDefaults() {
    String page = read("man5/backends.lua.5");
    assertTrue(page.contains("timeouts.connect = 0.001 to 86400 seconds"), page);
    assertTrue(page.contains("Default: 3."), page);
  }

  private static String read(String page) {
    Program man =
        Program.start(
            List.of("man", "-l", "--warnings", manual(page)),
            Map.of("MANWIDTH", "100", "LC_ALL", "C.UTF-8", "MANPAGER", "cat"));
    assertEquals(0, man.awaitExit(), man::toString);
    assertEquals("", man.err());
    return man.out();
  }

  private static String manual(String page) {
    return SHARE.resolve("man").resolve(page).toString();
  }

  @Test
  void bashCompletesCommandsAndOptions() {
    String script =
        """
        source "$0"
        complete -p rsp
        words() {
          COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMPREPLY=()
          _complete_rsp rsp "${!#}" "${@: -2:1}" 2> /dev/null; echo "${COMPREPLY[@]}"
        }
        words rsp re
        words rsp plan --max
        words rsp completion f
        """;
    Program bash = Program.run("bash", "--norc", "-c", script, completion("rsp.bash"));
    assertEquals(
        "complete -o default -F _complete_rsp rsp\nreload\n--max-moves\nfish\n", bash.out());
  }

  @Test
  void zshCompletesCommands() throws IOException {
    String path = "fpath=(" + SHARE.resolve("completions") + " $fpath)\n";
    Files.writeString(directory.resolve(".zshrc"), path);
    Program zsh = Program.run("zsh", "-f", "-c", TYPIST, "zsh", directory.toString());
    assertEquals("completed\n", zsh.out(), zsh::toString);
  }

  @Test
  void zshTakesTheScriptWithSourceToo() {
    String script = "autoload -U compinit; compinit -u -D; source $1; print $_comps[rsp]";
    Program zsh = Program.run("zsh", "-f", "-c", script, "zsh", completion("_rsp"));
    assertEquals("_rsp\n", zsh.out(), zsh::toString);
  }

  @Test
  void fishCompletesCommandsOptionsAndKeys() {
    // In an empty directory: the name of a file may be there too.
    String script =
        "cd %s; source %s; complete -C 'rsp re'; complete -C 'rsp plan --m'; complete -C 'rsp help timeouts.connect_'"
            .formatted(directory, completion("rsp.fish"));
    Program fish =
        Program.start(
            List.of("fish", "--no-config", "-c", script), Map.of("HOME", directory.toString()));
    assertEquals(0, fish.awaitExit(), fish::toString);
    List<String> words = fish.out().lines().map(line -> line.split("\t", 2)[0]).toList();
    assertEquals(List.of("reload", "--max-moves", "timeouts.connect_retry"), words);
  }

  private static String completion(String file) {
    return SHARE.resolve("completions").resolve(file).toString();
  }
}
