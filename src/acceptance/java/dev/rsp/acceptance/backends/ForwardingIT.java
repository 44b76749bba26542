// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.backends;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.acceptance.rig.Answer;
import dev.rsp.acceptance.rig.Peer;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.RawClient;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Uwsgi;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What real servers make of the fields about earlier hops, behind one rsp and behind two. */
final class ForwardingIT {
  private static final int PAGE_BYTES = 24_000;

  private static Path directory;
  @AutoClose private static RawBackend unused;
  @AutoClose private static Uwsgi uwsgi;
  @AutoClose private static Peer nginx;

  /** A machine, and the balancer in front of it: only the machine believes its peer. */
  @AutoClose private static Rsp machine;

  @AutoClose private static Rsp balancer;

  @BeforeAll
  static void start(@TempDir Path temporary) throws IOException {
    directory = temporary;
    uwsgi = Uwsgi.serving(directory, "app.sock");
    unused = RawBackend.holding(wire -> wire.respond("unused"));
    nginx = Peer.nginx(directory, unused.address());
    Files.writeString(
        Files.createDirectories(directory.resolve("gzip")).resolve("page"), "x".repeat(PAGE_BYTES));
    machine =
        Rsp.serving(
            Files.createDirectory(directory.resolve("machine")),
            Rsp.oneBackend(uwsgi.tcpPlace()) + "\ntrusted_proxies = { '127.0.0.1', 'unix' }\n");
    balancer =
        Rsp.serving(
            Files.createDirectory(directory.resolve("balancer")),
            Rsp.oneBackend("127.0.0.1:" + machine.port()));
  }

  private static String known(Rsp rsp, String... fields) throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send("GET /env HTTP/1.1\r\nHost: a\r\n" + String.join("\r\n", fields) + "\r\n\r\n");
      Answer answer = client.read();
      assertEquals(200, answer.status());
      return answer.body();
    }
  }

  private static void assertKnows(String known, String variable, String value) {
    String expected = "\"" + variable + "\": \"" + value + "\"";
    assertTrue(known.contains(expected), expected + " in " + known);
  }

  @Test
  void anApplicationGetsTheSchemeAndTheClientOfATrustedTerminator() throws IOException {
    String known =
        known(
            machine,
            "X-Forwarded-For: 192.0.2.66, 192.0.2.1",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: www.example",
            "X-Real-IP: 192.0.2.1");
    assertKnows(known, "wsgi.url_scheme", "https");
    assertKnows(known, "HTTP_X_FORWARDED_PROTO", "https");
    assertKnows(known, "HTTP_X_FORWARDED_HOST", "www.example");
    assertKnows(known, "HTTP_X_FORWARDED_FOR", "192.0.2.66, 192.0.2.1, 127.0.0.1");
    assertKnows(known, "HTTP_X_REAL_IP", "192.0.2.1");
    assertKnows(known, "REMOTE_ADDR", "192.0.2.1");
  }

  @Test
  void aClientOfTwoTiersSaysNothingOfItself() throws IOException {
    String known =
        known(
            balancer,
            "X-Forwarded-For: 192.0.2.66",
            "X-Forwarded-Proto: https",
            "X-Forwarded-Host: evil",
            "X-Real-IP: 192.0.2.66",
            "Forwarded: for=192.0.2.66;proto=https",
            "Proxy: http://evil",
            "Content_Length: 66");
    assertKnows(known, "wsgi.url_scheme", "http");
    assertKnows(known, "HTTP_X_FORWARDED_PROTO", "http");
    assertKnows(known, "HTTP_X_FORWARDED_HOST", "a");
    assertKnows(known, "HTTP_X_FORWARDED_FOR", "127.0.0.1, 127.0.0.1");
    assertFalse(known.contains("66") || known.contains("evil"), known);
  }

  @Test
  void nginxCompressesIfRspAddsNoVia() throws IOException {
    String conf = Rsp.oneBackend(nginx.address()) + "\n";
    try (Rsp rsp = Rsp.serving(Files.createDirectory(directory.resolve("via")), conf)) {
      assertEquals(PAGE_BYTES, page(rsp).length());
      rsp.reconfigure(conf + "via = false\n");
      String compressed = page(rsp);
      assertTrue(compressed.length() < PAGE_BYTES / 10, compressed.length() + " bytes");
    }
  }

  private static String page(Rsp rsp) throws IOException {
    try (RawClient client = rsp.connect()) {
      client.send("GET /gzip/page HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
      Answer answer = client.read();
      assertEquals(200, answer.status());
      return answer.body();
    }
  }
}
