// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.sites;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The journal of hosts, its file, and the comparison of a candidate with the file in force. */
@Timeout(300)
final class JournalIT {
  private static final String EVERY = "journal = { path = 'hosts.journal', every = 0.1 }\n";

  @TempDir private Path directory;

  @Test
  void remembersWhatABackendAnsweredAndNothingElse() throws IOException {
    try (RawBackend backend = answeringByPath();
        Rsp rsp = Rsp.serving(directory, EVERY + one(backend));
        RawClient client = rsp.connect()) {
      assertEquals(200, client.get("WWW.good.example:80", "/200").status());
      assertEquals(200, client.get("www.good.example.", "/200").status());
      assertEquals(404, client.get("missing.example", "/404").status());
      assertEquals(500, client.get("broken.example", "/500").status());
      assertEquals(503, client.get("refused.example", "/200").status());
      client.send("GET / HTTP/1.1\r\nHost: bad..example\r\n\r\n").read();
      awaitLines(
          "missing\\.example 1 \\d+ live1 0\\.250", "www\\.good\\.example 2 \\d+ live1 1\\.000");
      String journal = Files.readString(journal());
      for (String host : List.of("broken", "refused", "bad")) {
        assertFalse(journal.contains(host), journal);
      }
    }
  }

  @Test
  void survivesAStopAndAStartAndAReload() throws IOException {
    String hourly = "journal = { path = 'hosts.journal', every = 3600 }\n";
    try (RawBackend backend = answeringByPath()) {
      try (Rsp rsp = Rsp.serving(directory, hourly + one(backend))) {
        assertEquals(200, rsp.get("a.example", "/200").status());
        rsp.reload();
        assertEquals(200, rsp.get("a.example", "/200").status());
        rsp.signal("TERM");
        assertEquals(0, rsp.program().awaitExit(), rsp::toString);
      }
      awaitLines("a\\.example 2 \\d+ live1 1\\.000");
      try (Rsp rsp = Rsp.serving(directory, hourly + one(backend))) {
        assertEquals(200, rsp.get("a.example", "/200").status());
        rsp.signal("TERM");
        assertEquals(0, rsp.program().awaitExit(), rsp::toString);
      }
      awaitLines("a\\.example 3 \\d+ live1 1\\.000");
    }
  }

  @Test
  void startsWithAJournalThatIsDamagedOrNoJournal() throws IOException {
    try (RawBackend backend = answeringByPath()) {
      Files.writeString(
          journal(),
          "# rsp journal 1: host requests last-minute slot\na.example 5 29000000 live1\n\0\0 garbage\n");
      try (Rsp rsp = Rsp.serving(directory, EVERY + one(backend))) {
        rsp.awaitLog("journal damaged file=");
        rsp.awaitLog("hosts=1 lines_dropped=1");
        assertEquals(200, rsp.get("a.example", "/200").status());
        awaitLines("a\\.example 6 \\d+ live1 1\\.000");
      }
      Files.writeString(journal(), "precious\n");
      try (Rsp rsp = Rsp.serving(directory, EVERY + one(backend))) {
        rsp.awaitLog("journal not used file=");
        assertEquals(200, rsp.get("a.example", "/200").status());
        rsp.signal("TERM");
        assertEquals(0, rsp.program().awaitExit(), rsp::toString);
        assertEquals("precious\n", Files.readString(journal()));
      }
    }
  }

  /**
   * The journal has room for the sites alone: some of them have been served for weeks, and the
   * others are asked for a little more often than the names, or not answered with 404 as these are.
   */
  @ParameterizedTest
  @ValueSource(ints = {200, 404})
  void inventedNamesThatAreAskedForTwiceTakeTheRoomOfNoSite(int statusOfNames) throws IOException {
    long minute = System.currentTimeMillis() / 60_000;
    String old =
        IntStream.range(0, 20)
            .mapToObj(i -> "old" + i + ".example 30 " + (minute - 1440) + " live1\n")
            .collect(Collectors.joining());
    Files.writeString(journal(), "# rsp journal 1: host requests last-minute slot\n" + old);
    int timesOfNew = statusOfNames == 200 ? 3 : 1;
    try (RawBackend backend = answeringByPath();
        Rsp rsp =
            Rsp.serving(
                directory,
                "journal = { path = 'hosts.journal', hosts = 40, every = 0.1 }\n" + one(backend));
        RawClient client = rsp.connect()) {
      for (int i = 0; i < 20 * timesOfNew; i++) {
        assertEquals(200, client.get("new" + i % 20 + ".example", "/200").status());
      }
      for (int i = 0; i < 2 * 2000; i++) {
        String host = "invented" + i / 2 + ".example";
        assertEquals(statusOfNames, client.get(host, "/" + statusOfNames).status());
      }
      rsp.signal("TERM");
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
    }
    List<String> hosts =
        Files.readAllLines(journal()).stream()
            .skip(1)
            .map(line -> line.substring(0, line.indexOf(' ')))
            .sorted()
            .toList();
    List<String> sites =
        Stream.of("new", "old")
            .flatMap(name -> IntStream.range(0, 20).mapToObj(i -> name + i + ".example"))
            .sorted()
            .toList();
    assertEquals(sites, hosts);
  }

