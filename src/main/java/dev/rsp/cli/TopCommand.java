// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import dev.rsp.top.LiveTable;
import dev.rsp.top.Sample;
import dev.rsp.top.SlotTable;
import dev.rsp.top.SortOrder;
import dev.rsp.top.Style;
import dev.rsp.top.Terminal;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code rsp top}: the slots of a running rsp, refreshed each second. */
@Command(
    name = "top",
    description = {
      "Shows the backends of the running rsp, refreshed each second: state, requests a second,",
      "requests in flight, latencies of the last minute, errors and failures since the start.",
      "Keys: q quits, s sorts by the next column, p pauses, arrows, PgUp and PgDn scroll.",
      "A star behind a state: an operator's override is in force, not the file.",
      "If standard output is no terminal, prints the table once. NO_COLOR means no colours."
    },
    mixinStandardHelpOptions = true)
final class TopCommand extends ControlCommand {
  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  @Option(names = "--once", description = "Prints the table once, with all columns.")
  private boolean once;

  @Option(
      names = "--sort",
      paramLabel = "ORDER",
      defaultValue = "file",
      description =
          "The first order: file, rate, in-flight, latency, errors, failures or requests; by"
              + " default ${DEFAULT-VALUE}.")
  private String sort = "file";

  @Option(names = "--json", description = "Prints GET /api/slots once, as one line of JSON.")
  private boolean json;

  @Override
  public Integer call() {
    SortOrder order = SortOrder.of(sort);
    if (order == null) {
      throw new CommandLine.ParameterException(
          Objects.requireNonNull(spec, "set by picocli").commandLine(),
          "--sort: " + sort + " (expected: one of " + String.join(", ", SortOrder.labels()) + ")");
    }
    try {
      if (json) {
        System.out.println(fetch("/api/slots").strip());
      } else if (once || !Terminal.is(1)) {
        var table = new SlotTable(sample(), order, SlotTable.UNLIMITED, Style.PLAIN);
        table.head().forEach(System.out::println);
        table.rows().forEach(System.out::println);
      } else {
        show(order);
      }
      System.out.flush();
      return 0;
    } catch (IOException e) {
      return FileCommand.failed(String.valueOf(e.getMessage()));
    }
  }

  private void show(SortOrder order) throws IOException {
    Sample begin = sample();
    String noColor = System.getenv("NO_COLOR");
    try (Terminal terminal = Terminal.open()) {
      LiveTable.show(
          terminal, Style.of(noColor == null ? "" : noColor), order, begin, this::sample);
    }
  }

  private Sample sample() throws IOException {
    try {
      return Sample.of(fetch("/api/status"), fetch("/api/slots"));
    } catch (IllegalArgumentException e) {
      throw new IOException("rsp gave no JSON (expected: the same version of rsp)", e);
    }
  }
}
