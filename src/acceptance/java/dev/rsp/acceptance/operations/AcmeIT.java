// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Pebble;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.certs.TrustsAll;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates on demand, from a real certificate authority. */
@Timeout(240)
final class AcmeIT {
  private static final int HTTP_PORT = 5_080;
  private static final int TLS_PORT = 5_443;
  private static final long DAY_SECONDS = 86_400;

  @TempDir private Path directory;

  private final String address = Pebble.ownAddress();

  private String lua(Pebble pebble, String more) {
    return """
        listen = {
          { address = "%s:%d", tls = true },
          { address = "%s:%d", redirect = "https:%d" },
        }
        backends = { "127.0.0.1:1" }
        timeouts = { head = 2, connect_retry = 0 }
        acme = {
          directory = "%s", ca = "ca.pem", store = "certs", timeout = 30, %s
          allow = function(host) return host:match("%%.ok%%.test$") ~= nil end,
        }
        """
        .formatted(address, TLS_PORT, address, HTTP_PORT, TLS_PORT, pebble.directoryUrl(), more);
  }

  /** The certificate that a client gets for a name; null if that is unrecognized. */
  private @Nullable X509Certificate certificate(String name) throws Exception {
    SSLContext context = TrustsAll.clientContext();
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(address, TLS_PORT)) {
      socket.setSoTimeout(60_000);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName(name)));
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    } catch (SSLException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("unrecognized_name"), e::toString);
      return null;
    }
  }

  private X509Certificate ordered(String name) throws Exception {
    X509Certificate leaf = certificate(name);
    assertNotNull(leaf, name);
    String issuer = leaf.getIssuerX500Principal().getName();
    assertTrue(issuer.contains("Pebble Intermediate"), issuer);
    assertEquals(List.of(List.of(2, name)), List.copyOf(leaf.getSubjectAlternativeNames()));
    return leaf;
  }

  /** The first line of the answer to a request in clear. */
  private String answer(String host, String path) throws IOException {
    try (Socket socket = new Socket(address, HTTP_PORT)) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.0\r\nHost: " + host + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      String text = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      return text.substring(0, text.indexOf('\r'));
    }
  }

  private Path live(String host) {
    return directory.resolve("certs/live").resolve(host);
  }

  private static Pebble start(Path directory, String address, long seconds) throws IOException {
    return Pebble.start(directory, address, HTTP_PORT, TLS_PORT, seconds);
  }

  @Test
  void aClientGetsTheCertificateOfItsHostInItsFirstHandshake() throws Exception {
    try (Pebble pebble = start(directory, address, 90 * DAY_SECONDS)) {
      String serial;
      try (Rsp rsp = Rsp.serving(directory, lua(pebble, "challenge = \"http-01\","))) {
        // All who want it wait for one order.
        Set<X509Certificate> found = new HashSet<>();
        for (Future<X509Certificate> one : handshakes(20, "www.ok.test")) {
          found.add(one.get());
        }
        assertEquals(1, found.size());
        serial = serial(ordered("www.ok.test"));
        assertTrue(pebble.log().contains("/.well-known/acme-challenge/"), pebble::log);
        assertEquals(
            "rw-------",
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(live("www.ok.test").resolve("privkey.pem"))));

        // A host that is not allowed costs no order, and no file.
        assertNull(certificate("www.no.test"));
        assertFalse(Files.exists(live("www.no.test")));
        assertFalse(pebble.log().contains("www.no.test"), pebble::log);

        // Everything in clear is redirected but challenges, which go to the site if rsp has none.
        assertTrue(answer("www.ok.test", "/").contains(" 308 "));
        assertTrue(answer("www.ok.test", "/.well-known/acme-challenge/x").contains(" 502 "));

        rsp.reconfigure(lua(pebble, "challenge = \"tls-alpn-01\","));
        ordered("alpn.ok.test");
        assertEquals(serial, serial(ordered("www.ok.test")), "kept over the reload");
      }

      Program certs = Rsp.run("certs", directory.resolve("backends.lua").toString());
      assertEquals(0, certs.awaitExit(), certs::toString);
      assertTrue(certs.out().contains("  renewed 20"), certs::toString);
      assertTrue(certs.out().contains("2 certificate(s), 0 of them expired, 0 broken"), certs::out);
      assertTrue(certs.out().contains(" 7 days: 0 order(s) of at most 16800"), certs::out);

      // The authority is down while rsp starts: what is in the store is served.
      pebble.stop();
      try (Rsp rsp = Rsp.serving(directory, lua(pebble, ""))) {
        assertEquals(serial, serial(ordered("www.ok.test")));
        assertNull(
            certificate("new.ok.test"), "a handshake does not wait for an authority that is down");
        rsp.awaitLog("no certificates are ordered until");
        assertEquals(serial, serial(ordered("www.ok.test")));

        // It is back, and does not know the account any more: the order goes on by itself.
        pebble.restart();
        rsp.awaitLog("certificates are ordered again");
        ordered("new.ok.test");
      }
    }
  }

  private static String serial(X509Certificate certificate) {
    return certificate.getSerialNumber().toString();
  }

  private List<Future<X509Certificate>> handshakes(int count, String name) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    List<Future<X509Certificate>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(threads.submit(() -> ordered(name)));
    }
    threads.shutdown();
    return all;
  }

  @Test
  void certificatesAreRenewedInTimeAndReplaceBrokenFiles() throws Exception {
    try (Pebble pebble = start(directory, address, 30);
        Rsp rsp = Rsp.serving(directory, lua(pebble, ""))) {
      String first = serial(ordered("www.ok.test"));
      ordered("poisoned.ok.test");
      Files.writeString(live("poisoned.ok.test").resolve("fullchain.pem"), "no certificate");
      Eventually.holds(
          () -> "a renewal at two thirds of 30 s: " + rsp.log(),
          () -> !first.equals(serial(ordered("www.ok.test"))));
      Eventually.holds(
          () -> "a certificate instead of the broken one: " + rsp.log(),
          () ->
              Files.readString(live("poisoned.ok.test").resolve("fullchain.pem"))
                  .startsWith("-----BEGIN CERTIFICATE-----"));
      ordered("poisoned.ok.test");
      assertNotEquals(first, serial(ordered("www.ok.test")));
    }
  }
}
