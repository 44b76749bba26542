// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Rule;
import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Wire;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forms of HTTP/1 messages other than a plain GET, on the wire of the packaged program. */
final class WireIT {
  private static final String LENGTH_5 = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";

  @AutoClose private static RawBackend backend;
  @AutoClose private static Rsp rsp;

  @BeforeAll
  static void start(@TempDir Path directory) throws IOException {
    backend = RawBackend.answering(WireIT::answer);
    rsp = Rsp.serving(directory, Rsp.oneBackend(backend.address()));
  }

  private static void answer(String head, Wire wire) throws IOException {
    switch (RawBackend.target(head)) {
      case "/204" -> wire.send("HTTP/1.1 204 No Content\r\n\r\n");
      case "/304" ->
          wire.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: \"e\"\r\n\r\n");
      case "/103" ->
          wire.send(
              "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
                  + "HTTP/1.1 102 Processing\r\n\r\n"
                  + LENGTH_5
                  + "final");
      case "/close" -> {
        wire.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
        wire.close();
      }
      case "/chunked" ->
          wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nparts\r\n0\r\n\r\n");
      case "/head" -> wire.send(head.startsWith("HEAD ") ? LENGTH_5 : LENGTH_5 + "12345");
      default -> wire.respond(head);
    }
  }

  @Test
  @Rule({67, 75})
  void aClientOfHttp10GetsABodyThatItUnderstandsAndTheEndOfTheConnection() throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send("GET /chunked HTTP/1.0\r\nHost: a\r\n\r\n");
      Answer answer = client.read();
      assertEquals("parts", answer.body());
      assertEquals("", answer.field("Transfer-Encoding"));
      assertEquals("", client.wire().rest());
    }
  }

  @Test
  @Rule(75)
  void aClientOfHttp10MayKeepItsConnection() throws IOException {
    try (RawClient client = rsp.connect()) {
      for (int i = 0; i < 2; i++) {
        client.send("GET /head HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n");
        Answer answer = client.read();
        assertEquals("12345", answer.body());
        assertEquals("keep-alive", answer.field("Connection").toLowerCase(Locale.ROOT));
      }
    }
  }

  @Test
  @Rule(66)
  void answersWithoutABodyLeaveTheConnectionInOrder() throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send("HEAD /head HTTP/1.1\r\nHost: a\r\n\r\n");
      assertEquals("5", Wire.field(client.wire().head(), "Content-Length"));
      assertEquals(204, client.get("a", "/204").status());
      assertEquals(304, client.get("a", "/304").status());
      assertEquals("12345", client.get("a", "/head").body());
    }
  }

  @Test
  @Rule(70)
  void aBodyThatEndsWithItsConnectionIsWhole() throws IOException {
    assertEquals("until the end", rsp.get("a", "/close").body());
  }

  @Test
  @Rule({59, 60})
  void interimAnswersComeBeforeTheFinalOne() throws IOException {
    try (RawClient client = rsp.connect()) {
      Answer hints = client.get("a", "/103");
      assertEquals(103, hints.status());
      assertEquals("</style.css>; rel=preload", hints.field("Link"));
      assertEquals(102, client.read().status());
      assertEquals("final", client.read().body());
      // A client of HTTP/1.0 does not know them.
      client.send("GET /103 HTTP/1.0\r\nHost: a\r\n\r\n");
      assertEquals("final", client.read().body());
    }
  }

  @Test
  @Rule(58)
  void curlThatExpectsAContinueSendsItsBody(@TempDir Path directory) throws IOException {
    try (RawBackend origin = Origin.start();
        Rsp other = Rsp.serving(directory, Rsp.oneBackend(origin.address()))) {
      Program curl =
          Program.run(
              "curl",
              "-sS",
              "-v",
              "--expect100-timeout",
              "15",
              "-H",
              "Expect: 100-continue",
              "-T",
              Blob.file(directory, 2_000_000).toString(),
              "http://127.0.0.1:" + other.port() + "/");
      assertEquals(Blob.received(2_000_000), curl.out(), curl::err);
      assertTrue(curl.err().contains("< HTTP/1.1 100 Continue"), curl::err);
    }
  }

  @Test
  @Rule(39)
  void theBackendGetsTheAddressOfTheClient() throws IOException {
    String seen = rsp.get("a.example", "/echo").body();
    assertEquals("a.example", Wire.field(seen, "Host"));
    assertEquals("127.0.0.1", Wire.field(seen, "X-Forwarded-For"));
    assertEquals("http", Wire.field(seen, "X-Forwarded-Proto"));
  }

  @Test
  @Rule(71)
  void aTruncatedAnswerIsNotMadeToLookWhole(@TempDir Path directory) throws IOException {
    try (RawBackend cutting =
            RawBackend.holding(
                wire -> {
                  String target = RawBackend.target(wire.head());
                  wire.send(
                      target.equals("/length")
                          ? "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
                          : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
                });
        Rsp other = Rsp.serving(directory, Rsp.oneBackend(cutting.address()));
        RawClient length = other.connect();
        RawClient chunked = other.connect()) {
      length.send("GET /length HTTP/1.1\r\nHost: a\r\n\r\n");
      assertTrue(length.wire().rest().endsWith("\r\n\r\nhalf"));
      chunked.send("GET /chunked HTTP/1.1\r\nHost: a\r\n\r\n");
      assertTrue(chunked.wire().rest().endsWith("4\r\nhalf\r\n"));
    }
  }
}
