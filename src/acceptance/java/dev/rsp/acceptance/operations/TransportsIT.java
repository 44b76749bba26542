// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Ab;
import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Transports;
import dev.rsp.acceptance.rig.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same on every transport that this machine has: addresses, bodies, load, reload and stop. */
@Timeout(300)
final class TransportsIT {
  private static final long MIB = 1024 * 1024;

  static List<String> transports() {
    return Transports.available();
  }

  @ParameterizedTest
  @MethodSource("transports")
  void clientsAndBackendsAreReachedByIpv4Ipv6AndUnixSockets(
      String transport, @TempDir Path directory) throws IOException {
    Path inside = directory.resolve("in.sock");
    Path socket = directory.resolve("b.sock");
    try (RawBackend four = RawBackend.named("four");
        RawBackend six =
            RawBackend.at(RawClient.ipv6(0), RawBackend.requests(RawBackend.naming("six")));
        RawBackend unix = RawBackend.named("unix", socket);
        Rsp rsp =
            Rsp.serving(
                directory,
                "listen = { \"127.0.0.1:0\", \"[::1]:0\", \"unix:"
                    + inside
                    + "\" }\nbackends = {\n"
                    + Rsp.slot("four", four.address())
                    + Rsp.slot("six", "[::1]:" + six.port())
                    + Rsp.slot("unix", "unix:" + socket)
                    + "}\n"
                    + Rsp.BY_NAME,
                "--transport",
                transport)) {
      assertTrue(rsp.log().contains(" and unix:" + inside + "."), rsp::log);
      for (int i = 0; i < 3; i++) {
        try (RawClient client =
            switch (i) {
              case 0 -> rsp.connect();
              case 1 -> RawClient.byIpv6(rsp.ports().get(1));
              default -> new RawClient(Wire.toUnix(inside.toString()));
            }) {
          assertEquals("four four /", client.get("four", "/").body());
          assertEquals("six six /", client.get("six", "/").body());
          assertEquals("unix unix /", client.get("unix", "/").body());
        }
      }
      assertTrue(unix.connections() > 0);
      rsp.signal("TERM");
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
      assertTrue(Files.notExists(inside), "the socket's file is left behind");
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void bodiesLoadReloadAndStopWork(String transport, @TempDir Path directory) throws IOException {
    try (RawBackend origin = Origin.startBehindAnother();
        Peer nginx = Peer.nginx(directory, origin.address());
        Rsp rsp =
            Rsp.serving(directory, Rsp.oneBackend(nginx.address()), "--transport", transport);
        Ab ab = Ab.start(rsp.port(), "a.example", 5000);
        Ab kept = Ab.start(rsp.port(), "a.example", 10_000, "-k")) {
      rsp.reload();
      for (long length : new long[] {1, 11 * MIB}) {
        assertEquals(Blob.sum(length), curl(rsp, "/length/" + length));
        assertEquals(Blob.sum(length), curl(rsp, "/chunked/" + length));
        Program upload =
            Program.run(
                "curl",
                "-sS",
                "-T",
                Blob.file(directory, length).toString(),
                "http://127.0.0.1:" + rsp.port() + "/sum");
        assertEquals(Blob.received(length), upload.out(), upload::err);
      }
      rsp.reload();
      ab.assertNoneFailed();
      kept.assertNoneFailed();
      rsp.signal("TERM");
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
    }
  }

  private static String curl(Rsp rsp, String path) {
    Blob.Sum sum = new Blob.Sum();
    try (Program curl =
        Program.start(List.of("curl", "-sSf", "http://127.0.0.1:" + rsp.port() + path), sum)) {
      assertEquals(0, curl.awaitExit(), curl::err);
    }
    return sum.hex();
  }

  /** Without a pause, accepting would fail in every turn of the loop. */
  @ParameterizedTest
  @MethodSource("transports")
  void withoutDescriptorsItPausesAndServesAgainWhenThereAreSome(
      String transport, @TempDir Path directory) throws IOException {
    int descriptors = 256;
    List<RawClient> clients = new ArrayList<>();
    try (RawBackend origin = RawBackend.named("b");
        Rsp rsp =
            Rsp.servingWithDescriptors(
                descriptors,
                directory,
                Rsp.oneBackend(origin.address()),
                "--transport",
                transport)) {
      assertEquals(200, rsp.get("a", "/").status());
      try {
        for (int i = 0; i < 400; i++) {
          clients.add(rsp.connect()); // the kernel accepts those that rsp does not
        }
        rsp.awaitLog("accept paused pause_ms=500");
        long cpu = rsp.program().cpuMillis();
        Eventually.pause(5_000);
        long used = rsp.program().cpuMillis() - cpu;
        assertTrue(used < 700, "it is busy with what fails: ms of 5000: " + used);
      } finally {
        for (RawClient client : clients) {
          client.close();
        }
      }
      Eventually.holds(
          () -> "to be served again: " + rsp.program(), () -> rsp.get("a", "/").status() == 200);
      long lines = rsp.log().lines().count();
      assertTrue(lines < 50, "lines: " + lines);
      rsp.signal("TERM");
      assertEquals(0, rsp.program().awaitExit(), rsp::toString);
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void aSlowReaderHoldsUpItsBackendAndNotTheMemory(String transport, @TempDir Path directory)
      throws IOException {
    try (RawBackend origin = Origin.start();
        Rsp rsp =
            Rsp.serving(directory, Rsp.oneBackend(origin.address()), "--transport", transport);
        RawClient slow = rsp.connect()) {
      rsp.get("a", "/length/" + MIB);
      long before = rsp.program().residentKib();
      slow.send("GET /length/" + 200 * MIB + " HTTP/1.1\r\nHost: a\r\n\r\n");
      String head = slow.wire().head();
      Eventually.pause(300);
      long growth = rsp.program().residentKib() - before;
      assertTrue(growth < 32 * 1024, "KiB: " + growth);
      Blob.Sum sum = new Blob.Sum();
      slow.wire().body(head, false, sum);
      assertEquals(Blob.sum(200 * MIB), sum.hex());
    }
  }
}
