// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which exchanges count for a host, and how much of them: as the access log says. */
@Timeout(20)
final class UsageTest {
  @TempDir private Path directory;

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig(usage("usage"), accessLog());
  }

  private String usage(String folder) {
    return "usage = \"" + directory.resolve(folder) + "\"";
  }

  private String accessLog() {
    return "access_log = { path = \""
        + directory.resolve("access.log")
        + "\", format = \"$host,$slot,$request_bytes,$response_bytes\" }";
  }

  /** The rows of all files of a folder: host, requests and bytes, summed over the hours. */
  private List<String> counted(String folder) throws IOException {
    rig.closeUsage();
    Map<String, long[]> sums = new HashMap<>();
    try (Stream<Path> files = Files.list(directory.resolve(folder))) {
      for (Path file : files.filter(name -> name.toString().contains(".csv")).toList()) {
        List<String> rows = Files.readAllLines(file);
        rows.subList(1, rows.size()).forEach(row -> add(sums, row.split(",", -1)));
      }
    }
    return text(sums);
  }

  private static void add(Map<String, long[]> sums, String... row) {
    long[] sum = sums.computeIfAbsent(row[0], none -> new long[3]);
    sum[0] += Long.parseLong(row[1]);
    sum[1] += Long.parseLong(row[2]);
    sum[2] += Long.parseLong(row[3]);
    assertTrue(row.length == 4 || Double.parseDouble(row[4]) >= 0);
  }

  private static List<String> text(Map<String, long[]> sums) {
    List<String> lines = new ArrayList<>();
    sums.forEach((host, sum) -> lines.add(host + "," + sum[0] + "," + sum[1] + "," + sum[2]));
    lines.sort(null);
    return lines;
  }

  /** The same by the access log, of which all lines with a backend count. */
  private List<String> logged() throws IOException {
    rig.closeAccessLog();
    Map<String, long[]> sums = new HashMap<>();
    for (String line : Files.readAllLines(directory.resolve("access.log"))) {
      String[] row = line.split(",", -1);
      if (!row[1].equals("-")) {
        add(sums, row[0], "1", row[2], row[3]);
      }
    }
    return text(sums);
  }

  private void serve(String request, String response) {
    EmbeddedPeer client = rig.client(request);
    EmbeddedPeer fresh = rig.backendIfAsked();
    if (fresh == null) {
      rig.answerOverIdle(response);
    } else {
      fresh.send(response);
    }
    assertTrue(client.take().startsWith("HTTP/1.1 "));
  }

  @Test
  void sumsByHostAreThoseOfTheAccessLog() throws Exception {
    serve(get("a.example", "/"), ok("abc"));
    serve(get("A.example:80", "/2"), ok("abcdef"));
    serve(get("c.example", "/"), ok(""));
    serve(
        Messages.lines("POST / HTTP/1.1", "Host: c.example", "Content-Length: 4") + "body",
        Messages.lines("HTTP/1.1 404 Not Found", "Date: x", "Content-Length: 2") + "no");
    rig.expectEndings("served=4");
    List<String> counted = counted("usage");
    assertEquals(2, counted.size(), counted::toString);
    assertTrue(counted.get(0).startsWith("a.example,2,"), counted::toString);
    assertEquals(logged(), counted);
  }

  @Test
  void hostsThatNoBackendAnsweredAreNotCounted() throws Exception {
    EmbeddedPeer refused = rig.client(get("refused.example", "/").replace("GET", "G@T"));
    refused.take();
    EmbeddedPeer client = rig.client(get("silent.example", "/"));
    rig.backend().end();
    client.take();
    rig.acceptEndings();
    assertEquals(List.of(), counted("usage"));
  }

  @Test
  void afterAReloadAnExchangeInFlightCountsInTheNewFolderAndOnlyThere() throws Exception {
    serve(get("a.example", "/"), ok("abc"));
    EmbeddedPeer client = rig.client(get("late.example", "/"));
    rig.serve(EmbeddedRig.config(usage("other")));
    rig.answerOverIdle(ok("late"));
    client.take();
    rig.expectEndings("served=2");
    List<String> other = counted("other");
    assertEquals(1, other.size(), other::toString);
    assertTrue(other.get(0).startsWith("late.example,1,"), other::toString);
    List<String> first = counted("usage");
    assertEquals(1, first.size(), first::toString);
    assertTrue(first.get(0).startsWith("a.example,1,"), first::toString);
  }
}
