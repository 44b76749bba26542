// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.journal.HostList;
import dev.rsp.log.IoReason;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.Plan;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rsp plan}: prints which hosts a change of the configuration would move. */
@Command(
    name = "plan",
    description = {
      "Prints which hosts would move from one backend to another if NEW replaced OLD.",
      "Exits with 0, with 1 if a file is unusable, or with 2 if more than --max-moves would move."
    },
    mixinStandardHelpOptions = true)
final class PlanCommand extends FileCommand {
  /** The most hosts that are read: a bound on memory, and far more than a journal holds. */
  static final int MAX_HOSTS = 1_000_000;

  /** The exit code if more than {@code --max-moves} would move. */
  private static final int TOO_MANY_MOVES = 2;

  @Parameters(index = "0", paramLabel = "OLD", description = "The active configuration.")
  private @Nullable Path old;

  @Parameters(index = "1", paramLabel = "NEW", description = "The new configuration.")
  private @Nullable Path newer;

  @Option(
      names = "--hosts",
      paramLabel = "FILE",
      description =
          "Hosts, one per line, optionally with a count of requests; the journal of OLD or NEW by"
              + " default.")
  private @Nullable Path hosts;

  @Option(
      names = "--max-moves",
      paramLabel = "PERCENT",
      description = "Exits with 2 if more than this share of the hosts would move.")
  private double maxMoves = 100;

  @Option(names = "--json", description = "Prints one line of JSON.")
  private boolean json;

  @Override
  int run() throws ConfigException, ScriptException {
    if (old == null || newer == null) {
      return 1;
    }
    if (!(maxMoves >= 0 && maxMoves <= 100)) {
      return failed("--max-moves: " + maxMoves + " (expected: a percentage from 0 to 100)");
    }
    Config before = ConfigLoader.load(old);
    Config after = ConfigLoader.load(newer);
    Path source = source(before, after);
    if (source == null) {
      return failed("no hosts: neither file sets journal.path (expected: that, or --hosts FILE)");
    }
    HostList list = read(source);
    return list == null ? 1 : print(Plan.of(before, after, list.hosts()), list, source);
  }

  private @Nullable Path source(Config before, Config after) {
    if (hosts != null) {
      return hosts;
    }
    Path journal = before.safeguards().journal().file();
    return journal == null ? after.safeguards().journal().file() : journal;
  }

  /** The hosts in a file; null if there are none, and then standard error says why. */
  static @Nullable HostList read(Path source) {
    try {
      HostList list = HostList.read(source, MAX_HOSTS);
      if (!list.hosts().isEmpty()) {
        return list;
      }
      System.err.println(source + ": no hosts in it (expected: one on each line)");
    } catch (IOException e) {
      System.err.println("cannot read " + source + ": " + IoReason.of(e));
    }
    return null;
  }

  /** Prints the plan; returns the exit code. */
  private int print(Plan plan, HostList list, Path source) {
    print(
        json
            ? PlanJson.of(plan, list.invalidLines()) + "\n"
            : PlanText.of(
                plan,
                String.valueOf(old),
                String.valueOf(newer),
                source.toString(),
                list.invalidLines(),
                list.counted()));
    if (plan.percent() > maxMoves) {
      System.err.println("more than --max-moves: " + Plan.shown(plan.percent()));
      return TOO_MANY_MOVES;
    }
    return 0;
  }
}
