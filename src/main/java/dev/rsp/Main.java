// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.ListenCheck;
import dev.rsp.proxy.BindCheck;
import dev.rsp.proxy.Transport;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line. */
@Command(
    name = "rsp",
    description = "A reverse proxy that keeps every hostname on its own backend.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    subcommands = {
      Main.Run.class,
      Main.Check.class,
      ExplainCommand.class,
      PlanCommand.class,
      TestCommand.class,
      Main.DemoCommand.class
    },
    exitCodeOnInvalidInput = 1,
    sortOptions = false)
public final class Main implements Callable<Integer> {
  /** As the original's; its users' scripts may look for it. */
  private static final String USAGE = "Usage: rsp <config_file>";

  /** Under "Usage: ". */
  private static final int SYNOPSIS_INDENT = 7;

  @Parameters(arity = "0..1", paramLabel = "FILE", description = "Serves, as \"run FILE\" does.")
  private @Nullable Path file;

  @CommandLine.Mixin private TransportOption transport = new TransportOption();

  private final Signals signals;

  private Main(Signals signals) {
    this.signals = signals;
  }

  /** Runs a command; see {@code rsp --help}. Exits with 0, or with 1 and a line that says why. */
  public static void main(String[] arguments) {
    Signals signals = Signals.hold();
    CommandLine commandLine = new CommandLine(new Main(signals), new Commands(signals));
    commandLine.registerConverter(double.class, Main::number);
    commandLine.registerConverter(int.class, Main::wholeNumber);
    commandLine.registerConverter(Path.class, Main::path);
    commandLine.setParameterExceptionHandler(
        (e, args) -> {
          CommandLine refused = e.getCommandLine();
          boolean root = refused.getParent() == null;
          System.err.println(root && isTypo(args) ? noCommand(refused, args[0]) : e.getMessage());
          System.err.println(
              root ? USAGE : "Usage: " + refused.getHelp().synopsis(SYNOPSIS_INDENT).strip());
          System.err.println(
              "       " + refused.getCommandSpec().qualifiedName() + " --help says more.");
          return 1;
        });
    System.exit(commandLine.execute(arguments));
  }

  /** Whether the first of several words was meant as a command: it could be no file of ours. */
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

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw new CommandLine.TypeConversionException("'" + text + "' is not a number");
    }
  }

  private static int wholeNumber(String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new CommandLine.TypeConversionException("'" + text + "' is not a whole number");
    }
  }

  private static Path path(String text) {
    try {
      if (!text.isEmpty()) {
        return Path.of(text);
      }
    } catch (InvalidPathException e) {
      // It is told as the empty one is.
    }
    throw new CommandLine.TypeConversionException("'" + text + "' is not a file name");
  }

  @Override
  public Integer call() {
    if (file == null) {
      System.err.println(USAGE);
      System.err.println("       rsp --help says more.");
      return 1;
    }
    return serve(signals, file, transport.name());
  }

  /** Serves until it is told to stop. */
  static int serve(Signals signals, Path file, String transportName) {
    return serve(signals, file, transportName, () -> {});
  }

  /** Serves until it is told to stop, and says something when it has started. */
  static int serve(Signals signals, Path file, String transportName, Runnable started) {
    try {
      Daemon daemon = new Daemon(file, Transport.of(transportName));
      // Who reads the ready line may send a signal at once.
      daemon.start(() -> signals.deliverTo(daemon::reload, daemon::stop, daemon::logUse));
      started.run();
      daemon.awaitStop();
      return 0;
    } catch (ConfigException e) {
      return report(e);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      return 1;
    }
  }

  /** Says what is wrong with a file, in the original's words where it had some. */
  static int report(ConfigException e) {
    switch (e.kind()) {
      case CANNOT_RUN -> System.err.println("Error parsing config file: " + e.getMessage());
      case MUST_BE_A_STRING -> System.err.print(e.getMessage());
      case WRONG_VALUES -> e.problems().forEach(System.err::println);
    }
    System.err.flush();
    return 1;
  }

  /** Serves by a file. */
  @Command(
      name = "run",
      description = "Serves by a configuration file.",
      mixinStandardHelpOptions = true)
  static final class Run implements Callable<Integer> {
    private final Signals signals;

    @CommandLine.ParentCommand private @Nullable Main main;
    @CommandLine.Mixin private TransportOption transport = new TransportOption();

    @Parameters(paramLabel = "FILE", description = "The configuration, by convention backends.lua.")
    private @Nullable Path file;

    Run(Signals signals) {
      this.signals = signals;
    }

    @Override
    public Integer call() {
      return file == null
          ? 1
          : serve(signals, file, transport.name(main == null ? null : main.transport));
    }
  }

  /** Checks a file. */
  @Command(
      name = "check",
      description = "Checks a configuration file: 0, or 1 with every problem and its line.",
      mixinStandardHelpOptions = true)
  static final class Check implements Callable<Integer> {
    @Option(
        names = "--bind",
        description = "Binds each address to listen on as well: for a file that no rsp runs by.")
    private boolean bind;

    @Parameters(paramLabel = "FILE", description = "The configuration to check.")
    private @Nullable Path file;

    @Override
    public Integer call() {
      if (file == null) {
        return 1;
      }
      try {
        Config config = ConfigLoader.load(file, bind ? new BindCheck() : ListenCheck.NONE);
        System.out.printf(
            "%s: ok, %d backend(s), %s%n",
            file,
            config.slots().size(),
            config.hasSelect() ? "chosen by its select" : "chosen by hash.python of the host");
        config
            .choosing()
            .probe()
            .warnings()
            .forEach(line -> System.out.println("warning: " + line));
        return 0;
      } catch (ConfigException e) {
        return report(e);
      }
    }
  }

  /** Shows what it does. */
  @Command(
      name = "demo",
      description = "Starts three small backends and the proxy in front of them, on loopback.",
      mixinStandardHelpOptions = true)
  static final class DemoCommand implements Callable<Integer> {
    private final Signals signals;

    @CommandLine.ParentCommand private @Nullable Main main;
    @CommandLine.Mixin private TransportOption transport = new TransportOption();

    @Option(
        names = "--port",
        paramLabel = "PORT",
        defaultValue = "8080",
        description = "Where the proxy listens on 127.0.0.1; 0 for any free port.")
    private int port;

    @Option(
        names = "--directory",
        paramLabel = "DIR",
        description = "Where the configuration is written; a new temporary one by default.")
    private @Nullable Path directory;

    DemoCommand(Signals signals) {
      this.signals = signals;
    }

    @Override
    public Integer call() {
      try (Demo demo = Demo.start(directory, port)) {
        return demo.serve(signals, transport.name(main == null ? null : main.transport));
      } catch (IOException e) {
        System.err.println("rsp demo: " + e.getMessage());
        return 1;
      }
    }
  }

  /** The version in the jar's manifest. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Main.class.getPackage().getImplementationVersion();
      return new String[] {"rsp " + (version == null ? "(not packaged)" : version)};
    }
  }

  /** Makes the commands that act on signals with the ones that were held since the start. */
  private record Commands(Signals signals) implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (type == Run.class) {
        return type.cast(new Run(signals));
      }
      if (type == DemoCommand.class) {
        return type.cast(new DemoCommand(signals));
      }
      return CommandLine.defaultFactory().create(type);
    }
  }
}
