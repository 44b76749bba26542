// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.Rule;
import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.BlackHole;
import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Backends that refuse connections, close them, do not answer, or answer with malformed responses.
 */
@Timeout(300)
final class FaultsIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  private static final String POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";

  @TempDir private Path directory;

  @Test
  @Rule(74)
  void aBackendThatRefusesIsA502AtOnceAndTheNextInOrderIsAsked() throws IOException {
    int dead = Peer.freePort();
    String select =
        """
        function select(request)
          if request.host == "both" then return { 1, 2 } end
          return 1
        end
        """;
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp =
            Rsp.serving(
                directory,
                // No test waits for as long as this timeout.
                "listen = \"127.0.0.1:0\"\ntimeouts = { connect = 600, connect_retry = 0 }\n"
                    + "backends = { \"127.0.0.1:%d\", \"%s\" }\n%s"
                        .formatted(dead, backend.address(), select))) {
      assertEquals(502, rsp.get("a", "/").status());
      String address = "127.0.0.1:" + dead;
      rsp.awaitLog(
          "backend failed slot=%1$s address=%1$s tried=%1$s reason=refused: Connection refused\n"
              .formatted(address));
      assertEquals("b both /", rsp.get("both", "/").body());
    }
  }

  /** As while it is restarted: nothing was sent to it, so nothing need be lost. */
  @Test
  void aBackendThatIsRestartedUnderLoadLosesNoRequest() throws Exception {
    int port = Peer.freePort();
    try (Rsp rsp = Rsp.serving(directory, Rsp.oneBackend("127.0.0.1:" + port) + "loops = 1\n");
        Program first = nginx(port)) {
      Eventually.holds("an answer", () -> rsp.get("a", "/").status() == 200);
      ExecutorService clients = Executors.newCachedThreadPool();
      try {
        List<Future<Integer>> statuses = new ArrayList<>();
        long end = System.nanoTime() + 2_500_000_000L;
        first.signal("TERM");
        first.awaitExit();
        Future<Program> second = clients.submit(() -> startLater(port));
        while (System.nanoTime() < end) {
          boolean post = statuses.size() % 2 == 1;
          statuses.add(clients.submit(() -> status(rsp, post ? POST : GET)));
          Eventually.pause(5);
        }
        List<Integer> all = new ArrayList<>();
        for (Future<Integer> status : statuses) {
          all.add(status.get());
        }
        second.get().close();
        assertEquals(Collections.nCopies(all.size(), 200), all);
        assertTrue(all.size() > 100, "requests: " + all.size());
      } finally {
        clients.shutdownNow();
      }
    }
  }

  private Program startLater(int port) throws IOException {
    Eventually.pause(1_700);
    return nginx(port);
  }

  private static int status(Rsp rsp, String request) throws IOException {
    try (RawClient client = rsp.connect()) {
      return client.send(request).read().status();
    }
  }

  private Program nginx(int port) throws IOException {
    String conf =
        """
        daemon off;
        master_process off;
        pid %1$s/nginx.pid;
        error_log stderr warn;
        events { worker_connections 4096; }
        http {
          access_log off;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          server {
            listen 127.0.0.1:%2$d;
            location / { return 200 "ok\\n"; }
          }
        }
        """
            .formatted(directory, port);
    Path file = Files.writeString(directory.resolve("nginx.conf"), conf);
    return Program.start(
        "nginx", "-e", "stderr", "-p", directory.toString(), "-c", file.toString());
  }

  @Test
  void aBackendThatNeitherAcceptsNorRefusesIsA504AtTheConnectTimeout() throws IOException {
    try (BlackHole hole = new BlackHole();
        RawBackend backend = RawBackend.named("b")) {
      String lua =
          "loops = 1\n"
              + Rsp.byName(Rsp.slot("hole", hole.address()), Rsp.slot("b", backend.address()));
      String request = "GET / HTTP/1.1\r\nHost: hole\r\n\r\n";
      try (Rsp rsp = Rsp.serving(directory, "timeouts = { connect = 600 }\n" + lua);
          RawClient stuck = rsp.connect();
          RawClient other = rsp.connect()) {
        stuck.send(request);
        for (int i = 0; i < 10; i++) {
          assertEquals("b b /", rsp.get("b", "/").body()); // other requests do not wait for it
        }
        assertEquals(0, stuck.wire().in().available());
        rsp.reconfigure("timeouts = { connect = 1 }\n" + lua);
        long start = System.nanoTime();
        assertEquals(504, other.send(request).read().status());
        assertTrue(millisSince(start) >= 1000, "too early, milliseconds: " + millisSince(start));
        assertEquals(0, stuck.wire().in().available()); // the timeouts of its start still hold
      }
    }
  }

  @Test
  @Rule(74)
  void aBackendThatDoesNotAnswerIsA504AtTheResponseTimeout() throws IOException {
    try (RawBackend mute = RawBackend.holding(wire -> wire.rest());
        Rsp rsp = serving(mute, "timeouts = { response = 0.5 }\n")) {
      long start = System.nanoTime();
      assertEquals(504, rsp.get("a", "/").status());
      assertTrue(millisSince(start) >= 500, "too early, milliseconds: " + millisSince(start));
    }
  }

  /** Answers the first request of each connection, and closes it when it has read the second. */
  private static RawBackend.Conversation closingAtTheSecond(AtomicInteger seen) {
    return wire -> {
      for (int i = 0; i < 2; i++) {
        String head = wire.head();
        if (head.isEmpty()) {
          return;
        }
        wire.body(head, false, OutputStream.nullOutputStream());
        seen.incrementAndGet();
        if (i == 0) {
          wire.respond("first");
        }
      }
    };
  }

  @Test
  @Rule(78)
  void aGetThatMetAClosingConnectionIsSentOnceMore() throws IOException {
    AtomicInteger seen = new AtomicInteger();
    try (RawBackend backend = RawBackend.holding(closingAtTheSecond(seen));
        Rsp rsp = serving(backend, "");
        RawClient client = rsp.connect()) {
      assertEquals("first", client.send(GET).read().body());
      assertEquals("first", client.send(GET).read().body());
      assertEquals(2, backend.connections());
      assertEquals(3, seen.get());
    }
  }

  @Test
  @Rule(78)
  void aPostIsNeverSentTwice() throws IOException {
    AtomicInteger seen = new AtomicInteger();
    try (RawBackend backend = RawBackend.holding(closingAtTheSecond(seen));
        Rsp rsp = serving(backend, "");
        RawClient client = rsp.connect()) {
      assertEquals("first", client.send(GET).read().body());
      assertEquals(502, client.send(POST).read().status());
      assertEquals(2, seen.get());
    }
  }

  @Test
  @Rule(79)
  void aBackendThatClosedItsIdleConnectionIsNotAskedOnIt() throws IOException {
    try (RawBackend backend =
            RawBackend.holding(
                wire -> {
                  wire.head();
                  wire.respond("only");
                  wire.halfClose();
                  wire.rest(); // until rsp ends its side, because it saw the end of this side
                });
        Rsp rsp = serving(backend, "");
        RawClient client = rsp.connect()) {
      for (int i = 1; i <= 5; i++) {
        assertEquals("only", client.send(GET).read().body());
        Eventually.holds("the end of both sides", () -> backend.open() == 0);
        assertEquals(i, backend.connections());
      }
      assertEquals(
          "only",
          client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n").read().body());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 50})
  @Rule({72, 80})
  void unsolicitedBytesOfABackendReachNoClient(int afterMillis) throws IOException {
    String poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    try (RawBackend backend =
            RawBackend.holding(
                wire -> {
                  wire.head();
                  String answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine";
                  if (afterMillis == 0) {
                    wire.send(answer + poison);
                  } else {
                    wire.send(answer);
                    Eventually.pause(afterMillis);
                    wire.send(poison);
                  }
                  wire.rest();
                });
        // These connections are not closed because they are idle for long.
        Rsp rsp = serving(backend, "timeouts = { backend_keepalive = 600 }\n");
        RawClient client = rsp.connect()) {
      for (int i = 0; i < 5; i++) {
        assertEquals("mine", client.send(GET).read().body());
        // Bytes that come after the next request is sent could be the response to it.
        Eventually.holds("the end of that connection", () -> backend.open() == 0);
      }
    }
  }

  @Test
  @Rule(73)
  void anAnswerThatIsNoneIsA502() throws IOException {
    try (RawBackend backend =
            RawBackend.holding(
                wire -> {
                  wire.head();
                  wire.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
                });
        Rsp rsp = serving(backend, "")) {
      assertEquals(502, rsp.get("a", "/").status());
    }
  }

  @Test
  @Rule({51, 81})
  void aRefusalInTheMiddleOfAnUploadReachesTheClient() throws IOException {
    try (RawBackend backend =
            RawBackend.holding(
                wire -> {
                  wire.head();
                  wire.send(
                      "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
                  Eventually.pause(200);
                });
        Rsp rsp = serving(backend, "");
        RawClient client = rsp.connect()) {
      client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
      client.send("x".repeat(1_000_000));
      Answer answer = client.read();
      assertEquals(413, answer.status());
      assertEquals("big", answer.body());
    }
  }

  @Test
  @Rule({30, 74})
  void aClientThatSendsItsHeadTooSlowlyGetsA408AndOthersAreServed() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = serving(backend, "");
        RawClient slow = rsp.connect();
        RawClient other = rsp.connect()) {
      // The time of a second head on a connection counts from its first byte.
      assertEquals("b a /", slow.get("a", "/").body());
      assertEquals("b a /", other.get("a", "/").body());
      rsp.reconfigure(lua(backend) + "timeouts = { head = 0.5 }\n");
      slow.send("GET / HTTP/1.1\r\nHo");
      assertEquals("b a /", other.get("a", "/").body());
      assertEquals(408, slow.read().status());
      assertEquals("", slow.wire().rest());
    }
  }

  private Rsp serving(RawBackend backend, String more) {
    return Rsp.serving(directory, lua(backend) + more);
  }

  private static String lua(RawBackend backend) {
    return Rsp.oneBackend(backend.address()) + "loops = 1\n";
  }

  private static long millisSince(long nanos) {
    return (System.nanoTime() - nanos) / 1_000_000;
  }
}
