// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.load;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Wire;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Vulnerabilities of other proxies that show only in a whole process: descriptors, memory,
 * processor time, and numbers that overflow. See src/docs/security-tests.md.
 */
@Isolated("loads or measures the machine")
@Timeout(300)
final class CveIT {
  private static final int CROWD = 1_000;
  private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

  /** Linux counts user time and system time in /proc in hundredths of a second. */
  private static final int TICK_MILLIS = 10;

  /** Descriptors that the process may open for itself during a test. */
  private static final int SOME_DESCRIPTORS = 10;

  @TempDir private Path directory;

  private Rsp serving(RawBackend backend, String more) {
    return Rsp.serving(
        directory,
        "listen = \"127.0.0.1:0\"\nloops = 2\nbackends = { \"%s\" }\n%s"
            .formatted(backend.address(), more));
  }

  private static void assertAtBaseline(Rsp rsp, RawBackend backend, int descriptors) {
    Eventually.holds(
        () -> "no connection left to the backend: " + backend.open(), () -> backend.open() == 0);
    Eventually.holds(
        () -> descriptors + " descriptors again, not " + rsp.program().descriptors(),
        () -> rsp.program().descriptors() <= descriptors + SOME_DESCRIPTORS);
    // The compiler of the JVM may still compile hot methods.
    Eventually.holds(
        "an idle process",
        () -> {
          long before = processorMillis(rsp);
          Eventually.pause(500);
          return processorMillis(rsp) - before <= 50;
        });
    assertEquals(0, rsp.count("ERROR"), rsp::log);
  }

