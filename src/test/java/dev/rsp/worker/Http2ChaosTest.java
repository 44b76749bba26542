// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Http2Peer.request;
import static dev.rsp.worker.Messages.ok;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that send frames at random, valid or not, to backends that answer at random. Whatever
 * happens: every exchange ends once, nothing is left, and nothing is logged as an error.
 */
@Timeout(120)
final class Http2ChaosTest {
  private static final int ROUNDS = 60;
  private static final int STEPS = 120;

  private static final String[] ANSWERS = {
    ok("ok"),
    ok("x".repeat(40_000)),
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\n\r\n",
    "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\nuntil the close",
    "no HTTP\r\n\r\n",
  };

  private static final String[] METHODS = {"GET", "HEAD", "POST", "OPTIONS", "CONNECT", "g et"};
  private static final String[] HOSTS = {"a", "b", "a", "b", "a..b", ""};

  private static final String[][] FIELDS = {
    {},
    {},
    {"cookie", "a"},
    {"content-length", "5"},
    {"expect", "100-continue"},
    {"X", "y"},
    {"connection", "close"},
    {"x", "y".repeat(3_000)},
    {"te", "trailers"},
  };

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void nothingIsLeftBehind(long seed) throws Exception {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      try (EmbeddedRig rig = new EmbeddedRig("limits = { http2_streams = 7 }")) {
        rig.leaveBackendsUnjudged();
        play(rig, random);
        rig.acceptEndings();
        rig.leave();
        rig.acceptEndings();
      }
    }
  }

  private static void play(EmbeddedRig rig, Random random) {
    Http2Peer client = Http2Peer.of(rig, random.nextBoolean() ? new int[] {4, 100} : new int[0]);
    List<EmbeddedPeer> backends = new ArrayList<>();
    int last = -1;
    for (int step = 0; step < STEPS; step++) {
      int any = Math.max(1, last - 2 * random.nextInt(4)) + (random.nextInt(20) == 0 ? 3 : 0);
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3 -> {
          last += 2;
          open(client, last, random);
        }
        case 4, 5 -> client.data(any, "x".repeat(random.nextInt(9_000)), random.nextBoolean());
        case 6 -> client.data(any, "hello", true);
        case 7 -> client.reset(any);
        case 8 -> client.windowUpdate(random.nextBoolean() ? 0 : any, 1 + random.nextInt(70_000));
        case 9 -> client.settings(4, random.nextInt(100_000));
        case 10 -> client.headers(any, random.nextBoolean(), "trailer", "x");
        case 11 -> client.peer().takes(random.nextInt(20_000));
        case 12 -> client.peer().takesAll();
        case 13 -> garble(client, random);
        case 14 -> rig.pass(random.nextInt(3_000));
        case 15, 16 -> {
          EmbeddedPeer asked = rig.backendIfAsked();
          if (asked != null) {
            backends.add(asked);
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
    client.peer().takesAll();
    rig.rest();
  }

  private static void open(Http2Peer client, int stream, Random random) {
    String[] head =
        request(METHODS[random.nextInt(METHODS.length)], HOSTS[random.nextInt(HOSTS.length)], "/p");
    String[] more = FIELDS[random.nextInt(FIELDS.length)];
    List<String> all = new ArrayList<>(List.of(head));
    all.addAll(List.of(more));
    client.headers(stream, random.nextBoolean(), all.toArray(String[]::new));
  }

  /** A frame of any type, whose content fits or not. Rare: most of them end the connection. */
  private static void garble(Http2Peer client, Random random) {
    if (random.nextInt(4) == 0) {
      byte[] payload = new byte[random.nextInt(12)];
      random.nextBytes(payload);
      client.frame(random.nextInt(12), random.nextInt(256), random.nextInt(9), payload);
    }
  }

  private static void answer(List<EmbeddedPeer> backends, Random random) {
    if (backends.isEmpty()) {
      return;
    }
    EmbeddedPeer backend = backends.get(random.nextInt(backends.size()));
    if (!backend.isOpen()) {
      backends.remove(backend);
      return;
    }
    switch (random.nextInt(12)) {
      case 0 -> backend.end();
      case 1 -> backend.reset();
      case 2 -> backend.takes(random.nextInt(5_000));
      case 3 -> backend.takesAll();
      default -> backend.send(ANSWERS[random.nextInt(ANSWERS.length)]);
    }
  }
}
