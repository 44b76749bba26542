// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.certs.CertificateSettings;
import dev.rsp.certs.HeldFiles;
import dev.rsp.certs.TestCa;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigLoader;
import dev.rsp.config.ListenAddress;
import dev.rsp.exchange.Loads;
import dev.rsp.exchange.Service;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.net.ConnectionCount;
import dev.rsp.net.Listener;
import dev.rsp.net.Transport;
import dev.rsp.route.RequestSampler;
import dev.rsp.worker.Worker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A single loop, while files of certificates are read for long. */
@Timeout(60)
final class SlowCertificateTest {
  private static final TestCa CA = TestCa.create();
  private static final String TLS = "127.0.0.1";
  private static final String PLAIN = "127.0.0.2";

  @TempDir private Path directory;

  private final Map<String, TestCa.Leaf> leaves = new HashMap<>();
  private final HeldFiles files = new HeldFiles();
  private final CurrentCertificates certificates =
      new CurrentCertificates(new CurrentIssuer(new JournalKeeper(), path -> {}));
  private final Worker loop = new Worker(Transport.NIO, 0, new ConnectionCount());
  private final List<Listener> listeners = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    Path folder = Files.createDirectories(directory.resolve("certs"));
    for (String name : List.of("slow", "other", "warm", "cold")) {
      TestCa.Leaf leaf = CA.ecdsa(name + ".test");
      leaf.writeTo(folder, name);
      leaves.put(name, leaf);
    }
    Path file =
        Files.writeString(
            directory.resolve("backends.lua"),
            """
            listen = { { address = "%s:0", tls = true }, "%s:0" }
            backends = { "127.0.0.1:9" }
            certificates = "%s"
            timeouts = { head = 50 }
            function select() refuse(403, "served") end
            """
                .formatted(TLS, PLAIN, folder));
    Config config = ConfigLoader.load(file);
    certificates.open(config);
    certificates.use(config);
    // The same folder, of which files can be held.
    certificates
        .all()
        .use(
            certificates
                .all()
                .read(new CertificateSettings(List.of(files.path(folder)), null, null, 100)));
    Service service =
        Service.of(config, 1, new Loads(), RequestSampler.NONE, null, null, null, certificates);
    loop.execute(() -> loop.serve(service));
    for (ListenAddress address : config.listen()) {
      Listener listener = Listener.open(address, List.of(loop), List.of());
      listener.serveBy(List.of(loop));
      listeners.add(listener);
    }
    assertServed("warm");
  }

  @AfterEach
  void end() {
    files.release();
    listeners.forEach(Listener::close);
    loop.execute(loop::closeAll);
    loop.shutDown();
    certificates.close();
  }

  private InetSocketAddress address(String host) {
    Listener listener = listeners.get(host.equals(TLS) ? 0 : 1);
    return new InetSocketAddress(host, Integer.parseInt(listener.label()));
  }

  private X509Certificate certificate(String name) {
    try {
      return CA.servedAt(address(TLS), name + ".test");
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }

  private void assertServed(String name) {
    assertEquals(certificateOf(name), certificate(name));
  }

  private X509Certificate certificateOf(String name) {
    TestCa.Leaf leaf = Objects.requireNonNull(leaves.get(name), name);
    return leaf.certificate();
  }

  /** A client that shakes hands meanwhile. */
  private CompletableFuture<X509Certificate> asking(String name) {
    return CompletableFuture.supplyAsync(
        () -> certificate(name), task -> new Thread(task, "client of " + name).start());
  }

  private void assertPlainRequestIsServed() throws IOException {
    InetSocketAddress address = address(PLAIN);
    try (Socket client = new Socket(address.getAddress(), address.getPort())) {
      client.setSoTimeout(20_000);
      client
          .getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: slow.test\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      assertTrue(answer.startsWith("HTTP/1.1 403 "), answer);
    }
  }

  @Test
  void onlyTheHandshakeThatNeedsAFileWaitsForIt() throws Exception {
    files.hold("slow.key");
    CompletableFuture<X509Certificate> slow = asking("slow");
    Eventually.holds(() -> files.waiting() == 1);
    assertServed("warm");
    assertServed("cold");
    assertPlainRequestIsServed();
    assertFalse(slow.isDone());
    files.release();
    assertEquals(certificateOf("slow"), slow.get(20, TimeUnit.SECONDS));
  }

  @Test
  void aHandshakeWhoseFileIsAlreadyBeingReadWaitsForTheSameRead() throws Exception {
    files.hold("slow.key");
    CompletableFuture<X509Certificate> first = asking("slow");
    Eventually.holds(() -> files.waiting() == 1);
    CompletableFuture<X509Certificate> second = asking("slow");
    assertServed("cold");
    assertEquals(1, files.waiting());
    files.release();
    assertEquals(certificateOf("slow"), first.get(20, TimeUnit.SECONDS));
    assertEquals(certificateOf("slow"), second.get(20, TimeUnit.SECONDS));
  }

  @Test
  void ifAllReadersWaitForFilesWhatIsInMemoryIsServed() throws Exception {
    files.hold("slow.key");
    files.hold("other.crt");
    List<CompletableFuture<X509Certificate>> waiting = new ArrayList<>();
    waiting.add(asking("slow"));
    waiting.add(asking("other"));
    Eventually.holds(() -> files.waiting() == 2);
    waiting.add(asking("cold"));
    assertServed("warm");
    assertPlainRequestIsServed();
    assertTrue(waiting.stream().noneMatch(CompletableFuture::isDone));
    files.release();
    for (String name : List.of("slow", "other", "cold")) {
      assertEquals(certificateOf(name), waiting.remove(0).get(20, TimeUnit.SECONDS));
    }
  }
}
