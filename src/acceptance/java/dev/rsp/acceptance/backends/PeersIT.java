// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bodies pass unchanged between curl and real servers, by their SHA-256.
 *
 * <p>nginx, HAProxy and Varnish have an {@link Origin} behind them, which sends and hashes bodies.
 * So a body that is sent to one of them is hashed behind it. nginx also serves and stores files
 * itself.
 */
final class PeersIT {
  private static final long KIB = 1024;
  private static final long MIB = 1024 * KIB;

  private static Path directory;
  @AutoClose private static RawBackend origin;
  @AutoClose private static RawBackend behind;
  @AutoClose private static Peer nginx;
  @AutoClose private static Peer haproxy;
  @AutoClose private static Peer varnish;
  @AutoClose private static Rsp rsp;

  @BeforeAll
  static void start(@TempDir Path temporary) throws IOException {
    directory = temporary;
    origin = Origin.start();
    behind = Origin.startBehindAnother();
    nginx = Peer.nginx(directory, behind.address());
    haproxy = Peer.haproxy(directory, behind.address());
    varnish = Peer.varnish(directory, behind.address());
    rsp =
        Rsp.serving(
            directory,
            Rsp.byName(
                Rsp.slot("nginx", nginx.address()),
                Rsp.slot("haproxy", haproxy.address()),
                Rsp.slot("varnish", varnish.address()),
                Rsp.slot("origin", origin.address())));
  }

  static Stream<Arguments> bodies() {
    return Stream.of(KIB, 64 * KIB - 1, 11 * MIB, 100 * MIB)
        .flatMap(
            length ->
                bothFramings().map(each -> Arguments.of(each.get()[0], each.get()[1], length)));
  }

  static Stream<Arguments> bothFramings() {
    return Stream.of("nginx", "haproxy", "varnish", "origin")
        .flatMap(peer -> Stream.of("length", "chunked").map(how -> Arguments.of(peer, how)));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aResponseArrivesAsItWasSent(String peer, String framing, long length) {
    assertEquals(Blob.sum(length), download(peer, "/" + framing + "/" + length));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aRequestArrivesAsItWasSent(String peer, String framing, long length) throws IOException {
    String encoding = framing.equals("chunked") ? "Transfer-Encoding: chunked" : "X-Framing: CL";
    Program curl =
        Program.run(
            "curl",
            "-sS",
            "-H",
            "Host: " + peer,
            "-H",
            encoding,
            "-T",
            Blob.file(directory, length).toString(),
            url("/sum"));
    assertEquals(Blob.received(length), curl.out(), curl::err);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, KIB, 100 * MIB})
  void aFileOfNginxArrivesAsItIs(long length) throws IOException {
    Path file = Blob.file(Files.createDirectories(directory.resolve("files")), length);
    assertEquals(Blob.sum(length), download("nginx", "/files/" + file.getFileName()));
  }

  @Test
  void aFileIsPutOntoNginxAsItIs() throws IOException {
    Path file = Blob.file(directory, 11 * MIB);
    Program curl =
        Program.run(
            "curl",
            "-sS",
            "-w",
            "%{http_code}",
            "-H",
            "Host: nginx",
            "-T",
            file.toString(),
            url("/files/put"));
    assertEquals("201", curl.out(), curl::toString);
    assertEquals(-1, Files.mismatch(file, directory.resolve("files/put")));
  }

  @ParameterizedTest
  @MethodSource("bothFramings")
  void aSlowReaderGetsAllOfIt(String peer, String framing) throws IOException {
    long length = 11 * MIB;
    try (RawClient client = rsp.connect()) {
      Blob.Sum sum = new Blob.Sum();
      client.download(peer, "/" + framing + "/" + length, Blob.slowly(sum));
      assertEquals(Blob.sum(length), sum.hex());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"length", "chunked"})
  void aSlowBackendGetsAllOfIt(String framing, @TempDir Path own) throws IOException {
    long length = 11 * MIB;
    try (RawBackend slow = RawBackend.holding(PeersIT::readSlowly);
        Rsp other = Rsp.serving(own, Rsp.oneBackend(slow.address()));
        RawClient client = other.connect()) {
      client.send("PUT /sum HTTP/1.1\r\nHost: a\r\n");
      if (framing.equals("chunked")) {
        client.send("Transfer-Encoding: chunked\r\n\r\n");
        Blob.writeChunked(length, client.wire().out());
      } else {
        client.send("Content-Length: " + length + "\r\n\r\n");
        Blob.write(length, client.wire().out());
      }
      assertEquals(Blob.sum(length), client.read().body());
    }
  }

  private static void readSlowly(Wire wire) throws IOException {
    Blob.Sum sum = new Blob.Sum();
    wire.body(wire.head(), false, Blob.slowly(sum));
    wire.respond(sum.hex());
  }

  private String download(String peer, String path) {
    Blob.Sum sum = new Blob.Sum();
    try (Program curl =
        Program.start(List.of("curl", "-sSf", "-H", "Host: " + peer, url(path)), sum)) {
      assertEquals(0, curl.awaitExit(), () -> curl.err() + rsp);
    }
    return sum.hex();
  }

  private String url(String path) {
    return "http://127.0.0.1:" + rsp.port() + path;
  }
}
