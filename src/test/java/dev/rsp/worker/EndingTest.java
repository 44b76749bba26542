// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.CHUNKED_HEAD;
import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.net.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each exchange ends in exactly one way, and is counted as that and nothing else. */
final class EndingTest {
  private static final String UPGRADE =
      lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: x");
  private static final String SWITCHED =
      lines("HTTP/1.1 101 ", "Upgrade: x", "Connection: upgrade");
  private static final String PART = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 9\r\n\r\nabc";

  /** Plays one exchange to its end. */
  @FunctionalInterface
  interface Scene {
    void play(Rig rig) throws Exception;
  }

  static Stream<Arguments> scenes() {
    return Stream.of(
        scene("a response", "served=1", rig -> answered(rig, GET, ok("1")).head()),
        scene("a tunnel", "tunnelled=1", rig -> answered(rig, UPGRADE, SWITCHED).reset()),
        scene("a bad request line", "refused=1", rig -> refused(rig.client("GET\r\n"), 400)),
        scene("no host", "refused=1", rig -> refused(rig.client(lines("GET / HTTP/1.0")), 400)),
        scene(
            "a script that says no",
            "refused_by_route=1",
            rig -> refused(rig.client(GET), 503),
            "function select() return nil, 'no' end"),
        scene(
            "too many fields",
            "limit_head=1",
            rig -> refused(rig.client(lines("GET / HTTP/1.1", "Host: a", "X: y")), 431),
            "limits = {fields = 1}"),
        scene(
            "a long head",
            "limit_head=1",
            rig -> refused(rig.client("GET / HTTP/1.1\r\nX: " + "y".repeat(600)), 431),
            "limits = {head_bytes = 512}"),
        scene(
            "a long target",
            "limit_target=1",
            rig -> refused(rig.client(Messages.get("a", "/" + "x".repeat(64))), 414),
            "limits = {target_bytes = 64}"),
        scene(
            "a long host",
            "limit_host=1",
            rig -> refused(rig.client(Messages.get("abcde", "/")), 400),
            "limits = {host_bytes = 4}"),
        scene(
            "a large body",
            "limit_body=1",
            rig -> refused(rig.client(post("Content-Length: 11") + "x"), 413),
            "limits = {body_bytes = 10}"),
        scene(
            "a large chunk",
            "limit_body=1",
            rig -> refused(rig.client(post("Transfer-Encoding: chunked") + "b\r\n"), 413),
            "limits = {body_bytes = 10}"),
        scene(
            "many chunks",
            "limit_body=1",
            rig -> {
              Peer client = rig.client(post("Transfer-Encoding: chunked") + "6\r\nabcdef\r\n");
              Peer backend = rig.backend();
              backend.head();
              client.send("5\r\n");
              refused(client, 413);
              backend.expectGone(); // it has no whole request, and must see so
            },
            "limits = {body_bytes = 10}"),
        scene(
            "a long extension",
            "limit_chunk_ext=1",
            rig -> refused(rig.client(post("Transfer-Encoding: chunked") + "1;abcd=e\r\n"), 400),
            "limits = {chunk_ext_bytes = 4}"),
        scene(
            "long trailers",
            "limit_trailer=1",
            rig -> refused(rig.client(post("Transfer-Encoding: chunked") + "0\r\nX: abc\r\n"), 431),
            "limits = {trailer_bytes = 4}"),
        scene(
            "a slow body",
            "limit_body_rate=1",
            rig -> {
              Peer client = rig.client(post("Content-Length: 1000000"));
              rig.backend();
              trickle(rig, client, "x");
              refused(client, 408);
            },
            "timeouts = {body = 0.3}; limits = {body_rate = 10000}"),
        scene(
            "a slow reader",
            "limit_response_rate=1",
            rig -> {
              Peer client = rig.smallClient(GET);
              Peer backend = rig.backend();
              backend.head();
              fill(backend, lines("HTTP/1.1 200 OK", "Date: x", "Content-Length: 999999999"));
              client.read(1);
              backend.expectGone();
            },
            "timeouts = {idle = 1}; limits = {response_rate = 100000000}"),
        scene(
            "a client that reads nothing",
            "client_stalled=1",
            rig -> {
              rig.smallClient(GET);
              Peer backend = rig.backend();
              backend.head();
              fill(backend, lines("HTTP/1.1 200 OK", "Date: x", "Content-Length: 999999999"));
              backend.expectGone();
            },
            "timeouts = {idle = 1}"),
        scene(
            "too many connections",
            "limit_connections=1",
            rig -> {
              rig.client();
              rig.await("the first", () -> rig.clients() == 1);
              refused(rig.client(), 503);
            },
            "limits = {connections = 1}"),
        scene(
            "half a head",
            "head_timeout=1",
            rig -> refused(rig.promptClient("GET /"), 408),
            "timeouts = {head = 0.3}"),
        scene(
            "half a body",
            "body_timeout=1",
            rig -> refused(rig.client(post("Content-Length: 9") + "x"), 408),
            "timeouts = {body = 0.1}"),
        scene(
            "no response",
            "response_timeout=1",
            rig -> refused(rig.client(GET), 504),
            "timeouts = {response = 0.1}"),
        scene(
            "no word for one who waits for it",
            "response_timeout=1",
            rig -> refused(rig.client(post("Content-Length: 9\r\nExpect: 100-continue")), 504),
            "timeouts = {response = 0.1}"),
        scene(
            "nobody there",
            "connect_failed=1",
            rig -> {
              rig.closeBackend(1);
              refused(rig.client(GET), 502);
            }),
        scene(
            "a backend that closes",
            "backend_gone=1",
            rig -> {
              Peer client = rig.client(GET);
              Peer backend = rig.backend();
              backend.head();
              backend.close();
              refused(client, 502);
            }),
        scene(
            "no HTTP",
            "backend_malformed=1",
            rig -> refused(answered(rig, GET, "hello world!\r\n"), 502)),
        scene(
            "an unasked tunnel",
            "backend_malformed=1",
            rig -> refused(answered(rig, GET, SWITCHED), 502)),
        scene(
            "a broken chunk",
            "backend_malformed_body=1",
            rig -> {
              Peer client = rig.client(GET);
              Peer backend = rig.backend();
              backend.head();
              backend.send(CHUNKED_HEAD);
              client.head();
              backend.send("x\r\n");
              client.expectEnd();
            }),
        scene(
            "a response that breaks off",
            "backend_truncated=1",
            rig -> {
              Peer client = rig.client(GET);
              Peer backend = rig.backend();
              backend.head();
              backend.send(PART);
              backend.close();
              client.expect(PART);
              client.expectEnd();
            }),
        scene(
            "a response that stops",
            "backend_stalled=1",
            rig -> {
              Peer client = answered(rig, GET, PART);
              client.expect(PART);
              client.expectEnd();
            },
            "timeouts = {idle = 0.1}"),
        scene("gone in the head", "client_gone_in_head=1", rig -> rig.client("GET /").close()),
        scene(
            "gone in the body",
            "client_gone_in_body=1",
            rig -> rig.client(post("Content-Length: 9") + "x").close()),
        scene(
            "gone before the answer",
            "client_gone_waiting=1",
            rig -> {
              Peer client = rig.client(GET);
              rig.backend().head();
              client.reset();
            }),
        scene(
            "gone in the middle of the answer",
            "client_gone_reading=1",
            rig -> {
              Peer client = answered(rig, GET, PART);
              client.expect(PART);
              client.reset();
            }),
        scene(
            "stopped in the middle",
            "drained=1",
            rig -> {
              rig.client(GET);
              rig.backend().head();
              rig.onLoop(
                  () -> {
                    rig.loop().closeAll();
                    return true;
                  });
            }));
  }

