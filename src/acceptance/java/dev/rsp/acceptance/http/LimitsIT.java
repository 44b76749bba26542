// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Limits for one client, in the packaged program: the response, the close, the counter. */
@Timeout(300)
final class LimitsIT {
  private static final String UPLOAD =
      "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 100000\r\n\r\n";

  /**
   * The rate is measured over the time of the timeout; a busy client may pause for a shorter time.
   */
  private static final String RATE = "timeouts = { body = 3 }\nlimits = { body_rate = 1000 }";

  @TempDir private Path directory;

  @Test
  void aBodyThatStopsIsA408AtTheBodyTimeout() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = serving(backend, "timeouts = { body = 0.5 }");
        RawClient client = rsp.connect()) {
      long start = System.nanoTime();
      client.send(UPLOAD + "a few bytes");
      assertRefused(408, client);
      assertTrue(System.nanoTime() - start >= 500_000_000L, "too early");
      assertEquals(Map.of("body_timeout", 1L), rsp.stop());
    }
  }

  @Test
  void aBodyThatNeverStopsButComesTooSlowlyIsA408() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = serving(backend, RATE);
        RawClient client = rsp.connect()) {
      client.send(UPLOAD);
      // 200 bytes per second: never a long pause, and always too slow.
      Eventually.holds(
          "an answer",
          () -> {
            client.send("ten bytes.");
            Eventually.pause(50);
            return client.wire().in().available() > 0;
          });
      assertRefused(408, client);
      assertEquals(Map.of("limit_body_rate", 1L), rsp.stop());
    }
  }

  @Test
  void aBodyThatComesFastEnoughTakesAsLongAsItLikes() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = serving(backend, RATE);
        RawClient client = rsp.connect()) {
      client.send(UPLOAD);
      // Some 7.5 s: more than two periods of the rate, each with 13 times the bytes that it needs.
      for (int i = 0; i < 50; i++) {
        client.send("x".repeat(2000));
        Eventually.pause(150);
      }
      assertEquals(200, client.read().status());
      assertEquals(Map.of("served", 1L), rsp.stop());
    }
  }

  @Test
  void anAddressWithTooManyConnectionsIsA503UntilItClosesSome() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = serving(backend, "limits = { client_connections = 2 }");
        RawClient first = rsp.connect()) {
      assertEquals(200, first.get("a.example", "/").status());
      try (RawClient second = rsp.connect()) {
        assertEquals(200, second.get("a.example", "/").status());
        try (RawClient third = rsp.connect()) {
          assertRefused(503, third);
        }
        // The connections that exist are not affected.
        assertEquals(200, first.get("a.example", "/").status());
        assertEquals(200, second.get("a.example", "/").status());
      }
      Eventually.holds("room for another", () -> rsp.get("a.example", "/").status() == 200);
      Map<String, Long> ended = rsp.stop();
      assertEquals(5, ended.get("served"), ended::toString);
      assertTrue(ended.containsKey("limit_client_connections"), ended::toString);
    }
  }

  private Rsp serving(RawBackend backend, String lua) {
    return Rsp.serving(directory, Rsp.oneBackend(backend.address()) + lua + "\n");
  }

  /** The response is an error of rsp itself, and the connection ends after it. */
  private static void assertRefused(int status, RawClient client) throws IOException {
    Answer answer = client.read();
    assertEquals(status, answer.status());
    assertEquals("", client.wire().rest());
  }
}
