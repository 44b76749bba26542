// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.CHUNKED_HEAD;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.body;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * There is no memory for one buffer: the first, the second, and so on until all of an exchange has
 * passed. Each time only this exchange and its connections end, at once; it is counted once, all
 * buffers are released, and the next client is served.
 */
@Timeout(60)
final class AllocationFailureTest {
  /** Nothing below needs as many buffers. */
  private static final int MAX_BUFFERS = 500;

  private static final String SWITCHED =
      lines("HTTP/1.1 101 Switching Protocols", "Upgrade: x", "Connection: upgrade");

  private static final String TO_UWSGI = "function select(r) return 'uwsgi:127.0.0.1:1' end";

  /** What passes while a buffer is refused. It goes on as far as there are peers to go on with. */
  static List<Passing> passings() {
    return List.of(
        new Passing("a GET and its answer", 1, Passing::getAndAnswer),
        new Passing("heads in pieces", 1, Passing::headsInPieces),
        new Passing("a large answer", 1, Passing::largeAnswer),
        new Passing("interim answers, and a body until the close", 1, Passing::interimAnswers),
        new Passing("an answer to HTTP/1.0", 1, Passing::oldClient),
        new Passing("a POST in chunks, and a GET behind it", 2, Passing::postInChunks),
        new Passing("a POST before the connection", 1, Passing::postBeforeTheConnection),
        new Passing("a head that takes too long", 1, Passing::lateHead, "timeouts = { head = 1 }"),
        new Passing("a refusal", 1, rig -> rig.client("GET / HTTP/1.1\r\n\r\n")),
        new Passing("a backend that refuses", 1, Passing::backendRefuses),
        new Passing("a backend that leaves", 1, Passing::backendLeaves),
        new Passing("a pipelined pair", 2, Passing::pipelinedPair),
        new Passing("kept connections", 2, Passing::keptConnections),
        new Passing("a request that is lost and sent again", 2, Passing::sentAgain),
        new Passing("a tunnel", 1, Passing::tunnel),
        new Passing("uwsgi", 1, Passing::uwsgi, TO_UWSGI),
        new Passing("chunks to uwsgi", 1, Passing::uwsgiOfChunks, TO_UWSGI),
        new Passing(
            "places of either protocol",
            1,
            Passing::backendRefuses,
            "function select(r) return { 'uwsgi:127.0.0.1:1', 2 } end",
            "function on_failure(r, place, why, n) return nil end"));
  }

  /**
   * What passes.
   *
   * @param requests how many there are
   * @param config more lines of the configuration file
   */
  private record Passing(String name, int requests, Run run, List<String> config) {
    Passing(String name, int requests, Run run, String... config) {
      this(name, requests, run, List.of(config));
    }

    @Override
    public String toString() {
      return name;
    }

    private static void getAndAnswer(EmbeddedRig rig) {
      rig.client(GET);
      answer(rig, ok("body"));
    }

    private static void headsInPieces(EmbeddedRig rig) {
      EmbeddedPeer client = rig.client("GET / HTTP/1.1\r\nHost: a\r\n");
      String field = "X: " + "y".repeat(2000) + "\r\n";
      for (int i = 0; i < 4; i++) {
        client.send(field);
        rig.rest();
      }
      client.send("\r\n");
      EmbeddedPeer backend = rig.backendIfAsked();
      if (backend != null) {
        backend.send("HTTP/1.1 200 OK\r\nDate: x\r\n");
        for (int i = 0; i < 10; i++) {
          backend.send(field);
          rig.rest();
        }
        backend.send("Content-Length: 0\r\n\r\n");
        rig.rest();
      }
    }

    private static void largeAnswer(EmbeddedRig rig) {
      rig.client(GET);
      answer(rig, ok(text(1_500_000)));
    }

    private static void interimAnswers(EmbeddedRig rig) {
      rig.client(GET);
      String hints = lines("HTTP/1.1 103 Early Hints", "Link: x");
      EmbeddedPeer backend = answer(rig, hints + hints + lines("HTTP/1.1 200 OK", "Date: x") + "a");
      if (backend != null) {
        backend.send(text(40_000));
        rig.rest();
        backend.end();
        rig.rest();
      }
    }

