// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The usage of hosts of the real process: sums under load, kills, two processes, reloads. */
@Timeout(240)
final class UsageIT {
  private static final int CLIENTS = 6;
  private static final int REQUESTS = 400;
  private static final int HOSTS = 50;

  @TempDir private Path directory;

  private static String lua(RawBackend backend, String folder) {
    return Rsp.oneBackend(backend.address())
        + "loops = 2\nusage = \"%s\"\n".formatted(folder)
        + "access_log = { path = \"a.log\", format = \"$host $request_bytes $response_bytes\" }\n";
  }

  /** Sums by host: requests and octets both ways. */
  private static final class Sums {
    private final TreeMap<String, long[]> hosts = new TreeMap<>();

    void add(String host, String requests, String in, String out) {
      long[] sum = hosts.computeIfAbsent(host, none -> new long[3]);
      sum[0] += Long.parseLong(requests);
      sum[1] += Long.parseLong(in);
      sum[2] += Long.parseLong(out);
    }

    List<String> lines() {
      List<String> lines = new ArrayList<>();
      hosts.forEach((host, sum) -> lines.add(host + " " + sum[0] + " " + sum[1] + " " + sum[2]));
      return lines;
    }
  }

  private List<String> counted(String... folders) throws IOException {
    var sums = new Sums();
    for (String folder : folders) {
      try (Stream<Path> files = Files.list(directory.resolve(folder))) {
        for (Path file : files.filter(name -> name.toString().contains(".csv")).toList()) {
          List<String> rows = Files.readAllLines(file);
          for (String line : rows.subList(1, rows.size())) {
            String[] row = line.split(",", -1);
            sums.add(row[0], row[1], row[2], row[3]);
          }
        }
      }
    }
    return sums.lines();
  }

  private List<String> logged() throws IOException {
    var sums = new Sums();
    for (String line : Files.readAllLines(directory.resolve("a.log"))) {
      String[] row = line.split(" ", -1);
      sums.add(row[0], "1", row[1], row[2]);
    }
    return sums.lines();
  }

  /** Whether so many loads are in the log, which is written a moment later, and are counted. */
  private boolean isCounted(int loads) throws IOException {
    try {
      int lines = Files.readAllLines(directory.resolve("a.log")).size();
      return lines == loads * CLIENTS * REQUESTS && counted("usage").equals(logged());
    } catch (NoSuchFileException e) {
      return false; // the hour has just ended, and its file has another name
    }
  }

  /** Requests of several clients at once, each over one connection. */
  private static void load(Rsp rsp) throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int first = i;
        all.add(clients.submit(() -> request(rsp, first)));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      clients.shutdownNow();
    }
  }

  private static boolean request(Rsp rsp, int first) throws IOException {
    try (RawClient client = rsp.connect()) {
      for (int i = 0; i < REQUESTS; i++) {
        assertEquals(200, client.get("h" + (first * i) % HOSTS + ".example", "/").status());
      }
    }
    return true;
  }

  @Test
  void sumsAreThoseOfTheAccessLogOverALoadAStopAKillAndReloads() throws Exception {
    try (RawBackend backend = RawBackend.named("b")) {
      try (Rsp rsp = Rsp.serving(directory, lua(backend, "usage"))) {
        load(rsp);
        rsp.stop();
      }
      List<String> first = logged();
      assertEquals(HOSTS, first.size());
      assertEquals(first, counted("usage"));
      Program report =
          Rsp.run("usage", directory.resolve("usage").toString(), "--top", "1", "--json");
      assertTrue(
          report.out().contains("\"total\":{\"requests\":" + CLIENTS * REQUESTS + ","),
          report::toString);
      try (Rsp rsp = Rsp.serving(directory, lua(backend, "usage"))) {
        load(rsp);
        Eventually.holds("what is counted is in the file within half a minute", () -> isCounted(2));
        rsp.signal("KILL");
        rsp.program().awaitExit();
      }
      try (Rsp rsp = Rsp.serving(directory, lua(backend, "usage"))) {
        load(rsp);
        rsp.reconfigure(lua(backend, "other"));
        load(rsp);
        rsp.reconfigure(lua(backend, "usage"));
        load(rsp);
        rsp.stop();
      }
    }
    assertEquals(logged(), counted("usage", "other"));
    Program report =
        Rsp.run("usage", directory.resolve("usage").toString(), directory + "/other", "--json");
    assertTrue(
        report.out().contains("\"total\":{\"requests\":" + 5 * CLIENTS * REQUESTS + ","),
        report::toString);
  }

  @Test
  void aFolderOfAnotherRspIsRefusedAtAStartAndAtAReload() throws Exception {
    Path here = Files.createDirectory(directory.resolve("here"));
    try (RawBackend backend = RawBackend.named("b");
        Rsp first = Rsp.serving(directory, lua(backend, "usage"));
        Rsp second = Rsp.serving(here, lua(backend, "usage"))) {
      Rsp.write(second.file(), lua(backend, directory + "/usage"));
      second.reloadRefused();
      assertTrue(second.log().contains("another rsp writes its usage there"), second::log);
      assertEquals(200, second.get("a.example", "/").status());
      second.stop();
      Program third = Rsp.run("run", second.file().toString());
      assertTrue(third.awaitExit() != 0, third::toString);
      assertTrue(
          (third.out() + third.err()).contains("another rsp writes its usage there"),
          third::toString);
      assertEquals(200, first.get("b.example", "/").status());
      first.stop();
    }
  }
}
