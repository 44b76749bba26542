// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.daemon.Signals;
import dev.rsp.log.IoReason;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * {@code rsp prepare}: makes the archive of classes with which rsp starts faster. The launcher runs
 * it with the flags with which Java writes the archive when the process ends; here rsp does once
 * what it will do later, so that Java knows which classes belong into the archive.
 */
@Command(
    name = "prepare",
    description = {
      "Makes rsp start faster with this Java: writes an archive of loaded classes beside rsp.",
      "Run it after the installation, and again after each update of Java or rsp. Without a",
      "fitting archive rsp works as well, and starts more slowly."
    },
    mixinStandardHelpOptions = true)
final class PrepareCommand implements Callable<Integer> {
  private final Supplier<Signals> signals;

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  PrepareCommand(Supplier<Signals> signals) {
    this.signals = signals;
  }

  @Override
  public Integer call() {
    CommandLine root = Objects.requireNonNull(spec, "set by picocli").root().commandLine();
    try {
      TrainingRun.run(root::execute, file -> RunCommand.serve(signals, file));
      return 0;
    } catch (IOException e) {
      return FileCommand.failed("rsp prepare: " + IoReason.of(e));
    }
  }
}
