// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.ConfigException;
import dev.rsp.daemon.Daemon;
import dev.rsp.daemon.Signals;
import dev.rsp.net.Transport;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code rsp run}: serves until the process is stopped. */
@Command(
    name = "run",
    description = "Runs the proxy with a configuration file.",
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  private final Supplier<Signals> signals;

  @CommandLine.ParentCommand private @Nullable ParentOptions before;
  @CommandLine.Mixin private TransportOption transport = new TransportOption();

  @Parameters(paramLabel = "FILE", description = "The configuration, by convention backends.lua.")
  private @Nullable Path file;

  RunCommand(Supplier<Signals> signals) {
    this.signals = signals;
  }

  @Override
  public Integer call() {
    return file == null ? 1 : serve(signals, file, transport.name(before), () -> {});
  }

  /** The same as the command without options; a defect is reported. */
  static int serve(Supplier<Signals> signals, Path file) {
    try {
      return serve(signals, file, new TransportOption().name(), () -> {});
    } catch (RuntimeException e) {
      return Defect.report(e);
    }
  }

  /**
   * Serves until the process is stopped. If it cannot start, prints why on standard error.
   *
   * @param signals deliver HUP, USR1, TERM and INT to the daemon
   * @param started runs after the ready line is logged
   * @return the exit code
   */
  static int serve(Supplier<Signals> signals, Path file, String transportName, Runnable started) {
    if (FileCommand.isStdin(file)) {
      System.err.println(
          "-: a configuration that is read again at each HUP cannot come from standard input");
      return 1;
    }
    try {
      Daemon daemon = new Daemon(file, Transport.of(transportName));
      // Before the ready line: a program that reads it may send a signal at once.
      daemon.start(() -> signals.get().deliverTo(daemon::reload, daemon::stop, daemon::logUse));
      started.run();
      daemon.awaitStop();
      return 0;
    } catch (ConfigException e) {
      return ConfigProblems.printAsOriginal(e);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }
}
