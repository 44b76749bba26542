// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Spans of the real process: sent to a collector, and lost without one. */
@Timeout(60)
final class TracesIT {
  @TempDir private Path directory;

  /** What was posted, one character for each octet: protobuf writes texts as they are. */
  private final List<String> posted = new CopyOnWriteArrayList<>();

  private HttpServer collector(int port) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext(
        "/v1/traces",
        exchange -> {
          byte[] body = exchange.getRequestBody().readAllBytes();
          posted.add(
              exchange.getRequestHeaders().getFirst("Content-Type")
                  + new String(body, StandardCharsets.ISO_8859_1));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static String to(RawBackend backend, int port) {
    return Rsp.oneBackend(backend.address())
        + "traces = { endpoint = \"http://127.0.0.1:%d/v1/traces\", sample = 1 }\n".formatted(port);
  }

  @Test
  void aCollectorGetsSpansAlsoThoseOfTheLastSecond() throws IOException {
    HttpServer collector = collector(0);
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, to(backend, collector.getAddress().getPort()))) {
      rsp.get("one.example", "/path");
      rsp.stop();
    } finally {
      collector.stop(0);
    }
    assertEquals(1, posted.size(), posted::toString);
    String body = posted.get(0);
    assertTrue(body.startsWith("application/x-protobuf"), body);
    for (String text : List.of("service.name", "one.example", "/path", "rsp.slot", "first byte")) {
      assertTrue(body.contains(text), body);
    }
  }

  @Test
  void withoutACollectorRequestsAreServedAndTheLogSaysSoOnce() throws IOException {
    HttpServer unused = collector(0);
    int port = unused.getAddress().getPort();
    unused.stop(0);
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, to(backend, port))) {
      rsp.get("one.example", "/");
      rsp.awaitLog("spans are not sent, and are lost: endpoint=http://127.0.0.1:" + port);
      HttpServer collector = collector(port);
      try {
        Eventually.holds(
            "spans are sent again",
            () -> {
              rsp.get("two.example", "/");
              return rsp.log().contains("spans are sent again endpoint=");
            });
      } finally {
        collector.stop(0);
      }
      assertEquals(2, rsp.log().lines().filter(line -> line.contains("spans are")).count());
    }
  }
}
