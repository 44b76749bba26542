// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.sites;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sites that are started by their first request, with a real Emperor. */
final class InitialiseIT {
  private static final long KIB = 1024;
  private static final long MIB = 1024 * KIB;

  private static Path directory;
  @AutoClose private static Emperor emperor;
  @AutoClose private static Rsp rsp;

  @BeforeAll
  static void start(@TempDir Path temporary) throws IOException {
    directory = Files.createDirectories(temporary.resolve("m"));
    emperor = new Emperor(directory);
    rsp = Rsp.serving(temporary, emperor.lua("timeout = 60"));
  }

  @Test
  void theFirstRequestOfASleepingSiteGetsItsPage() throws IOException {
    Answer answer = rsp.get("first.example", "/hello");
    assertEquals(200, answer.status(), () -> answer + rsp.log() + emperor);
    assertTrue(answer.body().contains("\"PATH_INFO\": \"/hello\""), answer.body());
    assertEquals(1, emperor.calls("first.example"));
    rsp.awaitLog("initialise host=first.example url=http://127.0.0.1:");
    rsp.awaitLog("initialise accepted host=first.example after=");
    rsp.awaitLog("started host=first.example after=");
    assertEquals(200, rsp.get("first.example", "/").status());
    assertEquals(1, emperor.calls("first.example"));
  }

