// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Http2Peer.GOAWAY;
import static dev.rsp.worker.Http2Peer.RST_STREAM;
import static dev.rsp.worker.Http2Peer.request;
import static dev.rsp.worker.Messages.lines;
import static dev.rsp.worker.Messages.post;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Backends that send frames of HTTP/2 at random, valid or not, to clients of both versions that
 * come and go. Whatever happens: every exchange ends once, nothing is left, nothing is logged as an
 * error, and what a client of HTTP/1 gets is HTTP/1.
 */
@Timeout(120)
final class Http2BackendChaosTest {
  private static final int ROUNDS = 40;
  private static final int STEPS = 150;

  private static final String[][] HEADS = {
    {":status", "200"},
    {":status", "200", "content-length", "5"},
    {":status", "204"},
    {":status", "304", "content-length", "9"},
    {":status", "103", "link", "x"},
    {":status", "100"},
    {":status", "101"},
    {":status", "2x0"},
    {":status", "200", "X", "y"},
    {":status", "200", "connection", "close"},
    {"grpc-status", "0"},
    {":status", "503", "x", "y".repeat(5_000)},
  };

  private static final String WEBSOCKET =
      lines(
          "GET / HTTP/1.1",
          "Host: a",
          "Connection: upgrade",
          "Upgrade: websocket",
          "Sec-WebSocket-Version: 13",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");

  private static final String[] REQUESTS = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
    post("Content-Length: 5") + "hello",
    post("Content-Length: 50000") + "part",
    post("Transfer-Encoding: chunked") + "5\r\nhello\r\n",
    post("Transfer-Encoding: chunked") + "5\r\nhello\r\n0\r\n\r\n",
    post("Expect: 100-continue\r\nContent-Length: 5"),
    WEBSOCKET,
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void nothingIsLeftBehind(long seed) throws Exception {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      try (EmbeddedRig rig = new EmbeddedRig(Http2BackendTest.H2C)) {
        rig.leaveBackendsUnjudged();
        play(rig, random);
        rig.acceptEndings();
        rig.leave();
        // A client of HTTP/1 that is not read is not seen to leave: its request ends in its time.
        do {
          rig.pass(70_000);
        } while (rig.refusedIfAsked());
        rig.acceptEndings();
      }
    }
  }

  private static void play(EmbeddedRig rig, Random random) {
    List<EmbeddedPeer> clients = new ArrayList<>();
    List<Http2Peer> backends = new ArrayList<>();
    Http2Peer http2 = Http2Peer.of(rig, random.nextBoolean() ? new int[] {4, 100} : new int[0]);
    int last = -1;
    for (int step = 0; step < STEPS; step++) {
      int any = Math.max(1, last - 2 * random.nextInt(4));
      switch (random.nextInt(20)) {
        case 0, 1 -> clients.add(rig.client(REQUESTS[random.nextInt(REQUESTS.length)]));
        case 2 -> {
          last += 2;
          String method = random.nextBoolean() ? "GET" : "POST";
          http2.headers(last, random.nextBoolean(), request(method, "a", "/p"));
        }
        case 3 -> http2.data(any, "x".repeat(random.nextInt(9_000)), random.nextBoolean());
        case 4 -> http2.headers(any, true, "x-trailer", "x");
        case 5 -> http2.reset(any);
        case 6 -> http2.windowUpdate(random.nextBoolean() ? 0 : any, 1 + random.nextInt(70_000));
        case 7 -> {
          if (!clients.isEmpty()) {
            disturb(clients.get(random.nextInt(clients.size())), random);
          }
        }
        case 8 -> rig.pass(random.nextInt(2_000));
        case 9, 10 -> {
          EmbeddedPeer asked = rig.backendIfAsked();
          if (asked != null) {
            backends.add(greeted(asked, random));
          }
        }
        default -> answer(backends, random);
      }
      if (random.nextBoolean()) {
        rig.rest();
      }
    }
    if (random.nextInt(4) == 0) {
      rig.loop().drain();
    }
    http2.peer().takesAll();
    rig.rest();
  }

  private static void disturb(EmbeddedPeer client, Random random) {
    switch (random.nextInt(6)) {
      case 0 -> client.reset();
      case 1 -> client.end();
      case 2 -> client.takes(random.nextInt(2_000));
      case 3 -> client.takesAll();
      default -> client.send("hello");
    }
  }

  private static Http2Peer greeted(EmbeddedPeer peer, Random random) {
    Http2Peer backend = Http2Peer.backendOn(peer);
    switch (random.nextInt(8)) {
      case 0 -> peer.end();
      case 1 -> peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
      case 2 -> backend.settings(3, random.nextInt(3));
      case 3 -> backend.settings(4, random.nextInt(100), 8, 1);
      default -> backend.settings(8, 1);
    }
    return backend;
  }

  private static void answer(List<Http2Peer> backends, Random random) {
    if (backends.isEmpty()) {
      return;
    }
    Http2Peer backend = backends.get(random.nextInt(backends.size()));
    if (!backend.peer().isOpen()) {
      backends.remove(backend);
      return;
    }
    int stream = 1 + 2 * random.nextInt(6);
    boolean last = random.nextBoolean();
    switch (random.nextInt(24)) {
      case 0 -> backend.peer().end();
      case 1 -> backend.peer().reset();
      case 2 -> backend.peer().takes(random.nextInt(3_000));
      case 3 -> backend.peer().takesAll();
      case 4 -> backend.frame(RST_STREAM, 0, stream, random.nextInt(15));
      case 5 -> backend.frame(RST_STREAM, 0, stream, 7);
      case 6 -> {
        byte[] payload = {0, 0, 0, (byte) stream, 0, 0, 0, (byte) random.nextInt(14)};
        backend.frame(GOAWAY, 0, 0, payload);
      }
      case 7 -> backend.settings(3, random.nextInt(4), 4, random.nextInt(70_000));
      case 8, 9 -> backend.windowUpdate(last ? 0 : stream, 1 + random.nextInt(70_000));
      case 10 -> backend.ping(random.nextLong(), false);
      case 11 -> garble(backend, random);
      case 12, 13, 14 -> backend.data(stream, "hello", last);
      case 15 -> backend.data(stream, "x".repeat(random.nextInt(16_384)), last);
      default -> backend.headers(stream, last, HEADS[random.nextInt(HEADS.length)]);
    }
  }

  /** A frame of any type, whose content fits or not. Rare: most of them end the connection. */
  private static void garble(Http2Peer backend, Random random) {
    if (random.nextInt(4) == 0) {
      byte[] payload = new byte[random.nextInt(12)];
      random.nextBytes(payload);
      backend.frame(random.nextInt(12), random.nextInt(256), random.nextInt(9), payload);
    }
  }
}
