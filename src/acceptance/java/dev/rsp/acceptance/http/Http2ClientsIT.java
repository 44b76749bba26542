// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Blob;
import dev.rsp.acceptance.rig.Ends;
import dev.rsp.acceptance.rig.Origin;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Wire;
import dev.rsp.certs.TestCa;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Java's HttpClient, Node's http2 and npm's undici speak HTTP/2 over TLS, as programs use them. */
@Timeout(120)
final class Http2ClientsIT {
  private static final String CONNECTIONS = "rsp_http2_events_total{event=\"connection\"}";

  /** npm may have to load a package first. */
  private static final Duration INSTALLED = Duration.ofSeconds(100);

  /** What {@code /step/parts} answers with, part by part; an empty one ends it. */
  private static final BlockingQueue<String> PARTS = new LinkedBlockingQueue<>();

  /** The method of each request of {@code /step/wait}. */
  private static final BlockingQueue<String> ASKED = new LinkedBlockingQueue<>();

  /** The method of each of these that has broken off. */
  private static final BlockingQueue<String> GONE = new LinkedBlockingQueue<>();

  private static RawBackend origin;
  private static RawBackend steps;
  private static Rsp rsp;
  private static Path root;
  private static SSLContext trust;

  @TempDir static Path directory;

  @BeforeAll
  static void start() throws Exception {
    TestCa ca = TestCa.create();
    Path certificates = Files.createDirectories(directory.resolve("certs"));
    ca.ecdsa("localhost").writePem(certificates, "localhost");
    root = TestCa.write(directory.resolve("ca.pem"), ca.rootPem());
    trust = ca.clientContext();
    origin = Origin.start();
    steps = RawBackend.holding(Http2ClientsIT::step);
    rsp =
        Rsp.serving(
            directory,
            """
            listen = { address = "localhost:0", tls = true }
            certificates = "%s"
            control = "%s/control.sock"
            backends = {
            %s}
            function select(request)
              return request.path:find("^/step/") and "steps" or "origin"
            end
            """
                .formatted(
                    certificates,
                    directory,
                    Rsp.slot("origin", origin.address()) + Rsp.slot("steps", steps.address())));
  }