  @Test
  void manyFirstRequestsStartItOnceAndEachGetsItsOwnAnswer() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(20);
    List<Future<String>> answers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      int number = i;
      answers.add(clients.submit(() -> ask("many.example", number)));
    }
    for (int i = 0; i < 20; i++) {
      assertEquals(expected(i), answers.get(i).get(90, TimeUnit.SECONDS), () -> rsp.log());
    }
    clients.shutdown();
    assertEquals(1, emperor.calls("many.example"));
  }

  /** A GET, a POST with a length, or a chunked one. */
  private static String ask(String host, int number) throws IOException {
    long length = 40 * KIB * number;
    try (RawClient client = rsp.connect()) {
      switch (number % 3) {
        case 0 -> {
          String body = client.get(host, "/number-" + number).body();
          return body.contains("\"PATH_INFO\": \"/number-" + number + "\"") ? "own" : body;
        }
        case 1 -> {
          return client.upload(host, length);
        }
        default -> {
          client.sendChunked(host, length);
          return client.read().body();
        }
      }
    }
  }

  private static String expected(int number) {
    long length = 40 * KIB * number;
    return number % 3 == 0 ? "own" : Blob.received(length);
  }

  @Test
  void aHeadAndALargeUploadWaitAsWell() throws IOException {
    try (RawClient client = rsp.connect();
        RawClient other = rsp.connect()) {
      client.send("HEAD / HTTP/1.1\r\nHost: waiting.example\r\n\r\n");
      other.send("PUT /sum HTTP/1.1\r\nHost: waiting.example\r\nContent-Length: ");
      other.send(20 * MIB + "\r\n\r\n");
      Blob.write(20 * MIB, other.wire().out());
      assertTrue(client.wire().head().startsWith("HTTP/1.1 200 "));
      assertEquals(Blob.received(20 * MIB), other.read().body());
      Blob.file(directory, 20 * MIB);
      assertEquals(Blob.sum(20 * MIB), client.sum("waiting.example", "/length/" + 20 * MIB));
    }
    assertEquals(1, emperor.calls("waiting.example"));
  }

  @Test
  void anApplicationThatDiesIsNotStartedByTheUrl() throws IOException {
    assertEquals(200, rsp.get("dying.example", "/").status());
    assertEquals(502, rsp.get("dying.example", "/die").status());
    try (RawClient client = rsp.connect()) {
      client.send("GET /die-in-body HTTP/1.1\r\nHost: dying.example\r\n\r\n");
      String head = client.wire().head();
      assertThrows(
          EOFException.class,
          () -> client.wire().body(head, false, OutputStream.nullOutputStream()));
    }
    assertEquals(200, rsp.get("dying.example", "/").status());
    assertEquals(1, emperor.calls("dying.example"));
  }

  @Test
  void aSiteThatIsRefusedOrUnknownIsRememberedAsThat() throws IOException {
    assertEquals(503, rsp.get("refused.example", "/").status());
    assertEquals(503, rsp.get("refused.example", "/").status());
    assertEquals(1, emperor.calls("refused.example"));
    assertEquals(404, rsp.get("unknown.example", "/").status());
    assertEquals(1, emperor.calls("unknown.example"));
  }

  @Test
  void aSiteThatNeverComesUpIsGivenUp(@TempDir Path own) throws IOException {
    try (Rsp impatient = Rsp.serving(own, emperor.lua("timeout = 2"));
        RawClient client = impatient.connect()) {
      // The first call of a URL may take a JVM as long.
      assertEquals(503, impatient.get("refused2.example", "/").status());
      client.send("GET / HTTP/1.1\r\nHost: broken.example\r\nAccept: text/html\r\n\r\n");
      Answer answer = client.read();
      assertEquals(503, answer.status());
      assertEquals("2", answer.field("Retry-After"));
      assertTrue(answer.body().contains("could not be started"), answer.body());
      assertEquals(503, client.get("broken.example", "/").status());
      impatient.awaitLog("not started host=broken.example after=");
      assertEquals(1, emperor.calls("broken.example"));
      impatient.signal("USR1");
      impatient.awaitLog("starts called=2 accepted=1 failed=2 waited=");
    }
  }

  @Test
  void aSiteThatWasStartedBeforeIsABadGateway(@TempDir Path own) throws IOException {
    Path markers = Files.createDirectories(own.resolve("markers"));
    Files.createFile(markers.resolve("before.example.ini"));
    try (Rsp other =
        Rsp.serving(own, emperor.lua("unless_exists = \"" + markers + "/{host}.ini\""))) {
      assertEquals(502, other.get("before.example", "/").status());
      assertEquals(0, emperor.calls("before.example"));
      other.awaitLog("not started host=before.example after=");
      other.stop();
      // The request may not have waited at all, if the file was found before.
      other.awaitLog("starts existing=1");
    }
  }

  /** A balancer that hashes hosts to machines, each with its own proxy, Emperor and sites. */
  @Test
  void bothTiersOfAPlatformWorkTogether(@TempDir Path own) throws Exception {
    Path one = Files.createDirectories(own.resolve("1"));
    Path two = Files.createDirectories(own.resolve("2"));
    Path front = Files.createDirectories(own.resolve("0"));
    try (Emperor firstEmperor = new Emperor(one);
        Emperor secondEmperor = new Emperor(two);
        Rsp first = Rsp.serving(one, firstEmperor.lua("timeout = 60"));
        Rsp second = Rsp.serving(two, secondEmperor.lua("timeout = 60"));
        Rsp balancer =
            Rsp.serving(
                front,
                "listen = \"127.0.0.1:0\"\nbackends = {\n"
                    + Rsp.slot("first", "127.0.0.1:" + first.port())
                    + Rsp.slot("second", "127.0.0.1:" + second.port())
                    + "}\n")) {
      int[] started = new int[2];
      for (int i = 0; i < 6; i++) {
        String host = "site" + i + ".example";
        try (RawClient client = balancer.connect()) {
          assertEquals(Blob.received(100_000), client.upload(host, 100_000));
          String known = client.get(host, "/a%20b").body();
          assertTrue(known.contains("\"HTTP_HOST\": \"" + host + "\""), known);
          assertTrue(known.contains("\"HTTP_X_FORWARDED_FOR\": \"127.0.0.1, 127.0.0.1\""), known);
        }
        started[0] += firstEmperor.calls(host);
        started[1] += secondEmperor.calls(host);
      }
      assertEquals(6, started[0] + started[1]);
      assertTrue(started[0] > 0 && started[1] > 0, started[0] + " " + started[1]);
    }
  }
}
