// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.Eventually;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** TLS to nginx and HAProxy, by the packaged rsp with the libraries that ship. */
final class BackendTlsIT {
  private static final long MIB = 1 << 20;
  private static final String NAME = "app.internal";

  private static Path directory;
  @AutoClose private static RawBackend origin;
  @AutoClose private static Peer nginx;
  @AutoClose private static Peer haproxy;
  @AutoClose private static Rsp rsp;

  @BeforeAll
  static void start(@TempDir Path temporary) throws IOException {
    directory = temporary;
    TestCa ca = TestCa.create();
    Path authority = Files.writeString(directory.resolve("ca.pem"), ca.rootPem());
    Path pem = ca.ecdsa(NAME).writePem(directory, "app");
    ca.rsa("rsp.internal").writePem(directory, "own");
    origin = Origin.startBehindAnother();
    nginx = Peer.nginxWithTls(directory, origin.address(), pem, authority);
    haproxy = Peer.haproxyWithTls(directory, origin.address(), pem);
    rsp =
        Rsp.serving(
            directory,
            """
            listen = "127.0.0.1:0"
            backend_tls = { ca = "ca.pem", name = "%s", certificate = "own.pem" }
            backends = {
              { name = "nginx", address = "%s", protocol = "https" },
              { name = "haproxy", address = "https://%s" },
              { name = "wrong", address = "%s", protocol = "https", tls = { name = "b.internal" } },
            }
            """
                    .formatted(NAME, nginx.address(), haproxy.address(), nginx.address())
                + Rsp.BY_NAME);
  }

  static Stream<Arguments> bodies() {
    return Stream.of("nginx", "haproxy")
        .flatMap(peer -> Stream.of("length", "chunked").map(how -> Arguments.of(peer, how)));
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aResponseArrivesAsItWasSent(String peer, String framing) {
    long length = 11 * MIB;
    Blob.Sum sum = new Blob.Sum();
    String url = url("/" + framing + "/" + length);
    try (Program curl = Program.start(List.of("curl", "-sSf", "-H", "Host: " + peer, url), sum)) {
      assertEquals(0, curl.awaitExit(), () -> curl.err() + rsp);
    }
    assertEquals(Blob.sum(length), sum.hex());
  }

  @ParameterizedTest
  @MethodSource("bodies")
  void aRequestArrivesAsItWasSent(String peer, String framing) throws IOException {
    long length = 11 * MIB;
    String encoding = framing.equals("chunked") ? "Transfer-Encoding: chunked" : "X-Framing: CL";
    String file = Blob.file(directory, length).toString();
    Program curl =
        Program.run("curl", "-sS", "-H", "Host: " + peer, "-H", encoding, "-T", file, url("/sum"));
    assertEquals(Blob.received(length), curl.out(), curl::err);
  }

  @Test
  void theBackendSeesVersionNameAndOurCertificate() throws IOException {
    assertEquals("TLSv1.3 app.internal CN=rsp.internal", rsp.get("nginx", "/tls").body());
  }

  @Test
  void sessionsAreResumed() throws IOException {
    rsp.get("nginx", "/once");
    Eventually.holds(
        () -> "a session that is resumed: " + rsp,
        () -> rsp.get("nginx", "/once").body().equals("r"));
  }

  @Test
  void aCertificateForAnotherNameIsA502ThatTheLogExplains() throws IOException {
    assertEquals(502, rsp.get("wrong", "/tls").status());
    rsp.awaitLog("reason=certificate: the certificate is not for b.internal, but for app.internal");
  }

  private static String url(String path) {
    return "http://127.0.0.1:" + rsp.port() + path;
  }
}