  private static long processorMillis(Rsp rsp) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + rsp.program().pid() + "/stat"));
    // The name in parentheses may hold spaces; utime and stime are the fields 14 and 15.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * TICK_MILLIS;
  }

  @Test
  @DisplayName("CVE-2026-42577: clients that end their side and then reset leave nothing behind")
  void clientsThatResetBehindTheirEnd() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try (RawBackend silent = RawBackend.holding(wire -> wire.rest());
        Rsp rsp = serving(silent, "timeouts = { response = 600 }\nabort_on_close = false\n")) {
      int before = rsp.program().descriptors();
      for (int i = 0; i < CROWD; i++) {
        clients.add(rsp.connect().send(GET));
      }
      Eventually.holds("all of them at the backend", () -> silent.open() == CROWD);
      for (int i = 0; i < CROWD; i++) {
        clients.get(i).wire().halfClose();
        if (i % 2 == 0) {
          clients.get(i).wire().reset();
        }
      }
      Eventually.holds("the end of half of them", () -> silent.open() == CROWD / 2);
      for (int i = 1; i < CROWD; i += 2) {
        clients.get(i).wire().reset();
      }
      assertAtBaseline(rsp, silent, before);
    }
  }

  @Test
  @DisplayName("CVE-2025-62409: clients that reset while 100 MB are on their way")
  void clientsThatResetWhileABackendStreams() throws IOException {
    byte[] piece = new byte[100_000];
    try (RawBackend streaming =
            RawBackend.holding(
                wire -> {
                  if (RawBackend.target(wire.head()).equals("/short")) {
                    wire.respond("short");
                    return;
                  }
                  wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
                  for (int i = 0; i < 1_000; i++) {
                    wire.send(piece);
                  }
                });
        Rsp rsp = serving(streaming, "")) {
      int before = rsp.program().descriptors();
      for (int i = 0; i < 100; i++) {
        try (RawClient client = rsp.connect().send(GET)) {
          client.wire().head();
          client.wire().in().readNBytes(i * 1_000);
          client.wire().reset();
        }
      }
      assertAtBaseline(rsp, streaming, before);
      assertEquals("short", rsp.get("a", "/short").body());
    }
  }

  @Test
  @DisplayName("CVE-2024-56202: requests that wait for a 100 Continue that does not come are freed")
  void expectationsWithoutABody() throws IOException {
    String put = "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    List<RawClient> clients = new ArrayList<>();
    try (RawBackend silent = RawBackend.holding(wire -> wire.rest());
        Rsp rsp = serving(silent, "timeouts = { response = 2, linger = 1 }\n")) {
      int before = rsp.program().descriptors();
      for (int i = 0; i < CROWD; i++) {
        clients.add(rsp.connect().send(put));
      }
      for (RawClient client : clients) {
        assertEquals(504, client.read().status());
        assertEquals("", client.wire().rest());
      }
      // No client has closed yet.
      assertAtBaseline(rsp, silent, before);
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  @DisplayName("HAProxy f9c2d4767: a chunk of 4 GiB and a byte")
  void aChunkWhoseSizeNeeds33Bits() throws IOException {
    long size = (1L << 32) + 1;
    byte[] piece = new byte[1 << 20];
    try (RawBackend backend =
            RawBackend.behindAnother( // to judge this much byte by byte takes too long
                wire -> {
                  wire.head();
                  wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                  wire.send(Long.toHexString(size) + "\r\n");
                  for (long left = size - 1; left > 0; left -= piece.length) {
                    wire.send(piece);
                  }
                  wire.send("!\r\n0\r\n\r\n");
                });
        Rsp rsp = serving(backend, "");
        Wire client = unjudged(rsp)) {
      client.send(GET);
      String head = client.head();
      assertEquals("chunked", Wire.field(head, "Transfer-Encoding"));
      var sink = new Counting();
      client.body(head, false, sink);
      assertEquals(size, sink.count);
      assertEquals('!', sink.last);
    }
  }

  private static Wire unjudged(Rsp rsp) throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), rsp.port());
    return new Wire(SocketChannel.open(address), null);
  }

  /** Counts, and keeps the last byte. */
  private static final class Counting extends OutputStream {
    private long count;
    private int last;

    @Override
    public void write(int octet) {
      count++;
      last = octet;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      count += length;
      last = bytes[offset + length - 1];
    }
  }

  @Test
  @DisplayName("CVE-2019-14241, CVE-2022-0711: a long cookie of nothing")
  void aCookieOfSeparators() throws IOException {
    String cookie = "====;;;".repeat(1_000_000 / 7);
    try (RawBackend backend =
            RawBackend.behindAnother( // the referee refuses such long lines
                RawBackend.requests(RawBackend.naming("b")));
        Rsp rsp = serving(backend, "limits = { head_bytes = 1048576 }\n");
        Wire client = unjudged(rsp)) {
      rsp.get("a", "/");
      long before = processorMillis(rsp);
      client.send("GET / HTTP/1.1\r\nHost: a\r\nCookie: " + cookie + "\r\n\r\n");
      assertTrue(client.head().startsWith("HTTP/1.1 200 "));
      // A JVM that has seen one request; quadratic work on a megabyte takes minutes.
      long used = processorMillis(rsp) - before;
      assertTrue(used < 20_000, "milliseconds of processor: " + used);
    }
  }

  @Test
  @DisplayName("CVE-2020-11612, CVE-2021-37136, CVE-2026-42587: a bomb of gzip passes as it is")
  void aBombOfGzip() throws IOException {
    var bomb = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bomb)) {
      gzip.write(new byte[10_000_000]);
    }
    try (RawBackend backend =
            RawBackend.answering(
                (head, wire) -> {
                  wire.send(
                      "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
                          + bomb.size()
                          + "\r\n\r\n");
                  wire.send(bomb.toByteArray());
                });
        Rsp rsp = serving(backend, "");
        RawClient client = rsp.connect()) {
      long resident = 0;
      for (int i = 0; i < 300; i++) {
        if (i == 100) {
          resident = rsp.program().residentKib();
        }
        var body = new ByteArrayOutputStream();
        client.send(GET);
        client.wire().body(client.wire().head(), false, body);
        assertArrayEquals(bomb.toByteArray(), body.toByteArray());
      }
      long growth = rsp.program().residentKib() - resident;
      assertTrue(growth < 16 * 1024, "KiB more for 2 GB unpacked: " + growth);
    }
  }

  @Test
  void aThousandPipelinedRequestsOfAClientThatDoesNotRead() throws IOException { // fault C5
    String filler = "x".repeat(100_000);
    AtomicInteger asked = new AtomicInteger();
    try (RawBackend backend =
            RawBackend.answering(
                (head, wire) -> {
                  asked.incrementAndGet();
                  wire.respond(RawBackend.target(head) + filler);
                });
        Rsp rsp = serving(backend, "")) {
      for (int i = 0; i < 100; i++) {
        rsp.get("a", "/warm");
      }
      long resident = rsp.program().residentKib();
      int before = asked.get();
      try (RawClient client =
          new RawClient(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), rsp.port()), 32 * 1024)) {
        var requests = new StringBuilder();
        for (int i = 0; i < CROWD; i++) {
          requests.append("GET /").append(i).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        client.send(requests.toString());
        int[] last = {-1};
        Eventually.holds(
            "no more requests at the backend",
            () -> {
              int now = asked.get();
              boolean quiet = now > before && now == last[0];
              last[0] = now;
              Eventually.pause(300);
              return quiet;
            });
        int reached = asked.get() - before;
        assertTrue(
            reached < CROWD / 2, "requests sent on for a client that reads none: " + reached);
        long growth = rsp.program().residentKib() - resident;
        assertTrue(growth < 32 * 1024, "KiB more: " + growth);
        for (int i = 0; i < CROWD; i++) {
          assertEquals("/" + i + filler, client.read().body());
        }
      }
      assertEquals(CROWD, asked.get() - before);
    }
  }
}
