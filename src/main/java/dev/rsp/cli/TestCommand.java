// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.journal.HostList;
import dev.rsp.journal.SeenHost;
import dev.rsp.lua.Program;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.SelectorCheck;
import dev.rsp.plan.TestReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rsp test}: runs the tests of a configuration. */
@Command(
    name = "test",
    description = {
      "Runs the tests that a configuration declares, and checks general properties.",
      "Exits with 0, or with 1 if a test fails or a file cannot be used."
    },
    mixinStandardHelpOptions = true)
final class TestCommand extends FileCommand {
  @Parameters(paramLabel = "FILE", description = "The configuration to test.")
  private @Nullable Path file;

  @Option(
      names = "--tests",
      paramLabel = "FILE",
      description = "The file with the tests; by default the configuration itself.")
  private @Nullable Path tests;

  @Option(
      names = "--hosts",
      paramLabel = "FILE",
      description = "Known hosts, one per line; by default the configuration's journal.")
  private @Nullable Path hosts;

  @Override
  int run() throws ConfigException, ScriptException {
    if (file == null) {
      return 1;
    }
    Config config = load(file);
    List<SeenHost> served = served(config);
    if (served == null) {
      return 1;
    }
    Program program =
        tests == null
            ? config.program()
            : Program.compile(tests.toString(), ConfigLoader.read(tests));
    TestReport report = SelectorCheck.run(config, program, served);
    print(report.text());
    return report.failed() == 0 ? 0 : 1;
  }

  /**
   * Whether a journal has no hosts yet. False if it cannot be read: {@link #served} reports why.
   */
  private static boolean isEmpty(Path journal) {
    try {
      return !Files.exists(journal) || HostList.read(journal, 1).hosts().isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  /** The hosts that are served; null if they cannot be read, and then standard error says why. */
  private @Nullable List<SeenHost> served(Config config) {
    Path journal = config.safeguards().journal().file();
    Path source = hosts != null || journal == null || isEmpty(journal) ? hosts : journal;
    if (source == null) {
      return List.of(); // for example in the first minute of a new installation
    }
    HostList list = read(source);
    return list == null ? null : list.hosts();
  }
}
