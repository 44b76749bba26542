// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.admin.Json;
import dev.rsp.certs.Catalogue;
import dev.rsp.certs.CertificateReport;
import dev.rsp.certs.CertificateScan;
import dev.rsp.certs.CertificateSettings;
import dev.rsp.config.ConfigException;
import java.nio.file.Path;
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
      "Exits with 1 if one is broken or has expired. No rsp need run."
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
    CertificateSettings settings = load(file).certificates();
    if (settings == null) {
      return failed(name(file) + ": certificates: not set");
    }
    Catalogue read;
    try (var line = ProgressLine.open()) {
      line.at("reading the certificates");
      read = CertificateScan.read(settings);
    }
    List<CertificateReport> reports = name == null ? read.reports() : read.reportsFor(name);
    print(json ? json(read, reports) : text(read, reports));
    boolean problems = reports.stream().anyMatch(one -> one.problem() != null);
    boolean missing = name != null && reports.isEmpty();
    return problems || missing || !read.hasDefault() ? 1 : 0;
  }

  private static String json(Catalogue read, List<CertificateReport> reports) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("total", read.size());
    values.put("broken", read.brokenCount());
    values.put("expired", read.expiredCount());
    values.put("has_default", read.hasDefault());
    values.put("certificates", reports.stream().map(CertificateReport::values).toList());
    return Json.of(values) + "\n";
  }

  private String text(Catalogue read, List<CertificateReport> reports) {
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
    }
    out.append(read.size()).append(" certificate(s), ");
    out.append(read.expiredCount()).append(" of them expired, ");
    out.append(read.brokenCount()).append(" broken\n");
    if (!read.hasDefault()) {
      out.append("problem: there is no certificate for certificates.default\n");
    }
    if (name != null && reports.isEmpty()) {
      out.append("problem: there is no certificate for ").append(name).append('\n');
    }
    return out.toString();
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
