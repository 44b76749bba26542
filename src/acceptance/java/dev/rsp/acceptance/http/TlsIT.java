// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.certs.TestCa;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real clients and testssl.sh speak TLS. */
@Timeout(300)
final class TlsIT {
  /**
   * What testssl.sh says of every certificate of a private authority, and of what the backend and
   * not the proxy says.
   */
  private static final Pattern OF_THE_TEST =
      Pattern.compile("cert_.*|cert .*|DNS_CAArecord.*|HSTS.*|security_headers|engine_problem");

  private static RawBackend backend;
  private static Rsp rsp;
  private static Path root;
  private static int tls;
  private static int asking;
  private static int redirecting;

  @TempDir static Path directory;

  @BeforeAll
  static void start() throws Exception {
    TestCa ca = TestCa.create();
    Path certificates = Files.createDirectory(directory.resolve("certs"));
    ca.ecdsa("a.example", "www.a.example").writeTo(certificates, "a");
    ca.rsa("a.example").writeTo(certificates, "a-rsa");
    ca.ecdsa("*.w.example").writePem(certificates, "wild");
    ca.ecdsa("client.example").writeTo(directory, "client");
    root = TestCa.write(directory.resolve("ca.pem"), ca.rootPem());
    backend = Origin.start();
    rsp = Rsp.serving(directory, lua());
    readPorts();
  }

  private static String lua() {
    return """
        listen = {
          { address = "127.0.0.1:0", tls = true },
          { address = "127.0.0.2:0", tls = true, client_ca = "ca.pem" },
          { address = "127.0.0.3:0", redirect = "https" },
        }
        certificates = { path = "certs", default = "a.example" }
        ticket_keys = "ticket.keys"
        backends = { "%s" }
        """
        .formatted(backend.address());
  }

  private static void readPorts() {
    List<Integer> ports = rsp.ports();
    tls = ports.get(0);
    asking = ports.get(1);
    redirecting = ports.get(2);
  }

  @AfterAll
  static void stop() throws Exception {
    rsp.close();
    backend.close();
  }

  private static Program curl(String host, String address, int port, String... more) {
    List<String> command = new ArrayList<>();
    String out = "%{http_code} %{http_version} %{ssl_verify_result}";
    command.addAll(List.of("curl", "-sS", "-o", "/dev/null", "-w", out, "--cacert"));
    command.addAll(List.of(root.toString(), "--resolve", host + ":" + port + ":" + address));
    command.addAll(List.of(more));
    command.add("https://" + host + ":" + port + "/length/600");
    return Program.run(command.toArray(String[]::new));
  }

  @ParameterizedTest
  @CsvSource({
    "a.example, --http1.1, 200 1.1 0",
    "www.a.example, --http2, 200 2 0",
    "x.w.example, --http2, 200 2 0",
    "a.example, --tls-max 1.2, 200 2 0",
    "a.example, --tls-max 1.2 --ciphers ECDHE-RSA-AES128-GCM-SHA256, 200 2 0",
    "a.example, --tls-max 1.2 --ciphers ECDHE-ECDSA-CHACHA20-POLY1305, 200 2 0",
    "a.example, --tlsv1.3 --curves P-384, 200 2 0",
  })
  void curlIsServedInEachVersion(String host, String options, String expected) {
    Program curl = curl(host, "127.0.0.1", tls, options.split(" ", -1));
    assertEquals(expected, curl.out(), curl::toString);
  }

  @Test
  void aRedirectNamesHttps() {
    Program curl =
        Program.run(
            "curl",
            "-sS",
            "-o",
            "/dev/null",
            "-w",
            "%{http_code} %{redirect_url}",
            "http://127.0.0.3:" + redirecting + "/p?q",
            "-H",
            "Host: a.example");
    assertEquals("308 https://a.example/p?q", curl.out(), curl::toString);
  }

  @Test
  void aClientNeedsItsCertificateWhereOneIsAsked() {
    Program without = curl("a.example", "127.0.0.2", asking);
    assertTrue(without.out().startsWith("000 "), without::toString);
    Program with =
        curl(
            "a.example",
            "127.0.0.2",
            asking,
            "--cert",
            directory.resolve("client.crt").toString(),
            "--key",
            directory.resolve("client.key").toString());
    assertEquals("200 2 0", with.out(), with::toString);
  }

  @Test
  void aSessionIsResumedAfterARestart() {
    Path session = directory.resolve("session");
    Program first = handshake("-sess_out", session.toString());
    assertTrue(first.out().contains("New, TLSv1.2"), first::toString);
    rsp.close();
    rsp = Rsp.serving(directory, lua());
    readPorts();
    Program second = handshake("-sess_in", session.toString());
    assertTrue(second.out().contains("Reused, TLSv1.2"), second::toString);
  }

  private static Program handshake(String... more) {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("openssl", "s_client", "-connect", "127.0.0.1:" + tls, "-tls1_2"));
    command.addAll(List.of("-servername", "a.example"));
    command.addAll(List.of(more));
    return Program.run(command.toArray(String[]::new));
  }

  /** RFC 8446 §8: 0-RTT can be replayed. */
  @Test
  void ticketsAllowNoEarlyData() {
    String request =
        "GET /length/1 HTTP/1.1\\r\\nHost: a.example\\r\\nConnection: close\\r\\n\\r\\n";
    String client = "openssl s_client -connect 127.0.0.1:%d -servername a.example -tls1_3 -ign_eof";
    Program openssl =
        Program.run("sh", "-c", "printf '" + request + "' | " + client.formatted(tls));
    assertTrue(openssl.out().contains("New Session Ticket arrived"), openssl::toString);
    assertTrue(openssl.out().contains("Max Early Data: 0\n"), openssl::toString);
    assertFalse(openssl.out().contains("Max Early Data: 1"), openssl::toString);
  }

  /** The report is left in target/testssl. */
  @Test
  void testsslFindsNothingAboveLow() throws Exception {
    Path reports = Files.createDirectories(Path.of("target", "testssl").toAbsolutePath());
    Path json = reports.resolve("testssl.json");
    Files.deleteIfExists(json);
    Program testssl =
        Program.start(
            "testssl",
            "--quiet",
            "--color",
            "0",
            "--warnings",
            "off",
            "--nodns",
            "none",
            "-p",
            "-s",
            "-f",
            "-P",
            "-S",
            "-U",
            "--jsonfile",
            json.toString(),
            "127.0.0.1:" + tls);
    testssl.awaitExit(Duration.ofMinutes(4));
    Files.writeString(reports.resolve("testssl.txt"), testssl.out());
    String report = Files.readString(json);
    List<String> bad = new ArrayList<>();
    Matcher finding =
        Pattern.compile("\"id\"\\s*: \"([^\"]*)\"[^}]*\"severity\"\\s*: \"([^\"]*)\"")
            .matcher(report);
    int findings = 0;
    while (finding.find()) {
      findings++;
      boolean isBad = List.of("MEDIUM", "HIGH", "CRITICAL", "FATAL").contains(finding.group(2));
      if (isBad && !OF_THE_TEST.matcher(finding.group(1)).matches()) {
        bad.add(finding.group(2) + " " + finding.group(1));
      }
    }
    assertEquals(List.of(), bad, report);
    assertTrue(findings > 50, report);
    assertTrue(report.contains("\"heartbleed\""), report);
  }
}
