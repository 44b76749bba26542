// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.Rule;
import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.BlackHole;
import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promises five to twelve of the list in {@link OriginalFileIT}, by the functional tests and
 * the known faults of rsp in C: what it does with traffic.
 */
@Timeout(300)
final class OriginalListIT {
  private static final long MIB = 1024 * 1024;

  @TempDir private Path directory;

  @Test
  void five_elevenMebibytesReachASlowAndAFastClientInBoundedMemory() throws IOException {
    try (RawBackend origin = Origin.start();
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(origin.address()))) {
      String target = "/length/" + 11 * MIB;
      fetch(rsp, target, 0);
      long before = rsp.program().residentKib();
      List<CompletableFuture<String>> slow = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        slow.add(inBackground(() -> fetch(rsp, target, 100)));
      }
      assertEquals(Blob.sum(11 * MIB), fetch(rsp, target, 0));
      slow.forEach(sum -> assertEquals(Blob.sum(11 * MIB), sum.join()));
      long grown = rsp.program().residentKib() - before;
      assertTrue(grown < 64 * 1024, "20 slow readers of 11 MiB took KiB: " + grown);
    }
  }

  /** Runs an action on a thread of its own. */
  private static <T> CompletableFuture<T> inBackground(Callable<T> action) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return action.call();
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        },
        task -> new Thread(task).start());
  }

  /** The SHA-256 of a response whose reader first waits. */
  private static String fetch(Rsp rsp, String target, long waitMillis) throws IOException {
    Blob.Sum sum = new Blob.Sum();
    try (RawClient client = rsp.connect()) {
      client.send("GET " + target + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
      String head = client.wire().head();
      Eventually.pause(waitMillis);
      client.wire().body(head, false, sum);
    }
    return sum.hex();
  }

  @Test
  void six_aClientThatResetsInTheMiddleEndsItsPairOnly() throws IOException {
    try (RawBackend origin = Origin.start();
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(origin.address()))) {
      for (int i = 0; i < 20; i++) {
        RawClient client = rsp.connect();
        client.send("GET /length/" + 100 * MIB + " HTTP/1.1\r\nHost: a.example\r\n\r\n");
        client.wire().head();
        client.wire().reset();
      }
      assertEquals(Blob.sum(MIB), fetch(rsp, "/length/" + MIB, 0));
      Eventually.holds("the end of the backend's side", () -> origin.open() <= 1);
    }
  }

  @Test
  void seven_aClientThatHalfClosesStillGetsItsResponse() throws IOException {
    try (RawBackend backend =
            RawBackend.answering(
                (head, wire) -> {
                  Eventually.pause(200);
                  wire.respond("late");
                });
        Rsp rsp =
            Rsp.serving(directory, Rsp.oneBackend(backend.address()) + "abort_on_close = false\n");
        RawClient client = rsp.connect()) {
      client.send("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").wire().halfClose();
      assertEquals("late", client.read().body());
      assertEquals("", client.wire().rest());
    }
  }

  @Test
  void eight_noBackendNoNameAndNoDescriptorEndsTheProxy() throws IOException {
    String dead = Rsp.oneBackend("127.0.0.1:" + Peer.freePort());
    try (Rsp rsp = Rsp.serving(directory, dead);
        RawBackend backend = RawBackend.named("b")) {
      assertEquals(502, rsp.get("a.example", "/").status());
      Rsp.write(rsp.file(), Rsp.oneBackend("no.such.invalid:80"));
      rsp.reloadRefused();
      assertEquals(502, rsp.get("a.example", "/").status());
      rsp.reconfigure(Rsp.oneBackend(backend.address()));
      assertEquals(200, rsp.get("a.example", "/").status());
      exhaustDescriptors(rsp);
      assertTrue(rsp.program().isAlive());
    }
  }

  private static void exhaustDescriptors(Rsp rsp) throws IOException {
    String[] used = new File("/proc/" + rsp.program().pid() + "/fd").list();
    rsp.program().limitDescriptors((used == null ? 0 : used.length) + 8);
    long start = System.nanoTime();
    List<CompletableFuture<Integer>> statuses = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      statuses.add(inBackground(() -> rsp.get("a.example", "/").status()));
    }
    // A client that cannot be accepted waits in the queue until another closes; none is refused.
    for (CompletableFuture<Integer> status : statuses) {
      assertTrue(List.of(200, 503).contains(status.join()), () -> status.join() + " " + rsp);
    }
    rsp.program().limitDescriptors(4096);
    long seconds = 1 + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
    int refused = (int) statuses.stream().filter(status -> status.join() == 503).count();
    int lines = rsp.count("reason=exhausted: Too many open files");
    assertTrue(lines <= 1 + seconds / 10, () -> lines + " lines in " + seconds + " s: " + rsp);
    assertTrue(lines > 0 || refused == 0, () -> refused + " refused without a line: " + rsp);
    // After a failure, rsp does not accept for half a second.
    Eventually.holds(rsp::toString, () -> rsp.get("a.example", "/").status() == 200);
  }

  @Test
  void nine_fourSlowRequestsRunAtOnceAndABlackHoleDelaysNoOther() throws IOException {
    var allThere = new CountDownLatch(4);
    var othersServed = new CountDownLatch(1);
    try (RawBackend slow =
            RawBackend.answering(
                (head, wire) -> {
                  allThere.countDown();
                  await(othersServed);
                  wire.respond("slow");
                });
        RawBackend fast = RawBackend.named("fast");
        BlackHole hole = new BlackHole();
        Rsp rsp =
            Rsp.serving(
                directory,
                Rsp.byName(
                    Rsp.slot("slow", slow.address()),
                    Rsp.slot("fast", fast.address()),
                    Rsp.slot("hole", hole.address())))) {
      List<RawClient> waiting = new ArrayList<>();
      for (String host : List.of("slow", "hole", "slow", "hole", "slow", "hole", "slow")) {
        waiting.add(rsp.connect().send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"));
      }
      await(allThere);
      for (int i = 0; i < 20; i++) {
        assertEquals(200, rsp.get("fast", "/").status());
      }
      othersServed.countDown();
      for (int i = 0; i < waiting.size(); i++) {
        assertEquals(i % 2 == 0 ? 200 : 504, waiting.get(i).read().status());
        waiting.get(i).close();
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertTrue(latch.await(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  @Rule({29, 30})
  void ten_anEndlessLineOrHeadIsRefusedInBoundedMemory() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()))) {
      rsp.get("a.example", "/");
      long before = rsp.program().residentKib();
      assertEquals(414, endless(rsp, "GET /", "a"));
      // As the original's own test sends it, with CR and no LF.
      assertEquals(400, endless(rsp, "GET /", "a\r"));
      assertEquals(431, endless(rsp, "GET / HTTP/1.1\r\nHost: a.example\r\n", "X-Y: z\r\n"));
      assertEquals(431, endless(rsp, "GET / HTTP/1.1\r\nHost: a.example\r\nX: ", "y"));
      long grown = rsp.program().residentKib() - before;
      assertTrue(grown < 32 * 1024, "KiB: " + grown);
      assertEquals(1, backend.connections());
    }
  }

  /** Sends a beginning, then one text again and again, until rsp closes; returns the status. */
  private static int endless(Rsp rsp, String begin, String more) throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send(begin);
      try {
        for (int i = 0; i < 1000; i++) {
          client.send(more.repeat(1000));
        }
      } catch (IOException e) {
        // rsp has stopped reading; its response can still be read.
      }
      Answer answer = client.read();
      assertEquals("close", answer.field("Connection"));
      return answer.status();
    }
  }

  @Test
  void eleven_hupReloadsAndTermDrains() throws IOException {
    try (RawBackend first = RawBackend.named("first");
        RawBackend second =
            RawBackend.answering(
                (head, wire) -> {
                  Eventually.pause(1000);
                  wire.respond("second");
                });
        Rsp rsp =
            Rsp.serving(
                directory, OriginalFileIT.original("0", "'127.0.0.1'", "" + first.port()))) {
      assertEquals("first a /", rsp.get("a", "/").body());
      rsp.reconfigure(OriginalFileIT.original("0", "'127.0.0.1'", "" + second.port()));
      try (RawClient client = rsp.connect()) {
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Eventually.holds("a request", () -> second.connections() == 1);
        rsp.signal("TERM");
        assertEquals("second", client.read().body());
      }
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
      assertFalse(rsp.log().contains("drain time is over"), rsp::log);
    }
  }

  @Test
  void twelve_itListensOnIpv6AndIpv4() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp =
            Rsp.serving(
                directory,
                "listen = { \"127.0.0.1:0\", \"[::1]:0\" }\nbackends = { \""
                    + backend.address()
                    + "\" }\n")) {
      assertEquals(200, rsp.get("a.example", "/").status());
      try (RawClient client = RawClient.byIpv6(rsp.ports().get(1))) {
        assertEquals(200, client.get("a.example", "/").status());
      }
    }
  }
}
