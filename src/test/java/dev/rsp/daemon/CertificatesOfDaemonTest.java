// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.admin.JsonReader;
import dev.rsp.admin.OpenApi;
import dev.rsp.certs.TestCa;
import dev.rsp.config.ConfigException;
import dev.rsp.config.ConfigLoader;
import dev.rsp.journal.JournalKeeper;
import dev.rsp.net.Transport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which certificates a daemon serves in real handshakes, and what it says of them. */
@Timeout(60)
final class CertificatesOfDaemonTest {
  private static final TestCa CA = TestCa.create();

  @TempDir private Path directory;

  private final List<Daemon> started = new ArrayList<>();
  private int port;

  @BeforeEach
  void freePort() throws IOException {
    try (var free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    Files.createDirectories(directory.resolve("certs"));
  }

  @AfterEach
  void stop() {
    started.forEach(Daemon::stop);
  }

  private Path folder() {
    return directory.resolve("certs");
  }

  private void config(String certificates) throws IOException {
    Files.writeString(
        directory.resolve("backends.lua"),
        """
        listen = { address = "127.0.0.1:%d", tls = true }
        loops = 2
        backends = { "127.0.0.1:1" }
        control = "%s"
        timeouts = { drain = 0.2 }
        %s
        """
            .formatted(port, directory.resolve("c.sock"), certificates));
  }

  private Daemon start() throws Exception {
    Daemon daemon = new Daemon(directory.resolve("backends.lua"), Transport.NIO);
    started.add(daemon);
    daemon.start(() -> {});
    return daemon;
  }

  /** The serial number of the certificate that a client gets; an alert is null. */
  private @Nullable String serial(@Nullable String name) throws Exception {
    try {
      return CA.servedAt(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), name)
          .getSerialNumber()
          .toString();
    } catch (SSLException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("unrecognized_name"), e.toString());
      return null;
    }
  }

  private static String serialOf(TestCa.Leaf leaf) {
    return leaf.certificate().getSerialNumber().toString();
  }

  private boolean gets(String name, TestCa.Leaf leaf) {
    try {
      return serialOf(leaf).equals(serial(name));
    } catch (Exception e) {
      throw new AssertionError(name, e);
    }
  }

  @Test
  void servesTheCertificateOfTheNameThatAClientAsksFor() throws Exception {
    TestCa.Leaf a = CA.ecdsa("a.test");
    TestCa.Leaf b = CA.rsa("b.test", "*.b.test");
    TestCa.Leaf other = CA.ecdsa("default.test");
    a.writeTo(folder(), "a");
    b.writePem(folder(), "b");
    other.writePem(folder(), "other");
    config("certificates = '%s'".formatted(folder()));
    Daemon daemon = start();

    assertEquals(serialOf(a), serial("a.test"));
    assertEquals(serialOf(b), serial("www.b.test"));
    assertNull(serial("c.test"));
    assertNull(serial(null));

    config("certificates = { path = '%s', default = 'default.test' }".formatted(folder()));
    daemon.reload();
    assertEquals(serialOf(other), serial("c.test"));
    assertEquals(serialOf(other), serial(null));
    assertEquals(serialOf(a), serial("a.test"));
  }

  @Test
  void findsRenewedAndNewCertificatesWithoutAReload() throws Exception {
    CA.ecdsa("a.test").writePem(folder(), "a");
    config("certificates = '%s'".formatted(folder()));
    start();
    assertNotNull(serial("a.test"));

    TestCa.Leaf renewed = CA.ecdsa("a.test");
    renewed.writePem(folder(), "a");
    TestCa.Leaf added = CA.ecdsa("b.test");
    added.writePem(folder(), "b");

    Eventually.holds(() -> gets("b.test", added) && gets("a.test", renewed));
  }

  @Test
  void refusesAReloadThatWouldServeNone() throws Exception {
    TestCa.Leaf a = CA.ecdsa("a.test");
    a.writePem(folder(), "a");
    config("certificates = '%s'".formatted(folder()));
    Daemon daemon = start();
    config("certificates = '%s'".formatted(directory.resolve("wrong")));
    daemon.reload();

    assertEquals(serialOf(a), serial("a.test"));
    assertEquals(1L, json("/api/certificates").get("total"));
  }

  @Test
  void writesTheIndexAtTheEnd() throws Exception {
    TestCa.Leaf a = CA.ecdsa("a.test");
    a.writePem(folder(), "a");
    Path index = directory.resolve("i");
    config("certificates = { path = '%s', index = '%s' }".formatted(folder(), index));
    start().stop();
    assertTrue(Files.size(index) > 0);
    started.clear();
    start();
    assertEquals(serialOf(a), serial("a.test"));
  }

  @Test
  void startsWithoutACertificateAndServesTheFirstOne() throws Exception {
    config("certificates = '%s'".formatted(folder()));
    start();
    assertNull(serial("a.test"));
    TestCa.Leaf a = CA.ecdsa("a.test");
    a.writePem(folder(), "a");
    Eventually.holds(() -> gets("a.test", a));
  }

  @Test
  void failsNoHandshakeDuringReloadsThatReplaceCertificates() throws Exception {
    for (int i = 0; i < 10; i++) {
      CA.ecdsa(i + ".test").writePem(folder(), "c" + i);
    }
    config("certificates = '%s'".formatted(folder()));
    Daemon daemon = start();
    AtomicInteger handshakes = new AtomicInteger();
    AtomicReference<Throwable> failed = new AtomicReference<>();
    AtomicInteger rounds = new AtomicInteger();
    Thread clients =
        new Thread(
            () -> {
              try {
                for (int i = 0; rounds.get() < 5; i++) {
                  assertNotNull(serial(i % 10 + ".test"));
                  handshakes.incrementAndGet();
                }
              } catch (Throwable e) {
                failed.set(e);
              }
            });
    clients.start();
    for (; rounds.get() < 5; rounds.incrementAndGet()) {
      for (int i = 0; i < 10; i += 2) {
        CA.ecdsa(i + ".test").writePem(folder(), "c" + i);
      }
      daemon.reload();
    }
    clients.join();
    assertNull(failed.get());
    assertTrue(handshakes.get() > 0);
  }

  @Test
  void tellsOperatorsOfTheCertificates() throws Exception {
    CA.ecdsa("a.test").writePem(folder(), "a");
    CA.expired("old.test").writePem(folder(), "old");
    TestCa.write(folder().resolve("half.pem"), "-----BEGIN CERTIFICATE-----\nMI");
    config("certificates = '%s'".formatted(folder()));
    start();
    assertNotNull(serial("a.test"));

    Map<String, ?> all = json("/api/certificates");
    assertEquals(2L, all.get("total"));
    assertEquals(1L, all.get("broken"));
    assertEquals(1L, all.get("expired"));
    assertEquals(
        List.of("half.pem", "old.pem", "a.pem"),
        ((List<?>) Objects.requireNonNull(all.get("certificates")))
            .stream()
                .map(one -> String.valueOf(((Map<?, ?>) one).get("path")))
                .map(path -> path.substring(path.lastIndexOf('/') + 1))
                .toList());
    Map<String, ?> one = json("/api/certificates?name=a.test");
    assertEquals(1, ((List<?>) Objects.requireNonNull(one.get("certificates"))).size());
    assertEquals(true, json("/api/certificates?limit=2").get("more"));

    String figures = get("/metrics");
    assertTrue(figures.contains("\nrsp_certificates{state=\"valid\"} 1"), figures);
    assertTrue(figures.contains("\nrsp_certificates{state=\"expired\"} 1"), figures);
    assertTrue(figures.contains("\nrsp_certificates{state=\"broken\"} 1"), figures);
    assertTrue(figures.contains("\nrsp_certificate_loads_total{result=\"loaded\"} 1"), figures);
    assertFalse(figures.contains("rsp_certificates_next_expiry_timestamp_seconds 0"), figures);
  }

  /** No CA is asked: nothing listens where the directory is. */
  private String acme(String allow) {
    return "acme = { directory = 'https://127.0.0.1:1/', store = '%s', timeout = 20, allow = %s }\n"
        .formatted(directory.resolve("store"), allow);
  }

  @Test
  void aHostThatIsNotAllowedGetsNoCertificateAndNoOrder() throws Exception {
    config(acme("function(host) return host == 'a.test' end"));
    start();
    assertNull(serial("b.test"));
    assertNull(serial("no-dot"));
    assertNull(serial(null));
    Map<String, ?> orders = orders();
    assertEquals(List.of(), orders.get("hosts"));
    assertEquals(0L, orders.get("waiting_handshakes"));
    String figures = get("/metrics");
    assertTrue(figures.contains("\nrsp_acme_asks_total{answer=\"denied\"} 1"), figures);
    assertTrue(figures.contains("\nrsp_acme_budget 300"), figures);
  }

  @Test
  void aHostThatIsAllowedIsInTheReportWithWhatIsWrong() throws Exception {
    config(acme("function(host) return host == 'a.test' end"));
    start();
    assertNull(serial("a.test"));
    Eventually.holds(() -> String.valueOf(ordersOrNull()).contains("host=a.test"));
    assertEquals(
        List.of(),
        OpenApi.shipped().differences("GET /api/certificates", 200, get("/api/certificates")));
  }

  @Test
  void certificatesThatAreThereAreServedWithoutAsking() throws Exception {
    TestCa.Leaf own = CA.ecdsa("a.test", "*.w.test");
    own.writePem(folder(), "own");
    TestCa.Leaf other = CA.ecdsa("default.test");
    other.writePem(folder(), "default");
    config(
        "certificates = { path = '%s', default = 'default.test' }\n".formatted(folder())
            + acme("function(host) error('asked') end"));
    start();
    assertEquals(serialOf(own), serial("a.test"));
    assertEquals(serialOf(own), serial("x.w.test"));
    assertEquals(serialOf(other), serial(null), "a client that names no host");
    assertTrue(get("/metrics").contains("\nrsp_acme_asks_total{answer=\"none\"} 0"));
    assertEquals(serialOf(other), serial("b.test"), "the default, because nothing is allowed");
    assertTrue(get("/metrics").contains("\nrsp_acme_asks_total{answer=\"none\"} 1"));
  }

  @Test
  void aStoreThatCannotBeMadeIsRefused() throws Exception {
    config(acme("'journal'").replace(directory.resolve("store").toString(), "/proc/self/no/s"));
    var refused = assertThrows(ConfigException.class, this::start);
    assertTrue(
        refused.problems().get(0).contains("acme.store: \"/proc/self/no/s\" (expected: a folder"),
        refused.problems()::toString);
  }

  @Test
  void aReloadMayEndAndBeginOrders() throws Exception {
    config(acme("'http://127.0.0.1:1/ask'"));
    Daemon daemon = start();
    assertNull(serial("a.test"));
    CA.ecdsa("b.test").writePem(folder(), "b");
    config("certificates = '%s'".formatted(folder()));
    daemon.reload();
    assertNull(ordersOrNull());
    assertNull(serial("a.test"));
    config(acme("'journal'"));
    daemon.reload();
    assertNull(ordersOrNull(), "refused: a store without certificates would replace those of now");
    config("certificates = '%s'\n".formatted(folder()) + acme("'journal'"));
    daemon.reload();
    assertNotNull(ordersOrNull());
    assertNotNull(serial("b.test"));
  }

  private @Nullable Object ordersOrNull() {
    try {
      return json("/api/certificates").get("orders");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked")
  private Map<String, ?> orders() {
    return (Map<String, ?>) Objects.requireNonNull(ordersOrNull());
  }

  @Test
  void sendsRequestsOfAnotherNameToAnotherConnectionOnlyIfThatHelps() throws Exception {
    CA.ecdsa("a.test", "*.a.test").writePem(folder(), "a");
    CA.ecdsa("b.test").writePem(folder(), "b");
    CA.ecdsa("d.test").writePem(folder(), "d");
    config("certificates = { path = '%s', default = 'd.test' }".formatted(folder()));
    CurrentCertificates certificates =
        new CurrentCertificates(new CurrentIssuer(new JournalKeeper(), path -> {}));
    certificates.open(ConfigLoader.load(directory.resolve("backends.lua")));
    Object a = entry(certificates, "a.test");
    Object byDefault = entry(certificates, null);

    assertFalse(certificates.isMisdirected("a.test", a));
    assertFalse(certificates.isMisdirected("x.a.test", a), "covered by the wildcard");
    assertTrue(certificates.isMisdirected("b.test", a));
    assertTrue(certificates.isMisdirected("c.test", a), "the default is another certificate");
    assertFalse(certificates.isMisdirected("c.test", byDefault), "it would be the same one");
    certificates.close();
  }

  private static Object entry(CurrentCertificates certificates, @Nullable String name) {
    var named = certificates.all().find(name);
    assertNotNull(named);
    Object entry = named.choose(true, System.currentTimeMillis());
    assertNotNull(entry);
    return entry;
  }

  private Map<String, ?> json(String target) throws IOException {
    return Objects.requireNonNull(JsonReader.object(get(target)));
  }

  private String get(String target) throws IOException {
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(directory.resolve("c.sock")))) {
      channel.write(
          ByteBuffer.wrap(
              ("GET " + target + " HTTP/1.0\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1)));
      var all = new StringBuilder();
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
      while (channel.read(buffer.clear()) >= 0) {
        all.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
      }
      String text = all.toString();
      return text.substring(text.indexOf("\r\n\r\n") + 4);
    }
  }
}
