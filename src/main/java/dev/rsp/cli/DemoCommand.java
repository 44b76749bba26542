// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.daemon.Signals;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code rsp demo}: shows rsp with its own demo backends. */
@Command(
    name = "demo",
    description = "Starts three small backends and a proxy for them, on loopback.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  private static final int MAX_PORT = 65_535;

  private final Supplier<Signals> signals;

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;
  @CommandLine.ParentCommand private @Nullable ParentOptions before;
  @CommandLine.Mixin private TransportOption transport = new TransportOption();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8080",
      description = "The port of the proxy on 127.0.0.1; 0 for any free port.")
  private int port;

  @Option(
      names = "--directory",
      paramLabel = "DIR",
      description = "The directory for the configuration; by default a new temporary one.")
  private @Nullable Path directory;

  DemoCommand(Supplier<Signals> signals) {
    this.signals = signals;
  }

  @Override
  public Integer call() {
    if (port < 0 || port > MAX_PORT) {
      throw new ParameterException(
          Objects.requireNonNull(spec, "set by picocli").commandLine(),
          "--port: " + port + " (expected: a port from 0 to " + MAX_PORT + ")");
    }
    try (Demo demo = Demo.start(directory, port)) {
      return demo.serve(signals, transport.name(before));
    } catch (IOException e) {
      System.err.println("rsp demo: " + e.getMessage());
      return 1;
    }
  }
}
