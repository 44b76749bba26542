// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.admin.Json;
import dev.rsp.http.HostName;
import dev.rsp.log.IoReason;
import dev.rsp.usage.HostUse;
import dev.rsp.usage.HourUse;
import dev.rsp.usage.UsageOrder;
import dev.rsp.usage.UsageReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code rsp usage}: adds up the files of the key {@code usage}. */
@Command(
    name = "usage",
    description = {
      "Prints what hosts used, from the files of the key usage. No rsp need run.",
      "Hours are UTC. The file of the running hour is half a minute behind."
    },
    mixinStandardHelpOptions = true)
final class UsageCommand extends FileCommand {
  private static final int MOST_TOP = 1_000_000;

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE|DIR",
      description = "A folder of the key usage, or files in it; several are added up.")
  private List<Path> paths = List.of();

  @Option(
      names = "--top",
      paramLabel = "N",
      defaultValue = "20",
      description = "Prints so many hosts, those that used most; by default ${DEFAULT-VALUE}.")
  private int top;

  @Option(
      names = "--by",
      paramLabel = "WHAT",
      defaultValue = "requests",
      description =
          "Orders hosts by requests, by bytes in both directions, or by time at the backend.")
  private String by = "requests";

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Reads no hours that ended before: 24h, 7d, 2026-11-01 or 2026-11-27T15:00.")
  private @Nullable String since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      description = "Reads no hours that begin then or later.")
  private @Nullable String until;

  @Option(
      names = "--host",
      paramLabel = "NAME",
      description = "Prints the hours of this host instead.")
  private @Nullable String host;

  @Option(names = "--json", description = "Prints one line of JSON.")
  private boolean json;

  @Override
  int run() {
    UsageOrder order = UsageOrder.of(by);
    if (order == null) {
      throw wrong(
          "--by: " + by + " (expected: one of " + String.join(", ", UsageOrder.labels()) + ")");
    }
    if (top < 1 || top > MOST_TOP) {
      throw wrong("--top: " + top + " (expected: a number of hosts from 1 to " + MOST_TOP + ")");
    }
    String wanted = host == null ? null : HostName.canonicalise(host);
    if (host != null && wanted == null) {
      throw wrong("--host: " + host + " (expected: a host, such as www.example.com)");
    }
    Instant now = Instant.now();
    Instant first = since == null ? null : time("--since", since, now);
    Instant last = until == null ? null : time("--until", until, now);
    var report = new UsageReport();
    for (Path path : paths) {
      try {
        report.add(path);
      } catch (UsageReport.NoUsageException e) {
        return failed(path + ": " + e.getMessage());
      } catch (IOException e) {
        return failed("cannot read " + path + ": " + IoReason.of(e));
      }
    }
    if (report.fileCount() == 0) {
      return failed("no usage files (expected: files such as 2026-11-27T15.csv)");
    }
    String has = hours(report);
    if (first != null) {
      report.since(first);
    }
    if (last != null) {
      report.until(last);
    }
    if (report.fileCount() == 0) {
      return failed("no usage in these hours; there are files for " + has);
    }
    String text;
    try (var line = ProgressLine.open()) {
      line.at("reading " + report.fileCount() + " file(s)");
      text = wanted == null ? ofHosts(report, order) : ofHost(report, wanted);
    } catch (IOException e) {
      return failed("cannot read " + e.getMessage());
    }
    print(text);
    return 0;
  }

  private Instant time(String option, String text, Instant now) {
    Instant time = UsageTime.parse(text, now);
    if (time == null) {
      throw wrong(option + ": " + text + " (expected: " + UsageTime.FORMS + ")");
    }
    return time;
  }

  private static String hours(UsageReport report) {
    return report.start() + " to " + report.end();
  }

  private String ofHosts(UsageReport report, UsageOrder order) throws IOException {
    report.read();
    if (report.damagedLines() > 0) {
      System.err.println("damaged lines left out: " + report.damagedLines());
    }
    List<HostUse> largest = report.top(order, top);
    HostUse others = report.others();
    if (json) {
      Map<String, @Nullable Object> all = head(report);
      all.put("by", order.label());
      all.put("host_count", report.hostCount());
      all.put("hosts", largest.stream().map(use -> values("host", use.host(), use)).toList());
      all.put("others", others.sums());
      all.put("total", report.total().sums());
      return Json.of(all) + "\n";
    }
    List<List<String>> rows = new ArrayList<>();
    largest.forEach(use -> rows.add(row(use.host(), use)));
    if (others.requests() > 0) {
      rows.add(row("* (hosts without sums of their own)", others));
    }
    rows.add(row("total of " + report.hostCount() + " host(s)", report.total()));
    return title(report) + table("host", rows);
  }

  private String ofHost(UsageReport report, String wanted) throws IOException {
    List<HourUse> hours = report.hours(wanted);
    HostUse total =
        hours.stream().map(HourUse::use).reduce(new HostUse(wanted, 0, 0, 0, 0), HostUse::plus);
    if (json) {
      Map<String, @Nullable Object> all = head(report);
      all.put("host", wanted);
      all.put(
          "hours",
          hours.stream().map(hour -> values("hour", hour.start().toString(), hour.use())).toList());
      all.put("total", total.sums());
      return Json.of(all) + "\n";
    }
    List<List<String>> rows = new ArrayList<>();
    hours.forEach(hour -> rows.add(row(hour.start().toString(), hour.use())));
    rows.add(row("total of " + hours.size() + " hour(s)", total));
    return wanted + "\n" + title(report) + table("hour", rows);
  }

  private static Map<String, @Nullable Object> head(UsageReport report) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>();
    all.put("start", report.start().toString());
    all.put("end", report.end().toString());
    all.put("files", report.fileCount());
    return all;
  }

  private static Map<String, @Nullable Object> values(String key, String of, HostUse use) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put(key, of);
    values.putAll(use.sums());
    return values;
  }

  private static String title(UsageReport report) {
    return hours(report) + ", " + report.fileCount() + " file(s)\n";
  }

  private static List<String> row(String name, HostUse use) {
    return List.of(
        name,
        Long.toString(use.requests()),
        Long.toString(use.bytesIn()),
        Long.toString(use.bytesOut()),
        String.format(Locale.ROOT, "%.3f", use.backendSeconds()));
  }

  /** Columns that are as wide as they must be, numbers on the right. */
  private static String table(String first, List<List<String>> rows) {
    List<String> title = List.of(first, "requests", "bytes_in", "bytes_out", "backend_seconds");
    List<List<String>> all = new ArrayList<>(rows);
    all.add(0, title);
    int[] widths = new int[title.size()];
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    var text = new StringBuilder();
    for (List<String> row : all) {
      text.append(String.format(Locale.ROOT, "%-" + widths[0] + "s", row.get(0)));
      for (int i = 1; i < widths.length; i++) {
        text.append(String.format(Locale.ROOT, "  %" + widths[i] + "s", row.get(i)));
      }
      text.append('\n');
    }
    return text.toString();
  }
}
