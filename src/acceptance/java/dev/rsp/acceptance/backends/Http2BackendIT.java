// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.certs.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/2 to HAProxy and nghttpd, in the clear and over TLS, by the packaged rsp. */
@Timeout(300)
final class Http2BackendIT {
  private static final long MIB = 1 << 20;
  private static final String NAME = "app.internal";

  private static Path directory;
  @AutoClose private static RawBackend origin;
  @AutoClose private static Peer haproxy;
  @AutoClose private static Peer haproxyTls;
  @AutoClose private static Peer http1Tls;
  @AutoClose private static Peer nghttpd;
  @AutoClose private static Rsp rsp;

  @BeforeAll
  static void start(@TempDir Path temporary) throws IOException {
    directory = temporary;
    TestCa ca = TestCa.create();
    Files.writeString(directory.resolve("ca.pem"), ca.rootPem());
    Path pem = ca.ecdsa(NAME).writePem(directory, "app");
    origin = Origin.startBehindAnother();
    haproxy = haproxy("clear", "proto h2");
    haproxyTls = haproxy("tls", "ssl crt " + pem + " alpn h2,http/1.1");
    http1Tls = haproxy("http1", "ssl crt " + pem + " alpn http/1.1");
    Path files = Files.createDirectories(directory.resolve("files"));
    Files.copy(Path.of(Blob.file(directory, 11 * MIB).toString()), files.resolve("blob"));
    nghttpd = Peer.nghttpd(files);
    rsp =
        Rsp.serving(
            directory,
            """
            listen = { { address = "127.0.0.1:0", http2 = true } }
            backend_tls = { ca = "ca.pem", name = "%s" }
            backends = {
              { name = "haproxy", address = "%s", protocol = "h2c" },
              { name = "haproxy-tls", address = "%s", protocol = "h2" },
              { name = "http1-tls", address = "%s", protocol = "h2" },
              { name = "http1", address = "%s", protocol = "h2c" },
              { name = "nghttpd", address = "h2c://%s" },
            }
            """
                    .formatted(
                        NAME,
                        haproxy.address(),
                        haproxyTls.address(),
                        http1Tls.address(),
                        origin.address(),
                        nghttpd.address())
                + Rsp.BY_NAME);
  }

  private static Peer haproxy(String name, String options) throws IOException {
    int port = Peer.freePort();
    return Peer.haproxy(
        Files.createDirectories(directory.resolve("haproxy-" + name)),
        port,
        """
        listen it
          mode http
          bind 127.0.0.1:%d %s
          server origin %s
        """
            .formatted(port, options, origin.address()));
  }

  static Stream<Arguments> bodies() {
    return Stream.of("haproxy", "haproxy-tls")
        .flatMap(
            peer ->
                Stream.of("length", "chunked")
                    .flatMap(
                        how ->
                            Stream.of("--http1.1", "--http2-prior-knowledge")
                                .map(version -> Arguments.of(peer, how, version))));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aResponseArrivesAsItWasSent(String peer, String framing, String version) {
    long length = 11 * MIB;
    Blob.Sum sum = new Blob.Sum();
    String url = url("/" + framing + "/" + length);
    List<String> command = List.of("curl", "-sSf", version, "-H", "Host: " + peer, url);
    try (Program curl = Program.start(command, sum)) {
      assertEquals(0, curl.awaitExit(), () -> curl.err() + rsp);
    }
    assertEquals(Blob.sum(length), sum.hex());
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aRequestArrivesAsItWasSent(String peer, String framing, String version) throws IOException {
    long length = 11 * MIB;
    boolean chunked = framing.equals("chunked") && version.equals("--http1.1");
    String encoding = chunked ? "Transfer-Encoding: chunked" : "X-Framing: CL";
    String file = Blob.file(directory, length).toString();
    Program curl =
        Program.run(
            "curl", "-sS", version, "-H", "Host: " + peer, "-H", encoding, "-T", file, url("/sum"));
    assertEquals(Blob.received(length), curl.out(), curl::err);
  }

  @Test
  void filesOfNghttpdArrive() {
    Blob.Sum sum = new Blob.Sum();
    List<String> command = List.of("curl", "-sSf", "-H", "Host: nghttpd", url("/blob"));
    try (Program curl = Program.start(command, sum)) {
      assertEquals(0, curl.awaitExit(), () -> curl.err() + rsp);
    }
    assertEquals(Blob.sum(11 * MIB), sum.hex());
    Program many =
        Program.run(
            "h2load",
            "-n",
            "2000",
            "-c",
            "4",
            "-m",
            "100",
            "--header=:authority: nghttpd",
            url("/none"));
    assertTrue(
        many.out().contains("2000 done, 0 succeeded, 2000 failed, 0 errored, 0 timeout"),
        many::toString);
  }

  @ParameterizedTest
  @ValueSource(strings = {"http1-tls", "http1"})
  void aBackendWithoutHttp2Is502AndTheLogSaysWhy(String name) throws IOException {
    assertEquals(502, rsp.get(name, "/small").status());
    rsp.awaitLog("slot=" + name + " ");
    rsp.awaitLog(
        name.equals("http1")
            ? "reason=http2: it does not speak HTTP/2 at this address"
            : "reason=http2: ");
  }

  private static String url(String path) {
    return "http://127.0.0.1:" + rsp.port() + path;
  }
}
