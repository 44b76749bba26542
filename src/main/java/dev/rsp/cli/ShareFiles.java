// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.manual.CommandPage;
import dev.rsp.manual.Completion;
import dev.rsp.manual.FilePage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Writes the manual pages and the completions that ship, when the program is packaged. The same
 * arguments give the same bytes.
 */
public final class ShareFiles {
  private ShareFiles() {}

  /**
   * Writes them below {@code man} and {@code completions}.
   *
   * @param arguments a directory, the version, and the time of the build in ISO 8601
   * @throws IOException if a file cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    write(Path.of(arguments[0]), arguments[1], arguments[2].substring(0, "2026-11-27".length()));
  }

  static void write(Path share, String version, String date) throws IOException {
    CommandSpec root =
        Main.commandLine(
                () -> {
                  throw new IllegalStateException("nothing serves here");
                })
            .getCommandSpec();
    file(share.resolve("man/man1/rsp.1"), CommandPage.of(root, version, date));
    file(share.resolve("man/man5/backends.lua.5"), FilePage.of(version, date));
    for (Completion shell : Completion.values()) {
      file(share.resolve("completions").resolve(shell.file()), shell.script(root));
    }
  }

  private static void file(Path file, String text) throws IOException {
    Path folder = file.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    Files.writeString(file, text);
  }
}
