// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.certs.TestCa;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two thousand certificates in the real process: starts, renewal, memory. */
@Timeout(240)
final class CertificatesIT {
  private static final int COUNT = 2_000;
  private static final int RENEWED = 100;

  private static final String LUA =
      """
      listen = { address = "127.0.0.1:0", tls = true }
      backends = { "127.0.0.1:1" }
      certificates = { path = "certs", index = "certificates.index" }
      """;

  @TempDir private Path directory;

  private final TestCa ca = TestCa.create();

  /** One pair for all: this is not a test of how fast keys are made. */
  private final KeyPair keys = TestCa.ecdsaKeys();

  private void write(int from, int to) {
    IntStream.range(from, to)
        .forEach(
            i ->
                ca.leaf(keys, Duration.ofDays(90), "site-" + i + ".test")
                    .writePem(directory.resolve("certs"), "site-" + i));
  }

  private String serial(SSLContext context, int port, int site) throws IOException {
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.setSoTimeout(30_000);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setServerNames(List.of(new SNIHostName("site-" + site + ".test")));
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      var leaf = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return leaf.getSerialNumber().toString();
    }
  }

  @Test
  void startsFromTheIndexAndFailsNoHandshakeWhileCertificatesAreReplaced() throws Exception {
    write(0, COUNT);
    SSLContext context = ca.clientContext();
    try (Rsp first = Rsp.serving(directory, LUA)) {
      serial(context, first.port(), 0);
      first.stop();
    }
    assertTrue(Files.size(directory.resolve("certificates.index")) > 0);

    try (Rsp rsp = Rsp.serving(directory, LUA)) {
      int port = rsp.port();
      AtomicInteger handshakes = new AtomicInteger();
      AtomicReference<Throwable> failed = new AtomicReference<>();
      Thread clients =
          new Thread(
              () -> {
                try {
                  while (!Thread.currentThread().isInterrupted()) {
                    serial(context, port, handshakes.getAndIncrement() % (2 * RENEWED));
                  }
                } catch (Throwable e) {
                  failed.set(e);
                }
              });
      clients.start();
      String before = serial(context, port, 1);
      write(0, RENEWED);
      rsp.reload();
      assertTrue(!before.equals(serial(context, port, 1)), "it was renewed");
      ca.leaf(keys, Duration.ofDays(90), "site-%d.test".formatted(COUNT))
          .writePem(directory.resolve("certs"), "new");
      Eventually.holds(
          "a new file is found without a reload",
          () -> {
            try {
              return !serial(context, port, COUNT).isEmpty();
            } catch (SSLException e) {
              return false; // unrecognized_name
            }
          });
      int done = handshakes.get();
      Eventually.holds(
          "handshakes go on", () -> handshakes.get() > done + 20 || failed.get() != null);
      clients.interrupt();
      clients.join();
      assertEquals(null, failed.get());
      rsp.awaitLog("certificates=2001");

      Program listed = Rsp.run("certs", rsp.file().toString(), "--name", "site-1.test");
      assertEquals(0, listed.awaitExit());
    }
  }
}
