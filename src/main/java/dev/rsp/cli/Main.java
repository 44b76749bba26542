// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.daemon.BuildInfo;
import dev.rsp.daemon.Signals;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The program {@code rsp}: its commands, and the form without a command, which runs the proxy. */
@Command(
    name = "rsp",
    description = "A reverse proxy that keeps every hostname on its own backend.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      ExplainCommand.class,
      PlanCommand.class,
      TestCommand.class,
      DemoCommand.class
    },
    exitCodeOnInvalidInput = 1,
    sortOptions = false)
public final class Main implements Callable<Integer>, ParentOptions {
  /** The same text as the original program's, because scripts of its users may look for it. */
  private static final String USAGE = "Usage: rsp <config_file>";

  /** The length of "Usage: ". */
  private static final int SYNOPSIS_INDENT = 7;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "Runs the proxy, as \"run FILE\" does.")
  private @Nullable Path file;

  @CommandLine.Mixin private TransportOption transport = new TransportOption();

  private final Supplier<Signals> signals;

  private Main(Supplier<Signals> signals) {
    this.signals = signals;
  }

  /**
   * Runs a command, and ends the process with its exit code.
   *
   * @param arguments see {@code rsp --help}; if they are wrong, the exit code is 1 and standard
   *     error says why
   */
  public static void main(String[] arguments) {
    Signals signals = Signals.hold();
    System.exit(commandLine(() -> signals).execute(arguments));
  }

  /**
   * The commands.
   *
   * @param signals asked for by the commands that serve
   */
  static CommandLine commandLine(Supplier<Signals> signals) {
    CommandLine commandLine = new CommandLine(new Main(signals), new Commands(signals));
    Converters.addTo(commandLine);
    commandLine.setParameterExceptionHandler(Main::refuse);
    commandLine.setExecutionExceptionHandler((e, command, parsed) -> Defect.report(e));
    return commandLine;
  }

  /** Prints what is wrong with the arguments, and the usage; returns the exit code. */
  private static int refuse(CommandLine.ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    boolean root = command.getParent() == null;
    System.err.println(
        root && isTypo(arguments) ? noCommand(command, arguments[0]) : e.getMessage());
    System.err.println(
        root ? USAGE : "Usage: " + command.getHelp().synopsis(SYNOPSIS_INDENT).strip());
    System.err.println("       See " + command.getCommandSpec().qualifiedName() + " --help.");
    return 1;
  }

  /** Whether the first of several arguments is probably a mistyped command, and not a file. */
  private static boolean isTypo(String[] arguments) {
    return arguments.length > 1
        && arguments[0].matches("[a-z]+")
        && !Path.of(arguments[0]).toFile().exists();
  }

  private static String noCommand(CommandLine root, String word) {
    return word
        + ": no command (expected: one of "
        + String.join(", ", root.getSubcommands().keySet())
        + ")";
  }

  @Override
  public Integer call() {
    if (file == null) {
      System.err.println(USAGE);
      System.err.println("       See rsp --help.");
      return 1;
    }
    return RunCommand.serve(signals.get(), file, transport.name(), () -> {});
  }

  @Override
  public String transportName() {
    return transport.name();
  }

  /** The version, the commit and the Java. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {BuildInfo.text()};
    }
  }

  /** Creates commands. Those that serve receive the signals that were kept since the start. */
  private record Commands(Supplier<Signals> signals) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (type == RunCommand.class) {
        return type.cast(new RunCommand(signals));
      }
      if (type == DemoCommand.class) {
        return type.cast(new DemoCommand(signals));
      }
      return CommandLine.defaultFactory().create(type);
    }
  }
}
