// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code rsp completion}: prints what makes a shell complete the commands and options. */
@Command(
    name = "completion",
    description = {
      "Prints a script for bash and zsh that completes commands and options. For bash:",
      "  rsp completion > /etc/bash_completion.d/rsp",
      "For zsh, in ~/.zshrc: source <(rsp completion)"
    },
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  @Override
  public Integer call() {
    CommandLine root = Objects.requireNonNull(spec, "set by picocli").root().commandLine();
    System.out.print(AutoComplete.bash("rsp", root));
    System.out.flush();
    return 0;
  }
}
