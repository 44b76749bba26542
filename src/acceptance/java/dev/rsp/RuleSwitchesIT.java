// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rules that the configuration can relax, relaxed: what is taken then, what goes on instead of
 * it, and what is refused all the same. That all is refused by default, {@link RuleRequestsIT} and
 * {@link RuleResponsesIT} show.
 */
final class RuleSwitchesIT {
  private static final String NEXT = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext";

  @AutoClose private static RuleStage stage;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    stage =
        new RuleStage(
            directory,
            """
            lenient = { response_lf = true, equal_lengths = true }
            default_host = "default.example"
            forwarded = "append"
            """);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\nDate: x\nX: y\nContent-Length: 4\n\nbody",
        "HTTP/1.1 200 OK\r\nDate: x\nX: y\r\nContent-Length: 4\n\r\nbody",
      })
  @Rule(5)
  void aResponseWhoseLinesEndWithLfIsPassedOnWithLineEndsOfItsOwn(String answer)
      throws IOException {
    try (RawClient client = stage.connect()) {
      Answer got = client.get("a", stage.answering(answer));
      assertEquals("HTTP/1.1 200 OK\r\nDate: x\r\nX: y\r\nContent-Length: 4\r\n", got.head());
      assertEquals("body", got.body());
      assertEquals("next", client.get("a", stage.answering(NEXT)).body());
    }
  }

  @Test
  @Rule(5)
  void aRequestWhoseLinesEndWithLfIsRefusedAllTheSame() throws IOException {
    assertRefused("GET / HTTP/1.1\nHost: a\n\n");
    assertRefused("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"5, 5", "5,5,5", "5\r\nContent-Length: 5", "05, 5"})
  @Rule({47, 69})
  void aLengthThatIsSaidSeveralTimesIsPassedOnOnce(String length) throws IOException {
    try (RawClient client = stage.connect()) {
      client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\nhello");
      String seen = client.read().body();
      assertEquals(2, seen.split("Content-Length: 5\r\n", -1).length, seen);
      assertEquals(2, seen.split("Content-Length", -1).length, seen);
      assertTrue(seen.endsWith("\r\n\r\nhello"), seen);
      String path =
          stage.answering("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\nhello");
      Answer got = client.get("a", path);
      assertEquals(2, got.head().split("Content-Length: 5\r\n", -1).length, got.head());
      assertEquals("hello", got.body());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"5, 6", "5,", "5\r\nContent-Length: 6", "5 5", "+5, +5", "0, 5"})
  @Rule({47, 69})
  void lengthsThatDifferAreRefusedAllTheSame(String length) throws IOException {
    assertRefused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\nhello");
    try (RawClient client = stage.connect()) {
      String path =
          stage.answering("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\nhello");
      assertEquals(502, client.get("a", path).status());
    }
  }

  private static void assertRefused(String request) throws IOException {
    try (RawClient client = stage.connect()) {
      Answer answer = client.send(request).read();
      assertEquals(400, answer.status());
      assertEquals("close", answer.field("Connection"));
      assertEquals("", client.wire().rest());
    }
  }

  @Test
  @Rule(17)
  void aRequestOfHttp10WithoutHostGetsTheDefaultAndOneOfHttp11IsRefused() throws IOException {
    try (RawClient client = stage.connect()) {
      String seen = client.send("GET / HTTP/1.0\r\n\r\n").read().body();
      assertTrue(seen.startsWith("GET / HTTP/1.1\r\nHost: default.example\r\n"), seen);
    }
    assertRefused("GET / HTTP/1.1\r\n\r\n");
  }

  @Test
  @Rule(39)
  void whatATrustedHopSaysIsKeptBeforeOursAndNamesWithUnderscoresAreDropped() throws IOException {
    String kept =
        String.join(
            "\r\n",
            "GET / HTTP/1.1",
            "Host: a",
            "X-Forwarded-For: 192.0.2.9",
            "Forwarded: for=b",
            "");
    String dropped = "X_Forwarded_For: 6.6.6.6\r\nX-Forwarded_Proto: https\r\n\r\n";
    String ours =
        String.join(
            "\r\n",
            "Via: 1.1 edge-1",
            "X-Forwarded-For: 127.0.0.1",
            "X-Forwarded-Proto: http",
            "X-Forwarded-Host: a",
            "\r\n");
    try (RawClient client = stage.connect()) {
      assertEquals(kept + ours, client.send(kept + dropped).read().body());
    }
  }
}