  @Test
  void aPlaceThatCannotBeWrittenCostsOneLineAndNoRequest() throws IOException {
    try (RawBackend backend = answeringByPath();
        Rsp rsp =
            Rsp.serving(
                directory, "journal = { path = 'none/hosts', every = 0.01 }\n" + one(backend))) {
      assertEquals(200, rsp.get("a.example", "/200").status());
      rsp.awaitLog("journal not written file=");
      assertFalse(rsp.log().contains("java."), rsp::log);
      assertEquals(200, rsp.get("a.example", "/200").status());
      Eventually.pause(200);
      assertEquals(1, rsp.count("journal not written"), rsp::log);
    }
  }

  @Test
  void comparesACandidateThatServesNoRequests() throws IOException {
    Files.writeString(
        directory.resolve("candidate.lua"),
        """
        listen = '127.0.0.1:0'
        backends = { { name = 'other', address = '127.0.0.1:9' } }
        """);
    String candidate = "candidate = { file = 'candidate.lua', share = 1, every = 0.2 }\n";
    try (RawBackend backend = answeringByPath();
        Rsp rsp = Rsp.serving(directory, candidate + one(backend))) {
      for (int i = 0; i < 20; i++) {
        assertEquals(200, rsp.get("a.example", "/200").status());
      }
      rsp.awaitLog("compared=20 differ=20 (100.0 %) failed=0 dropped=0 unsteady=0");
      rsp.awaitLog("most: a.example live1 -> other (20)");
    }
  }

  /** The candidate is the same file: a difference comes from the file, not from an edit. */
  @Test
  void logsHowOftenTheFileInForceDiffersFromItself() throws IOException {
    try (RawBackend backend = answeringByPath()) {
      String dice =
          one(backend)
              + "backends = { { name = 'one', address = backends[1].address }, 'unix:/nobody' }\n"
              + "function select(request) return { math.random(2), 1 } end\n";
      Files.writeString(directory.resolve("candidate.lua"), dice);
      try (Rsp rsp =
          Rsp.serving(
              directory,
              "candidate = { file = 'candidate.lua', share = 1, every = 0.2 }\n" + dice)) {
        for (int i = 0; i < 40; i++) {
          assertEquals(200, rsp.get("a.example", "/200").status());
        }
        rsp.awaitLog("compared=40 ");
        assertTrue(
            rsp.log().lines().anyMatch(line -> line.matches(".*compared=40 .* unsteady=[1-9].*")),
            rsp::log);
      }
    }
  }

  @Test
  void aCandidateThatFailsOrRunsForEverChangesNoAnswer() throws IOException {
    Files.writeString(
        directory.resolve("candidate.lua"),
        """
        listen = '127.0.0.1:0'
        backends = { '127.0.0.1:9' }
        function select(request)
          while true do end
        end
        """);
    String candidate = "candidate = { file = 'candidate.lua', share = 1, every = 0.2 }\n";
    try (RawBackend backend = answeringByPath();
        Rsp rsp = Rsp.serving(directory, candidate + one(backend))) {
      for (int i = 0; i < 50; i++) {
        assertEquals(200, rsp.get("a.example", "/200").status());
      }
      // "ran too many instructions", or "took too long" where the processor is that slow.
      rsp.awaitLog("candidate.lua:4: the script ");
      rsp.signal("TERM");
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
    }
    try (RawBackend backend = answeringByPath();
        Rsp rsp = Rsp.serving(directory, "candidate = 'missing.lua'\n" + one(backend))) {
      rsp.awaitLog("candidate not compared: 1 problem(s)");
      assertEquals(200, rsp.get("a.example", "/200").status());
    }
  }

  /** Answers with the status that the path names. */
  private static RawBackend answeringByPath() throws IOException {
    return RawBackend.answering(
        (head, wire) ->
            wire.send(
                "HTTP/1.1 "
                    + RawBackend.target(head).substring(1)
                    + " Status\r\nContent-Length: 0\r\n\r\n"));
  }

  private static String one(RawBackend backend) {
    return """
        listen = '127.0.0.1:0'
        backends = {
        %s}
        function select(request)
          if request.host == 'refused.example' then return nil, 'no' end
          return 1
        end
        """
        .formatted(Rsp.slot("live1", backend.address()));
  }

  private Path journal() {
    return directory.resolve("hosts.journal");
  }

  private void awaitLines(String... lines) {
    Eventually.holds(
        () -> "lines " + List.of(lines),
        () -> {
          String text = Files.exists(journal()) ? Files.readString(journal()) : "";
          return List.of(lines).stream()
              .allMatch(line -> Pattern.compile("(?m)^" + line + "$").matcher(text).find());
        });
  }
}