  @ParameterizedTest
  @MethodSource("scenes")
  void isCountedOnce(String expected, Scene scene, String[] config) throws Exception {
    try (Rig rig = new Rig(Transport.of("auto"))) {
      rig.reload(config);
      scene.play(rig);
      rig.await(expected, () -> !rig.summary().isEmpty());
      assertEquals(expected, rig.summary());
      // Whatever is left of its connections ends nothing else.
      rig.onLoop(
          () -> {
            rig.loop().closeAll();
            return true;
          });
      rig.await("no client", () -> rig.clients() == 0);
      assertEquals(expected, rig.summary());
    }
  }

  private static Arguments scene(String name, String expected, Scene scene, String... config) {
    return Arguments.of(expected, Named.of(name, scene), config);
  }

  /**
   * Sends on and on, until it cannot any more; on the loop, so that none of its ticks is missed.
   */
  private static void trickle(Rig rig, Peer peer, String part) {
    Runnable sending =
        () -> {
          try {
            peer.send(part);
          } catch (IOException closed) {
            throw new UncheckedIOException(closed); // which ends it
          }
        };
    var unused =
        rig.loop().net().eventLoop().scheduleWithFixedDelay(sending, 20, 20, TimeUnit.MILLISECONDS);
  }

  /** Sends a head, and at once as much behind it as is taken. */
  private static void fill(Peer peer, String head) {
    byte[] bytes = new byte[64 * 1024];
    start(
        () -> {
          peer.send(head + "\0".repeat(bytes.length));
          while (true) {
            peer.send(bytes);
          }
        });
  }

  /** Does something until it fails, as it does at the latest when the rig closes the peers. */
  private static void start(Callable<Object> task) {
    var thread =
        new Thread(
            () -> {
              try {
                task.call();
              } catch (Exception done) {
                return;
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  private static void refused(Peer client, int status) throws Exception {
    assertEquals("HTTP/1.1 " + status + " ", client.head().substring(0, 13));
  }

  /** A client whose request the backend has answered so. */
  private static Peer answered(Rig rig, String request, String answer) throws Exception {
    Peer client = rig.client(request);
    Peer backend = rig.backend();
    backend.head();
    backend.send(answer);
    if (request.equals(UPGRADE)) {
      client.head();
    }
    return client;
  }
}
