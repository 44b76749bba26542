// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.acme.HostReport;
import dev.rsp.acme.StoredHosts;
import dev.rsp.admin.Json;
import dev.rsp.certs.Catalogue;
import dev.rsp.certs.CertificateReport;
import dev.rsp.certs.CertificateScan;
import dev.rsp.certs.CertificateSettings;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.plan.OrderForecast;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rsp certs}: lists the certificates of a configuration. */
@Command(
    name = "certs",
    description = {
      "Lists the certificates of a configuration: those with problems first, then by expiry.",
      "With acme, also when each is renewed, which hosts have none and why, and how many orders the",
      "next 7 and 90 days need. Exits with 1 if one is broken or has expired, if an order has failed,",
      "or if acme.orders allows too few. No rsp need run."
    },
    mixinStandardHelpOptions = true)
final class CertsCommand extends FileCommand {
  /** Names of a certificate that are printed in the table; --json has all. */
  private static final int SHOWN_NAMES = 3;

  @Parameters(paramLabel = "FILE", description = "The configuration; - for standard input.")
  private @Nullable Path file;

  @Option(
      names = "--name",
      paramLabel = "HOST",
      description = "Lists only those that clients may get for this name.")
  private @Nullable String name;

  @Option(names = "--json", description = "Prints one line of JSON.")
  private boolean json;

  @Override
  int run() throws ConfigException {
    if (file == null) {
      return 1;
    }
    Config config = load(file);
    CertificateSettings settings = config.certificates();
    if (settings == null) {
      return failed(name(file) + ": certificates: not set");
    }
    Catalogue read;
    OrderForecast orders;
    try (var line = ProgressLine.open()) {
      line.at("reading the certificates");
      read = CertificateScan.read(settings);
      orders = OrderPlan.of(config, read);
    }
    List<CertificateReport> reports = name == null ? read.reports() : read.reportsFor(name);
    List<HostReport> hosts = orders == null ? List.of() : ordered(orders);
    print(json ? json(read, reports, orders, hosts) : text(read, reports, orders, hosts));
    boolean problems =
        reports.stream().anyMatch(one -> one.problem() != null)
            || hosts.stream().anyMatch(one -> one.problem() != null)
            || (orders != null && !orders.fits());
    boolean missing = name != null && reports.isEmpty();
    return problems || missing || !read.hasDefault() ? 1 : 0;
  }

  /** Those that were ordered, or are to be; with --name only that one. */
  private List<HostReport> ordered(OrderForecast orders) {
    StoredHosts stored = orders.stored();
    return stored.hosts().stream()
        .filter(host -> name == null || host.host().equals(name))
        .toList();
  }

  private static String json(
      Catalogue read,
      List<CertificateReport> reports,
      @Nullable OrderForecast orders,
      List<HostReport> hosts) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("total", read.size());
    values.put("broken", read.brokenCount());
    values.put("expired", read.expiredCount());
    values.put("has_default", read.hasDefault());
    values.put("certificates", reports.stream().map(CertificateReport::values).toList());
    values.put("orders", hosts.stream().map(HostReport::values).toList());
    values.put("forecast", orders == null ? null : orders.values());
    return Json.of(values) + "\n";
  }

  private String text(
      Catalogue read,
      List<CertificateReport> reports,
      @Nullable OrderForecast orders,
      List<HostReport> hosts) {
    Map<String, HostReport> byName = new HashMap<>();
    hosts.forEach(host -> byName.put(host.host(), host));
    var out = new StringBuilder();
    for (CertificateReport one : reports) {
      Long days = one.daysLeft();
      out.append(
          String.format(
              Locale.ROOT,
              "%-12s %-11s %-10s %s  %s%n",
              one.served() ? days + " day(s)" : "broken",
              one.keyType(),
              one.notAfter() == null ? "" : one.notAfter().toString().substring(0, 10),
              names(one.names()),
              one.path()));
      if (one.problem() != null) {
        out.append("  problem: ").append(one.problem()).append('\n');
      }
      one.notes().forEach(note -> out.append("  note: ").append(note).append('\n'));
      HostReport order = one.names().isEmpty() ? null : byName.remove(one.names().get(0));
      if (order != null) {
        append(out, order);
      }
    }
    byName.values().stream()
        .sorted(Comparator.comparing(HostReport::host))
        .forEach(
            order -> {
              out.append(String.format(Locale.ROOT, "%-12s %s%n", "none", order.host()));
              append(out, order);
            });
    out.append(read.size()).append(" certificate(s), ");
    out.append(read.expiredCount()).append(" of them expired, ");
    out.append(read.brokenCount()).append(" broken\n");
    if (orders != null) {
      orders.lines().forEach(line -> out.append(line).append('\n'));
      String problem = orders.problem();
      out.append(problem == null ? "" : "problem: " + problem + "\n");
    }
    if (!read.hasDefault()) {
      out.append("problem: there is no certificate for certificates.default\n");
    }
    if (name != null && reports.isEmpty()) {
      out.append("problem: there is no certificate for ").append(name).append('\n');
    }
    return out.toString();
  }

  /** When it is renewed, or what went wrong. */
  private static void append(StringBuilder out, HostReport order) {
    if (order.problem() != null) {
      out.append("  problem: order failed: ").append(order.problem());
      out.append(order.nextTry() == null ? "" : ", tried again " + minute(order.nextTry()));
      out.append('\n');
    } else if (order.renewal() != null) {
      out.append("  renewed ").append(minute(order.renewal())).append('\n');
    }
  }

  private static String minute(Instant when) {
    return when.truncatedTo(ChronoUnit.MINUTES).toString().replace(":00Z", "Z");
  }

  private static String names(List<String> names) {
    if (names.isEmpty()) {
      return "-";
    }
    int shown = Math.min(SHOWN_NAMES, names.size());
    String more = names.size() > shown ? ",… (" + names.size() + ")" : "";
    return String.join(",", names.subList(0, shown)) + more;
  }
}
