// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.rsp.Rule;
import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The rules of responses on the wire of the packaged program: a backend's bytes, a client's bytes.
 */
final class RuleResponsesIT {
  private static final String OK = "HTTP/1.1 200 OK\r\nDate: x\r\n";
  private static final String EMPTY = "Content-Length: 0\r\n\r\n";
  private static final String CHUNKS = "Transfer-Encoding: chunked\r\n\r\n";
  private static final String SWITCHED =
      "HTTP/1.1 101 \r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
  private static final String NEXT = "HTTP/1.1 200 OK\r\nDate: x\r\nContent-Length: 4\r\n\r\nnext";

  @AutoClose private static RuleStage stage;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    stage = new RuleStage(directory);
  }

  /** The number of the rule, the bytes of the backend, and those of the client. */
  static Stream<Arguments> passed() {
    String hints = "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n";
    return Stream.of(
        arguments(1, OK.replace("1.1", "1.0") + EMPTY, OK + EMPTY),
        arguments(23, OK + "X : y\r\nY\t:\tz\r\n" + EMPTY, OK + "X: y\r\nY: z\r\n" + EMPTY),
        same(28, OK + "Set-Cookie: a=1\r\nX: y\r\nSet-Cookie: a=2\r\n" + EMPTY),
        arguments(32, OK + "Connection: x-a\r\nX-A: 1\r\n" + EMPTY, OK + EMPTY),
        arguments(34, OK + "Keep-Alive: a\r\nProxy-Connection: a\r\n" + EMPTY, OK + EMPTY),
        arguments(34, OK + "Upgrade: h2\r\nTrailer: X\r\n" + EMPTY, OK + EMPTY),
        same(41, OK + "Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001f\u008b\b\0"),
        same(42, "HTTP/1.1 405 No\r\nDate: x\r\nAllow: GET, FOO\r\n" + EMPTY),
        arguments(48, OK + "Content-Length: 004\r\n\r\nbody", OK + "Content-Length: 4\r\n\r\nbody"),
        arguments(
            54, OK + CHUNKS + "1;a=\"b\"\r\nx\r\n0;c\r\n\r\n", OK + CHUNKS + "1\r\nx\r\n0\r\n\r\n"),
        arguments(
            46,
            OK.replace("1.1", "1.0") + CHUNKS + "1\r\nx\r\n0\r\n\r\n",
            OK + CHUNKS + "1\r\nx\r\n0\r\n\r\n"),
        arguments(
            69,
            OK + "Transfer-Encoding: chunked\r\n" + CHUNKS + "1\r\nx\r\n0\r\n\r\n",
            OK + CHUNKS + "1\r\nx\r\n0\r\n\r\n"),
        arguments(53, OK + CHUNKS + "1  \r\nx\r\n0 \r\n\r\n", OK + CHUNKS + "1\r\nx\r\n0\r\n\r\n"),
        arguments(73, "\r\n" + OK + EMPTY, OK + EMPTY),
        arguments(
            56,
            OK + CHUNKS + "1\r\nx\r\n0\r\nSet-Cookie: a\r\n\r\n",
            OK + CHUNKS + "1\r\nx\r\n0\r\n\r\n"),
        same(60, hints.repeat(100) + OK + EMPTY),
        same(61, "HTTP/1.1 102 Processing\r\n\r\n" + hints + OK + "Content-Length: 4\r\n\r\nbody"),
        arguments(67, "HTTP/1.1 204 \r\nDate: x\r\n" + EMPTY, "HTTP/1.1 204 \r\nDate: x\r\n\r\n"),
        arguments(67, "HTTP/1.1 204 \r\nDate: x\r\n" + CHUNKS, "HTTP/1.1 204 \r\nDate: x\r\n\r\n"),
        arguments(
            67,
            "HTTP/1.1 103 \r\nContent-Length: 9\r\n\r\n" + OK + EMPTY,
            "HTTP/1.1 103 \r\n\r\n" + OK + EMPTY),
        arguments(
            68,
            "HTTP/1.1 205 \r\nDate: x\r\nContent-Length: 4\r\n\r\nbody",
            "HTTP/1.1 205 \r\nDate: x\r\n" + EMPTY),
        arguments(
            68,
            "HTTP/1.1 205 \r\nDate: x\r\n" + CHUNKS + "4\r\nbody\r\n0\r\n\r\n",
            "HTTP/1.1 205 \r\nDate: x\r\n" + EMPTY),
        arguments(
            66,
            "HTTP/1.1 304 \r\nDate: x\r\nContent-Length: 4\r\n\r\nbody",
            "HTTP/1.1 304 \r\nDate: x\r\nContent-Length: 4\r\n\r\n"),
        arguments(
            72,
            OK + "Content-Length: 4\r\n\r\nSEE-THIS-BUT-NOT-THIS",
            OK + "Content-Length: 4\r\n\r\nSEE-"),
        arguments(
            73, "HTTP/1.1 200\r\nDate: x\r\n" + EMPTY, "HTTP/1.1 200 \r\nDate: x\r\n" + EMPTY));
  }

  private static Arguments same(int rule, String bytes) {
    return arguments(rule, bytes, bytes);
  }

  @ParameterizedTest(name = "rule {0}: {1}")
  @MethodSource
  @Rule({1, 23, 28, 31, 32, 34, 41, 42, 46, 48, 53, 54, 56, 60, 61, 66, 67, 68, 69, 72, 73})
  void passed(int rule, String sent, String got) throws IOException {
    assertAnswered(stage.answering(sent), got);
  }

  /** On one connection; the next response follows at once. */
  private static void assertAnswered(String path, String got) throws IOException {
    String next = stage.answering(NEXT);
    try (RawClient client = stage.connect()) {
      client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
      assertEquals(got, read(client, got.length()));
      client.send("GET " + next + " HTTP/1.1\r\nHost: a\r\n\r\n");
      assertEquals(NEXT, read(client, NEXT.length()));
    }
    StrictReader.assertResponse(got);
  }

  private static String read(RawClient client, int bytes) throws IOException {
    return new String(client.wire().in().readNBytes(bytes), StandardCharsets.ISO_8859_1);
  }

  /** The number of the rule, and bytes of a backend that no client may get. */
  static Stream<Arguments> refused() {
    return Stream.of(
        arguments(4, OK + "X: a\rb\r\n" + EMPTY),
        arguments(5, "HTTP/1.1 200 OK\nDate: x\nContent-Length: 0\n\n"),
        arguments(24, OK + "X: a\r\n b\r\n" + EMPTY),
        arguments(25, OK + "X: a\0b\r\n" + EMPTY),
        arguments(26, OK + ": a\r\n" + EMPTY),
        arguments(29, OK + "X: y\r\n".repeat(200) + EMPTY),
        arguments(29, OK + "X: " + "y".repeat(17_000) + "\r\n" + EMPTY),
        arguments(46, OK.replace("1.1", "1.0") + "Content-Length: 5\r\n" + CHUNKS + "0\r\n\r\n"),
        arguments(52, OK + CHUNKS + "FFFFFFFFFFFFFFED\r\nx"),
        arguments(53, OK + CHUNKS + "0x1\r\nx\r\n0\r\n\r\n"),
        arguments(60, "HTTP/1.1 100 \r\n\r\n".repeat(1_000) + OK + EMPTY),
        arguments(62, SWITCHED),
        arguments(69, OK + "Content-Length:\r\n\r\n"),
        arguments(69, OK + "Content-Length: +4\r\n\r\nbody"),
        arguments(69, OK + "Content-Length: 4, 4\r\n\r\nbody"),
        arguments(69, OK + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody"),
        arguments(69, OK + "Content-Length: 4\r\n" + CHUNKS + "0\r\n\r\n"),
        arguments(69, OK + "Transfer-Encoding: gzip\r\n\r\nbody"),
        arguments(69, OK + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        arguments(73, "HTTP/1.1 099 OK\r\n" + EMPTY),
        arguments(73, "HTTP/1.1 1000 OK\r\n" + EMPTY),
        arguments(73, "HTTP/1.1 9X9 OK\r\n" + EMPTY),
        arguments(73, "HTTP/1.1 200 O\0K\r\n" + EMPTY),
        arguments(73, "HTTP/1.1 200 " + "O".repeat(17_000) + "\r\n" + EMPTY),
        arguments(74, "SSH-2.0-OpenSSH_9.2\r\n"));
  }

  @ParameterizedTest(name = "rule {0}: {1}")
  @MethodSource
  @Rule({4, 5, 24, 25, 26, 29, 46, 52, 53, 60, 62, 69, 73, 74})
  void refused(int rule, String bytes) throws IOException {
    String path = stage.answering(bytes);
    try (RawClient client = stage.connect()) {
      Answer answer = client.get("a", path);
      while (answer.status() == 100) {
        answer = client.read();
      }
      assertEquals(502, answer.status(), answer.head());
      // The client did nothing wrong.
      assertEquals("next", client.get("a", stage.answering(NEXT)).body());
    }
  }

  @Test
  @Rule(40)
  void aResponseWithoutDateGetsOne() throws IOException {
    String path = stage.answering("HTTP/1.1 200 OK\r\n" + EMPTY);
    try (RawClient client = stage.connect()) {
      String date = client.get("a", path).field("Date");
      assertTrue(
          date.matches("[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT"),
          date);
    }
  }

  @Test
  @Rule({59, 67, 75})
  void http10GetsNoInterimResponsesAndNoChunks() throws IOException {
    String path = stage.answering("HTTP/1.1 103 \r\n\r\n" + OK + CHUNKS + "4\r\nbody\r\n0\r\n\r\n");
    try (RawClient client = stage.connect()) {
      client.send("GET " + path + " HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
      assertEquals(OK + "Connection: close\r\n\r\nbody", client.wire().rest());
    }
  }

  @Test
  @Rule(60)
  void anInterimResponseWithoutAFinalOneIsA502() throws IOException {
    String path = stage.answeringAndClosing("HTTP/1.1 103 \r\n\r\n");
    try (RawClient client = stage.connect()) {
      assertEquals(103, client.get("a", path).status());
      assertEquals(502, client.read().status());
    }
  }

  @Test
  @Rule(61)
  void interimResponsesDoNotShiftTheBodiesOfPipelinedRequests() throws IOException {
    String first = stage.answering("HTTP/1.1 103 \r\n\r\n" + OK + "Content-Length: 1\r\n\r\n1");
    String second = stage.answering(OK + "Content-Length: 5\r\n\r\n");
    String third = stage.answering(NEXT);
    try (RawClient client = stage.connect()) {
      client.send(
          ("GET " + first + " HTTP/1.1\r\nHost: a\r\n\r\n")
              + ("HEAD " + second + " HTTP/1.1\r\nHost: a\r\n\r\n")
              + ("GET " + third + " HTTP/1.1\r\nHost: a\r\n\r\n"));
      assertEquals(103, client.read().status());
      assertEquals("1", client.read().body());
      assertEquals("5", Wire.field(client.wire().head(), "Content-Length"));
      assertEquals("next", client.read().body());
    }
  }

  @Test
  @Rule({63, 64, 65})
  void aTunnelStartsAfter101AndEndsAsItsSidesDo() throws IOException {
    String path =
        stage.answeringAndClosing("HTTP/1.1 100 Continue\r\n\r\n" + SWITCHED + "first bytes");
    try (RawClient client = stage.connect()) {
      client.send(
          "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
      assertEquals(100, client.read().status());
      Answer answer = new Answer(client.wire().head(), "");
      assertEquals(101, answer.status());
      assertEquals("x", answer.field("Upgrade"));
      assertEquals("first bytes", client.wire().rest());
    }
  }

  @Test
  @Rule(63)
  void whatComesBeforeAnotherAnswerThan101IsNoRequest() throws IOException {
    String path = stage.answering(OK + "Content-Length: 2\r\n\r\nno");
    int before = stage.requests();
    try (RawClient client = stage.connect()) {
      client.send(
          ("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
              + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
      assertEquals("no", client.read().body());
      assertEquals("", client.wire().rest());
    }
    assertEquals(before + 1, stage.requests());
  }

  @Test
  @Rule(76)
  void aBackendThatClosesIsNotAskedOnThatConnectionAndItsClientStays() throws IOException {
    String path = stage.answeringAndClosing(OK + "Connection: close\r\n" + EMPTY);
    try (RawClient client = stage.connect()) {
      for (int i = 0; i < 3; i++) {
        int before = stage.connections();
        Answer answer = client.get("a", path);
        assertEquals(200, answer.status());
        assertFalse(answer.head().contains("Connection"));
        assertTrue(stage.connections() <= before + 1);
      }
    }
  }

  @Test
  @Rule(70)
  void aBodyThatTheBackendsEndEndsIsChunkedForHttp11() throws IOException {
    assertAnswered(
        stage.answeringAndClosing(OK + "\r\nbody"), OK + CHUNKS + "4\r\nbody\r\n0\r\n\r\n");
  }
}
