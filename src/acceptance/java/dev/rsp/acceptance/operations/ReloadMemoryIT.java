// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Large files: a reload never exhausts the heap, and a million hosts take seconds. */
@Isolated("loads or measures the machine")
@Timeout(300)
final class ReloadMemoryIT {
  private static final int RELOADS = 5;

  /** What the smallest machines get. */
  private static final String SMALL_HEAP = "-Xmx512m";

  @TempDir private Path directory;

  /** A table of hosts, one on a line, that leads each to the first of two backends. */
  private static String table(int hosts, String value) {
    return IntStream.range(0, hosts)
        .mapToObj(i -> "[\"site" + i + ".example.org\"] = " + value)
        .collect(Collectors.joining(",\n", "local slots = {\n", "\n}\n"));
  }

  private static String twoBackends(RawBackend one, RawBackend two, String more) {
    return "listen = \"127.0.0.1:0\"\nbackends = {\n"
        + Rsp.slot("one", one.address())
        + Rsp.slot("two", two.address())
        + "}\n"
        + more;
  }

  private static String select(String otherwise) {
    return "function select(request) return slots[request.host] or \"" + otherwise + "\" end\n";
  }

  @Test
  void thirtyTwoLoopsAndAFileOf190000LinesReloadAgainAndAgainInASmallHeap() throws IOException {
    String large = "loops = 32\n" + table(190_000, "\"one\"");
    try (RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two");
        Rsp rsp =
            Rsp.servingOnJava(
                SMALL_HEAP, directory, twoBackends(one, two, large + select("one")))) {
      for (int i = 0; i < RELOADS; i++) {
        rsp.reconfigure(twoBackends(one, two, large + select(i % 2 == 0 ? "two" : "one")));
        assertEquals("one site7.example.org /", rsp.get("site7.example.org", "/").body());
        String other = (i % 2 == 0 ? "two" : "one") + " other.example /";
        assertEquals(other, rsp.get("other.example", "/").body());
      }
    }
  }

  @Test
  void aFileThatDoesNotFitIsRefusedWithFiguresAndTheOldOneServes() throws IOException {
    try (RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two");
        Rsp rsp = Rsp.servingOnJava("-Xmx96m", directory, twoBackends(one, two, ""))) {
      String before = rsp.get("a.example", "/").body();
      Rsp.write(rsp.file(), twoBackends(one, two, table(400_000, "\"one\"") + select("two")));
      rsp.reloadRefused();
      assertTrue(
          rsp.log().matches("(?s).*not enough memory: needed[^:]*: [0-9.]+ MiB, free: .*"),
          rsp::log);
      assertEquals(before, rsp.get("a.example", "/").body());
    }
  }

  @Test
  void aStartThatDoesNotFitFailsWithFiguresAndWithoutATrace() throws IOException {
    try (RawBackend one = RawBackend.named("one");
        RawBackend two = RawBackend.named("two")) {
      Path file = directory.resolve("large.lua");
      Files.writeString(file, twoBackends(one, two, table(400_000, "\"one\"") + select("two")));
      Program run =
          Program.start(
              List.of(Rsp.launcher(), "run", file.toString()), Map.of("RSP_JAVA_OPTS", "-Xmx96m"));
      assertEquals(1, run.awaitExit());
      assertTrue(run.err().contains("not enough memory: "), run::toString);
      assertTrue(!run.err().contains("\tat "), run::toString);
    }
  }

  @ParameterizedTest
  @CsvSource({"table, 1000000", "list, 300000", "string, 300000", "long string, 1000000"})
  void manyHostsInAnyFormAreCheckedInSeconds(String form, int count) throws IOException {
    String hosts =
        IntStream.range(0, count)
            .mapToObj(i -> "site" + i + ".example")
            .collect(Collectors.joining(separator(form)));
    String lua =
        switch (form) {
          case "table" -> "local slots = { [\"" + hosts + "\"] = 1 }\n";
          case "list" ->
              "local slots = {}\nfor _, host in ipairs({ \""
                  + hosts
                  + "\" }) do slots[host] = 1 end\n";
          case "string" ->
              "local slots = {}\nfor host in (\""
                  + hosts
                  + "\"):gmatch(\"%S+\") do slots[host] = 1 end\n";
          default ->
              "local slots = {}\nfor host in ([[\n"
                  + hosts
                  + "\n]]):gmatch(\"[^\\n]+\") do slots[host] = 1 end\n";
        };
    Path file = directory.resolve("million.lua");
    String listen = "listen = \"127.0.0.1:0\"\nbackends = { \"127.0.0.1:1\", \"127.0.0.1:2\" }\n";
    Files.writeString(file, listen + lua + "function select(r) return slots[r.host] or 2 end\n");
    Program check =
        Program.start(
            List.of(Rsp.launcher(), "check", file.toString()), Map.of("RSP_JAVA_OPTS", "-Xmx3g"));
    // Quadratic time would be an hour.
    assertEquals(0, check.awaitExit(Duration.ofSeconds(100)), check::toString);
  }

  private static String separator(String form) {
    return switch (form) {
      case "table" -> "\"] = 1,\n[\"";
      case "list" -> "\", \"";
      case "string" -> " ";
      default -> "\n";
    };
  }
}
