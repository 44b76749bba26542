// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.NearestKey;
import dev.rsp.daemon.BuildInfo;
import dev.rsp.daemon.Signals;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Set;
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
      ReloadCommand.class,
      StatusCommand.class,
      TopCommand.class,
      SlotCommand.class,
      UsageCommand.class,
      CertsCommand.class,
      DemoCommand.class,
      HelpCommand.class,
      PrepareCommand.class,
      CompletionCommand.class
    },
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:done; a daemon was stopped by TERM, INT or QUIT",
      "1:it could not start, or the answer is no: the file is wrong, a test failed, a reload was"
          + " refused",
      "2:the command line is wrong; of plan, more hosts would move than allowed",
      "3:the heap is exhausted",
      "70:a defect of rsp, of which it says more"
    },
    footer = {
      "Signals:",
      "  HUP             reads the file again; rsp reload does it and says how it went",
      "  USR1            opens the access log again, and logs how requests ended",
      "  TERM, INT, QUIT  stops after the requests in flight; a second one at once",
      "Environment:",
      "  RSP_LOG_LEVEL   the least level in the log: debug, info, warn, error",
      "  RSP_TRANSPORT   the default of --transport",
      "  RSP_JAVA_OPTS   more flags for Java, such as -Xmx1g",
      "  JAVA_HOME       the Java to run on; by default the one in PATH"
    },
    sortOptions = false)
public final class Main implements Callable<Integer>, ParentOptions {
  /** The same text as the original program's, because scripts of its users may look for it. */
  private static final String USAGE = "Usage: rsp <config_file>";

  /** The exit code for a wrong command line, as of most programs. */
  private static final int WRONG_USAGE = 2;

  /** The original program's exit code if it got no file, or more than one. */
  private static final int ORIGINAL_USAGE = 1;

  /** The length of "Usage: ". */
  private static final int SYNOPSIS_INDENT = 7;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "Runs the proxy, as \"run FILE\" does.")
  private @Nullable Path file;

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  @CommandLine.Mixin private TransportOption transport = new TransportOption();

  private final Supplier<Signals> signals;

  private Main(Supplier<Signals> signals) {
    this.signals = signals;
  }

  /**
   * Runs a command, and ends the process with its exit code.
   *
   * @param arguments see {@code rsp --help}; if they are wrong, the exit code is 2 and standard
   *     error says why; 1 in the form of the original program
   */
  public static void main(String[] arguments) {
    Path file = onlyFile(arguments);
    Preload preload = file == null ? null : Preload.begin();
    Signals signals = Signals.hold();
    if (preload != null) {
      preload.awaitLog();
    }
    System.exit(
        file == null
            ? commandLine(() -> signals).execute(arguments)
            : RunCommand.serve(() -> signals, file));
  }

  /**
   * The file of "run FILE" and of "FILE" without options, the forms in which service managers start
   * rsp; null for all else. They need no picocli, whose own start takes as long as that of the
   * proxy. A file without a command is one that exists, with a slash, which no command has.
   */
  static @Nullable Path onlyFile(String... arguments) {
    boolean alone = arguments.length == 1 && arguments[0].indexOf('/') >= 0;
    boolean isRun = arguments.length == 2 && arguments[0].equals("run");
    String last = alone || isRun ? arguments[arguments.length - 1] : "-";
    if (last.startsWith("-")) {
      return null;
    }
    try {
      return isRun || exists(last) ? Path.of(last) : null;
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /**
   * The commands.
   *
   * @param signals asked for by the commands that serve
   */
  static CommandLine commandLine(Supplier<Signals> signals) {
    CommandLine commandLine = new CommandLine(new Main(signals), new Commands(signals));
    Converters.addTo(commandLine);
    // Else "@name" would mean the arguments in the file of that name, if there is one.
    commandLine.setExpandAtFiles(false);
    commandLine.setParameterExceptionHandler(Main::refuse);
    commandLine.setExecutionExceptionHandler((e, command, parsed) -> Defect.report(e));
    return commandLine;
  }

  /** Prints what is wrong with the arguments, and the usage; returns the exit code. */
  private static int refuse(CommandLine.ParameterException e, String[] arguments) {
    CommandLine command = e.getCommandLine();
    boolean root = command.getParent() == null;
    boolean typo = root && isTypo(arguments);
    System.err.println(typo ? noCommand(command, arguments[0]) : e.getMessage());
    System.err.println(
        root ? USAGE : "Usage: " + command.getHelp().synopsis(SYNOPSIS_INDENT).strip());
    System.err.println("       See " + command.getCommandSpec().qualifiedName() + " --help.");
    return root && !typo && !arguments[0].startsWith("-") ? ORIGINAL_USAGE : WRONG_USAGE;
  }

  /** Whether the first argument is probably a mistyped command, and not a file. */
  private static boolean isTypo(String[] arguments) {
    return arguments.length > 1 && arguments[0].matches("[A-Za-z]+") && !exists(arguments[0]);
  }

  /** Whether a word alone is a mistyped command. */
  private static boolean isMistyped(String word, CommandLine commands) {
    return NearestKey.to(word, commands.getSubcommands().keySet()) != null;
  }

  private static boolean exists(String file) {
    return Path.of(file).toFile().exists();
  }

  private static String noCommand(CommandLine root, String word) {
    Set<String> commands = root.getSubcommands().keySet();
    String nearest = NearestKey.to(word, commands);
    return word
        + ": no such command or file (expected: "
        + (nearest == null ? "one of " + String.join(", ", commands) : nearest)
        + ")";
  }

  @Override
  public Integer call() {
    if (file == null) {
      System.err.println(USAGE);
      System.err.println("       See rsp --help.");
      return ORIGINAL_USAGE;
    }
    CommandLine commands = Objects.requireNonNull(spec, "set by picocli").commandLine();
    String word = file.toString();
    if (!exists(word) && isMistyped(word, commands)) {
      System.err.println(noCommand(commands, word));
      return WRONG_USAGE;
    }
    return RunCommand.serve(signals, file, transport.name(), () -> {});
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
      if (type == PrepareCommand.class) {
        return type.cast(new PrepareCommand(signals));
      }
      if (type == DemoCommand.class) {
        return type.cast(new DemoCommand(signals));
      }
      return CommandLine.defaultFactory().create(type);
    }
  }
}
