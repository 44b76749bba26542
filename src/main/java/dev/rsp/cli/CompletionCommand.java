// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.manual.Completion;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code rsp completion}: prints what makes a shell complete the commands and options. */
@Command(
    name = "completion",
    description = {
      "Prints a script that makes a shell complete commands and options.",
      "The package installs all three. By hand:",
      "  rsp completion bash > /etc/bash_completion.d/rsp",
      "  rsp completion zsh > /usr/local/share/zsh/site-functions/_rsp",
      "  rsp completion fish > ~/.config/fish/completions/rsp.fish"
    },
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Callable<Integer> {
  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  @Parameters(
      arity = "0..1",
      paramLabel = "SHELL",
      defaultValue = "bash",
      description = "${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} by default.")
  private Completion shell = Completion.BASH;

  @Override
  public Integer call() {
    System.out.print(shell.script(Objects.requireNonNull(spec, "set by picocli").root()));
    System.out.flush();
    return 0;
  }
}
