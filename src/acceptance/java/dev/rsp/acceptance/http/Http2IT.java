// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.certs.TestCa;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real clients, and h2spec, speak HTTP/2: with prior knowledge, and by ALPN. */
@Timeout(300)
final class Http2IT {
  private static final String H2SPEC = "h2spec/2.2.0/h2spec_linux_amd64.tar.gz";

  private static RawBackend backend;
  private static Rsp rsp;
  private static TestCa ca;

  @TempDir static Path directory;

  @BeforeAll
  static void start() throws Exception {
    backend = Origin.start();
    ca = TestCa.create();
    Path certificates = Files.createDirectories(directory.resolve("certs"));
    ca.ecdsa("localhost").writePem(certificates, "localhost");
    rsp =
        Rsp.serving(
            directory,
            """
            listen = {
              { address = "127.0.0.1:0", http2 = true },
              { address = "localhost:0", tls = true },
            }
            certificates = "%s"
            backends = { "%s" }
            """
                .formatted(certificates, backend.address()));
  }

  @AfterAll
  static void stop() throws Exception {
    rsp.close();
    backend.close();
  }

  private static String url(String path) {
    return "http://127.0.0.1:" + rsp.port() + path;
  }

  private static Program curl(String path, String... more) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("curl", "-sS", "--http2-prior-knowledge", "-w", "%{http_version}"));
    command.addAll(List.of(more));
    command.add(url(path));
    return Program.run(command.toArray(String[]::new));
  }

  /** All tests of h2spec, also those of its strict mode, in clear and over TLS. */
  @Test
  void h2specFindsNoFault() throws Exception {
    Path archive = directory.resolve("h2spec.tar.gz");
    try (InputStream in = getClass().getClassLoader().getResourceAsStream(H2SPEC)) {
      Files.copy(Objects.requireNonNull(in, H2SPEC), archive);
    }
    Program.run("tar", "-xzf", archive.toString(), "-C", directory.toString());
    assertNoFault(rsp.ports().get(0));
    assertNoFault(rsp.ports().get(1), "-t", "-k");
  }

  private static void assertNoFault(int port, String... more) {
    List<String> command = new ArrayList<>();
    command.add(directory.resolve("h2spec").toString());
    command.addAll(List.of("--strict", "-P", "/length/600", "-h", "localhost", "-p", "" + port));
    command.addAll(List.of(more));
    Program h2spec = Program.run(command.toArray(String[]::new));
    assertTrue(
        h2spec.out().contains("146 tests, 146 passed, 0 skipped, 0 failed"), h2spec::toString);
  }

  @Test
  void curlChoosesHttp2OverTls() throws Exception {
    Path root = Files.writeString(directory.resolve("ca.pem"), ca.rootPem());
    int port = rsp.ports().get(1);
    Program curl =
        Program.run(
            "curl",
            "-sS",
            "--cacert",
            root.toString(),
            "-o",
            "/dev/null",
            "-w",
            "%{http_version} %{size_download}",
            "https://localhost:" + port + "/length/300000");
    assertEquals("2 300000", curl.out(), curl::toString);
  }

  @Test
  void curlGetsAndSendsLargeContent() throws Exception {
    Path got = directory.resolve("got");
    assertEquals("2", curl("/length/3000000", "-o", got.toString()).out());
    assertEquals(3_000_000, Files.size(got));
    Blob.Sum sum = new Blob.Sum();
    sum.write(Files.readAllBytes(got));
    Blob.Sum blob = new Blob.Sum();
    Blob.write(3_000_000, blob);
    String hex = blob.hex();
    assertEquals(hex, sum.hex());
    String expected = hex + " 3000000";
    assertEquals(expected + "2", curl("/", "--data-binary", "@" + got).out());
    assertEquals(expected + "2", curl("/", "-T", got.toString()).out());
  }

  @Test
  void curlOfHttp1IsServedAtTheSameAddress() {
    Program curl =
        Program.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_version}", url("/length/5"));
    assertEquals("1.1", curl.out());
  }

  @Test
  void nghttpMultiplexesRequests() {
    Program nghttp =
        Program.run(
            "nghttp", "-ns", url("/length/1"), url("/chunked/70000"), url("/length/300000"));
    assertEquals(0, nghttp.awaitExit(), nghttp::toString);
    assertEquals(
        3, nghttp.out().lines().filter(l -> l.contains(" 200 ")).count(), nghttp::toString);
  }

  @Test
  void h2loadIsServedOverConnectionsOfAHundredStreams() throws Exception {
    Path body = Files.write(directory.resolve("body"), new byte[100_000]);
    for (String path : List.of("/length/600", "/chunked/200000")) {
      h2load(400, path);
    }
    h2load(100, "/", "-d", body.toString());
  }

  private static void h2load(int requests, String path, String... more) {
    List<String> command = new ArrayList<>(List.of("h2load", "-n", "" + requests, "-c", "2"));
    command.addAll(List.of("-m", "100"));
    command.addAll(List.of(more));
    command.add(url(path));
    Program h2load = Program.run(command.toArray(String[]::new));
    String all = "%d total, %d started, %d done, %d succeeded, 0 failed, 0 errored, 0 timeout";
    assertTrue(
        h2load.out().contains(all.formatted(requests, requests, requests, requests)),
        h2load::toString);
  }
}