  /** Answers behind hints, while the request still comes, with trailers, or never to the end. */
  private static void step(Wire wire) throws IOException {
    for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
      if (RawBackend.target(head).equals("/step/hints")) {
        wire.send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n");
        wire.respond("behind hints");
        continue;
      }
      wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      switch (RawBackend.target(head)) {
        case "/step/echo" -> {
          wire.body(head, false, Blob.chunks(wire.out()));
          wire.send("0\r\n\r\n");
        }
        case "/step/trailers" -> wire.send("d\r\nwith trailers\r\n0\r\nX-Sum: 1\r\n\r\n");
        case "/step/parts" -> sendParts(wire);
        default -> {
          ASKED.add(head.substring(0, head.indexOf(' ')));
          wire.send("1\r\nx\r\n");
          try {
            wire.body(head, true, new ByteArrayOutputStream());
          } finally {
            GONE.add(head.substring(0, head.indexOf(' ')));
          }
          return;
        }
      }
    }
  }

  private static void sendParts(Wire wire) throws IOException {
    try (OutputStream out = Blob.chunks(wire.out())) {
      String part = next(PARTS, "no part");
      while (!part.isEmpty()) {
        out.write(part.getBytes(StandardCharsets.US_ASCII));
        part = next(PARTS, "no part");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    Ends.closeAll(rsp, origin, steps);
  }

  /** A client that has a connection already. */
  private static HttpClient client() throws Exception {
    HttpClient client = HttpClient.newBuilder().sslContext(trust).build();
    HttpResponse<String> first = client.send(get("/length/1"), BodyHandlers.ofString());
    assertEquals(HttpClient.Version.HTTP_2, first.version());
    return client;
  }

  private static HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + rsp.port() + path))
        .timeout(Eventually.PATIENCE);
  }

  private static HttpRequest get(String path) {
    return request(path).build();
  }

  private static HttpRequest post(String path, BodyPublisher content) {
    return request(path).POST(content).build();
  }

  private static double connections() {
    return rsp.figure(CONNECTIONS);
  }

  /** The method of the next request that has broken off. */
  private static String gone() throws InterruptedException {
    return next(GONE, "the backend does not see that the client has gone");
  }

  private static String next(BlockingQueue<String> queue, String otherwise)
      throws InterruptedException {
    String next = queue.poll(Eventually.PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertNotNull(next, otherwise);
    return String.valueOf(next);
  }

  @Test
  void aHundredRequestsOfJavaShareOneConnection() throws Exception {
    double before = connections();
    HttpClient client = client();
    List<CompletableFuture<HttpResponse<byte[]>>> responses = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      responses.add(client.sendAsync(get("/length/" + i * 1009), BodyHandlers.ofByteArray()));
    }
    for (int i = 0; i < 100; i++) {
      HttpResponse<byte[]> response = responses.get(i).get();
      assertEquals(200, response.statusCode());
      assertEquals(HttpClient.Version.HTTP_2, response.version());
      var sum = new Blob.Sum();
      sum.write(response.body());
      assertEquals(Blob.sum(i * 1009L), sum.hex());
    }
    assertEquals(before + 1, connections());
    // What other tests take for none must be seen where there is one.
    assertTrue(rsp.tlsEngines() > 0, "an open connection has an engine of TLS");
  }

  @Test
  void javaUploadsLargeContentWithAndWithoutALength() throws Exception {
    HttpClient client = client();
    Path blob = Blob.file(directory, 5_000_000);
    for (BodyPublisher content :
        List.of(
            BodyPublishers.ofFile(blob),
            BodyPublishers.fromPublisher(BodyPublishers.ofFile(blob)))) {
      HttpResponse<String> response = client.send(post("/sum", content), BodyHandlers.ofString());
      assertEquals(Blob.received(5_000_000), response.body());
    }
  }

  @Test
  void javaReadsAResponseAsItComes() throws Exception {
    var response = client().send(get("/step/parts"), BodyHandlers.ofInputStream());
    try (InputStream in = response.body()) {
      for (int i = 10; i < 30; i++) {
        PARTS.add("" + i);
        assertEquals("" + i, new String(in.readNBytes(2), StandardCharsets.US_ASCII));
      }
      PARTS.add("");
      assertEquals(-1, in.read());
    }
  }

  @Test
  void whatJavaCancelsEndsAtTheBackendAndTheConnectionGoesOn() throws Exception {
    HttpClient client = client();
    double before = connections();
    var reading = client.send(get("/step/wait"), BodyHandlers.ofInputStream());
    assertEquals('x', reading.body().read());
    reading.body().close();
    assertEquals("GET", gone());
    ASKED.clear();
    try (var content = new SubmissionPublisher<ByteBuffer>()) {
      var sending =
          client.sendAsync(
              post("/step/wait", BodyPublishers.fromPublisher(content)),
              BodyHandlers.ofInputStream());
      assertEquals("POST", next(ASKED, "the request does not reach the backend"));
      sending.cancel(true);
      assertEquals("POST", gone());
    }
    assertEquals(200, client.send(get("/length/1"), BodyHandlers.ofString()).statusCode());
    assertEquals(before, connections());
  }

  /** The script says what each part does. */
  @Test
  void nodeIsServedOverOneConnection() throws Exception {
    double before = connections();
    assertPartsHold(6, Path.of("src/acceptance/node/http2.mjs"));
    assertTrue(List.of("GET", "POST").contains(gone()));
    assertTrue(List.of("GET", "POST").contains(gone()));
    assertEquals(before + 1, connections());
  }

  @Test
  void undiciIsServedOverOneConnectionAndOverFour() throws Exception {
    Path script = withPackages("undici.mjs");
    double before = connections();
    assertPartsHold(7, script);
    assertEquals(before + 5, connections());
  }

  /** Copies a script to a folder, and installs the packages there that it uses. */
  private static Path withPackages(String script) throws IOException {
    Path from = Path.of("src/acceptance/node");
    Path to = Files.createDirectories(Path.of("target/acceptance-node"));
    for (String file : List.of("package.json", "package-lock.json", script)) {
      Files.copy(from.resolve(file), to.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    // No scripts of packages run.
    Program npm =
        Program.start(
            "npm",
            "ci",
            "--prefix",
            to.toString(),
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline");
    assertEquals(0, npm.awaitExit(INSTALLED), npm::toString);
    return to.resolve(script);
  }

  private static void assertPartsHold(int count, Path script) {
    String url = "https://localhost:" + rsp.port();
    Program node = Program.run("node", script.toString(), url, root.toString());
    assertEquals(0, node.awaitExit(), node::toString);
    assertEquals(
        count, node.out().lines().filter(line -> line.startsWith("ok ")).count(), node::out);
  }
}
