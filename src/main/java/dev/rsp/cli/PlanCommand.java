// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.admin.Json;
import dev.rsp.certs.CertificateScan;
import dev.rsp.certs.CertificateSettings;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.journal.HostList;
import dev.rsp.lua.ScriptException;
import dev.rsp.plan.OrderForecast;
import dev.rsp.plan.Plan;
import dev.rsp.plan.PlanValues;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rsp plan}: prints which hosts a change of the configuration would move. */
@Command(
    name = "plan",
    description = {
      "Prints which hosts would move from one backend to another if NEW replaced OLD.",
      "Exits with 0, with 1 if a file is unusable, or with 2 if more than --max-moves would move or",
      "the new script fails for a host."
    },
    mixinStandardHelpOptions = true)
final class PlanCommand extends FileCommand {
  /** The exit code for a change that should not be made. */
  private static final int NOT_ADVISED = 2;

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
      description =
          "Exits with 2 if more than this share of the hosts would move; reload.max_moves of OLD by"
              + " default.")
  private @Nullable Double maxMoves;

  @Option(names = "--json", description = "Prints one line of JSON.")
  private boolean json;

  @Override
  int run() throws ConfigException, ScriptException {
    if (old == null || newer == null) {
      return 1;
    }
    if (maxMoves != null && !(maxMoves >= 0 && maxMoves <= 100)) {
      throw wrong("--max-moves: " + maxMoves + " (expected: a percentage from 0 to 100)");
    }
    Config before = load(old);
    Config after = load(newer);
    Path source = source(before, after);
    if (source == null) {
      return failed("no hosts: neither file sets journal.path (expected: that, or --hosts FILE)");
    }
    if (hosts == null && !Files.exists(source)) {
      return failed(
          source
              + ": no journal on this machine (expected: --hosts FILE, with the journal of a machine"
              + " that serves, or a list with one host on each line)");
    }
    HostList list = read(source);
    if (list == null) {
      return 1;
    }
    boolean ofOld = maxMoves == null;
    double limit = ofOld ? before.safeguards().reload().maxMovesPercent() : maxMoves;
    Plan plan;
    try (var line = ProgressLine.open()) {
      plan = Plan.of(before, after, list.hosts(), line);
    }
    OrderForecast orders = orders(after, list);
    print(plan, list, source, after.warnings(), orders);
    boolean tooMany = plan.percent() > limit;
    if (tooMany) {
      System.err.println(
          "more than %s: %s"
              .formatted(
                  ofOld ? "reload.max_moves of " + name(old) : "--max-moves",
                  Plan.shown(plan.percent())));
    }
    int failing = plan.moves().failedAfter();
    if (failing > 0) {
      System.err.println("the script of " + name(newer) + " fails for " + failing + " host(s)");
    }
    return tooMany || failing > 0 ? NOT_ADVISED : 0;
  }

  private @Nullable Path source(Config before, Config after) {
    if (hosts != null) {
      return hosts;
    }
    Path journal = before.safeguards().journal().file();
    return journal == null ? after.safeguards().journal().file() : journal;
  }

  /** Whether the new file can have certificates for these hosts; null if it orders none. */
  private static @Nullable OrderForecast orders(Config after, HostList list) {
    CertificateSettings certificates = after.certificates();
    if (certificates == null || after.orders() == null) {
      return null;
    }
    try (var line = ProgressLine.open()) {
      line.at("reading the certificates");
      return OrderPlan.of(after, CertificateScan.read(certificates), list.hosts());
    }
  }

  private void print(
      Plan plan,
      HostList list,
      Path source,
      List<String> warnings,
      @Nullable OrderForecast orders) {
    if (json) {
      Map<String, @Nullable Object> values =
          new LinkedHashMap<>(PlanValues.of(plan, list.invalidLines(), warnings));
      values.put("orders", orders == null ? null : orders.values());
      print(Json.of(values) + "\n");
    } else {
      print(
          PlanText.of(
              plan,
              String.valueOf(old),
              String.valueOf(newer),
              source.toString(),
              list.invalidLines(),
              list.counted()));
      if (orders != null) {
        print(PlanText.orders(orders));
      }
    }
  }
}
