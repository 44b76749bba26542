// SPDX-License-Identifier: Apache-2.0
package dev.rsp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rules on the wire of the packaged program that show only in the course of an exchange. */
final class RuleExchangesIT {
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n";
  private static final String POST = "POST / HTTP/1.1\r\nHost: a\r\n";
  private static final String CHUNKED = POST + "Transfer-Encoding: chunked\r\n\r\n";

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @AutoClose private static RuleStage stage;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    stage = new RuleStage(directory);
  }

  @Test
  @Rule(22)
  void aHostWithoutAPlaceIsRefusedAndNoneIsMisdirected() throws IOException {
    try (RawClient client = stage.connect()) {
      assertEquals(200, client.get("nobody-knows.example", "/").status());
      Answer answer = client.get("refused.example", "/");
      assertEquals(503, answer.status());
      assertEquals("503 not here\n", answer.body());
      // It was a good request, so the connection stays.
      assertEquals(200, client.get("a", "/").status());
    }
  }

  @Test
  @Rule(38)
  void optionsThatMayGoNoFurtherAreAnsweredHere() throws IOException {
    int before = stage.requests();
    try (RawClient client = stage.connect()) {
      client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
      Answer answer = client.read();
      assertEquals(200, answer.status());
      assertTrue(answer.field("Allow").contains("GET"));
      assertEquals(before, stage.requests());
      assertEquals(200, client.get("a", "/").status());
    }
  }

  @Test
  @Rule(49)
  void aBodyThatEndsEarlyEndsTheBackendsConnection() throws IOException {
    for (String start :
        List.of(POST + "Content-Length: 5\r\n\r\nhel", CHUNKED + "5\r\nhello\r\n0\r\n")) {
      int heads = stage.heads();
      int aborted = stage.aborted();
      int before = stage.requests();
      try (RawClient client = stage.connect()) {
        client.send(start);
        Eventually.holds("the head arrives", PATIENCE, () -> stage.heads() > heads);
        client.wire().halfClose();
        assertEquals("", client.wire().rest());
      }
      Eventually.holds("the backend sees the end", PATIENCE, () -> stage.aborted() > aborted);
      assertEquals(before, stage.requests());
    }
  }

  @Test
  @Rule(58)
  void aContinueOfTheBackendIsRelayedBeforeTheBody() throws IOException {
    try (RawClient client = stage.connect()) {
      client.send(POST + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n");
      assertEquals(100, client.read().status());
      client.send("hello");
      assertTrue(client.read().body().endsWith("\r\n\r\nhello"));
    }
  }

  @Test
  @Rule(58)
  void aFinalAnswerInPlaceOfAContinueIsRelayedWithoutTheBody() throws IOException {
    String path = stage.answeringBeforeTheBody("HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno");
    int before = stage.requests();
    try (RawClient client = stage.connect()) {
      client.send(
          ("POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n")
              + "Expect: 100-continue\r\n\r\n");
      Answer answer = client.read();
      assertEquals(417, answer.status());
      assertEquals("close", answer.field("Connection"));
      client.send(GET + "\r\n"); // as long as the body or not, it is no request any more
      assertEquals("", client.wire().rest());
    }
    assertEquals(before, stage.requests());
  }

  @Test
  @Rule(76)
  void nothingIsReadAfterARequestThatCloses() throws IOException {
    int before = stage.requests();
    try (RawClient client = stage.connect()) {
      client.send(GET + "Connection: close\r\n\r\n" + GET + "\r\n");
      Answer answer = client.read();
      assertEquals("close", answer.field("Connection"));
      assertEquals("", client.wire().rest());
    }
    assertEquals(before + 1, stage.requests());
  }
}