    private static void oldClient(EmbeddedRig rig) {
      rig.client("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
      answer(rig, CHUNKED_HEAD + "5\r\nabcde\r\n0\r\n\r\n");
    }

    private static void postInChunks(EmbeddedRig rig) {
      EmbeddedPeer client = rig.client(post("Transfer-Encoding: chunked") + "3\r\nabc\r\n");
      EmbeddedPeer backend = rig.backendIfAsked();
      for (int i = 0; i < 3; i++) {
        client.send("2710\r\n" + text(10_000) + "\r\n");
        rig.rest();
      }
      client.send("0\r\n\r\n" + GET);
      rig.rest();
      if (backend != null) {
        backend.send(lines("HTTP/1.1 200 OK", "Date: x", "Content-Length: 0", "Connection: close"));
        answer(rig, ok("second"));
      }
    }

    private static void postBeforeTheConnection(EmbeddedRig rig) {
      EmbeddedPeer client = rig.client(post("Content-Length: 30003") + "abc");
      client.send(text(30_000));
      client.end(); // then what was sent is read, although there is no connection yet
      answer(rig, ok("body"));
    }

    private static void lateHead(EmbeddedRig rig) {
      rig.client("GET /");
      rig.pass(1300);
    }

    private static void backendRefuses(EmbeddedRig rig) {
      rig.client(GET);
      refuseAll(rig);
    }

    private static void backendLeaves(EmbeddedRig rig) {
      rig.client(GET);
      EmbeddedPeer backend = rig.backendIfAsked();
      if (backend != null) {
        backend.reset();
        rig.rest();
      }
    }

    private static void pipelinedPair(EmbeddedRig rig) {
      rig.client(GET + get("a", "/2"));
      EmbeddedPeer backend = answer(rig, ok("first"));
      if (backend != null) {
        backend.send(ok("second"));
        rig.rest();
      }
    }

    private static void keptConnections(EmbeddedRig rig) {
      EmbeddedPeer client = rig.client(GET);
      EmbeddedPeer backend = answer(rig, ok("first"));
      client.send(post("Content-Length: 3"));
      rig.rest();
      client.send("abc");
      rig.rest();
      if (backend != null) {
        backend.send(ok("second"));
        rig.rest();
      }
    }

    private static void sentAgain(EmbeddedRig rig) {
      EmbeddedPeer client = rig.client(GET);
      EmbeddedPeer backend = answer(rig, ok("first"));
      client.send(GET);
      rig.rest();
      if (backend != null) {
        backend.reset();
        answer(rig, ok("again"));
      }
    }

    private static void tunnel(EmbeddedRig rig) {
      EmbeddedPeer client =
          rig.client(lines("GET / HTTP/1.1", "Host: a", "Upgrade: x", "Connection: upgrade") + "e");
      EmbeddedPeer backend = answer(rig, SWITCHED + "first");
      if (backend != null) {
        for (int i = 0; i < 3; i++) {
          client.send(text(5000));
          backend.send(text(20_000));
          rig.rest();
        }
        client.end();
        backend.end();
        rig.rest();
      }
    }

    private static void uwsgi(EmbeddedRig rig) {
      EmbeddedPeer client = rig.client(post("Content-Length: 5003") + "abc");
      EmbeddedPeer backend = rig.backendIfAsked();
      client.send(text(5000));
      rig.rest();
      if (backend != null) {
        backend.send(ok("1"));
        rig.rest();
      }
    }

    private static void uwsgiOfChunks(EmbeddedRig rig) {
      EmbeddedPeer client = rig.client(post("Transfer-Encoding: chunked\r\nExpect: 100-continue"));
      for (int i = 0; i < 3; i++) {
        client.send("3e8\r\n" + text(1000) + "\r\n");
        rig.rest();
      }
      client.send("0\r\n\r\n");
      answer(rig, ok("1"));
    }

    private static @Nullable EmbeddedPeer answer(EmbeddedRig rig, String answer) {
      EmbeddedPeer backend = rig.backendIfAsked();
      if (backend != null) {
        backend.send(answer);
        rig.rest();
      }
      return backend;
    }

    private static void refuseAll(EmbeddedRig rig) {
      while (rig.refusedIfAsked()) {}
    }

    private static String text(int length) {
      return new String(body(length), StandardCharsets.ISO_8859_1);
    }
  }

  @FunctionalInterface
  private interface Run {
    void on(EmbeddedRig rig);
  }

  @ParameterizedTest
  @MethodSource("passings")
  void endsOneExchange(Passing passing) throws Exception {
    int buffers = 0;
    while (oneFails(passing, buffers)) {
      assertTrue(++buffers < MAX_BUFFERS, "every try had a failure");
    }
    assertTrue(buffers >= 2, "buffers: " + buffers);
  }

  /** Whether there were so many buffers that one could be refused. */
  private static boolean oneFails(Passing passing, int after) throws Exception {
    String when = passing + " after " + after + " buffers: ";
    boolean failed;
    try (EmbeddedRig rig = new EmbeddedRig(passing.config.toArray(String[]::new))) {
      if (!passing.config.isEmpty()) {
        rig.leaveBackendsUnjudged();
      }
      rig.allocator().failAfter(after);
      passing.run.on(rig);
      failed = rig.allocator().stopFailing();
      List<String> errors = rig.takeErrors();
      assertEquals(failed ? 1 : 0, errors.size(), () -> when + errors);
      if (failed) {
        assertEquals(0, rig.loop().clientCount(), when + "the client waits: " + rig.summary());
        assertEquals(0, rig.loop().begun(), when + "begun");
      }
      long ended = rig.ended();
      assertTrue(ended <= passing.requests, when + rig.summary());
      assertNextIsServed(rig, when);
      rig.acceptEndings();
      assertEquals(0, rig.loop().state().held().get(), when + "bytes of bodies held");
    }
    return failed;
  }

  private static void assertNextIsServed(EmbeddedRig rig, String when) {
    long before = rig.ended();
    EmbeddedPeer client = rig.client(GET);
    EmbeddedPeer backend = rig.backendIfAsked();
    if (backend == null) {
      rig.answerOverIdle(ok("next"));
    } else {
      backend.send(ok("next"));
    }
    String answer = client.take();
    assertTrue(answer.endsWith("next"), () -> when + "the next is not served: " + answer);
    assertEquals(before + 1, rig.ended(), when + "ended");
  }
}
