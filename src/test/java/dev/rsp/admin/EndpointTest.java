// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Who gets an answer of the admin endpoint. */
@Timeout(60)
final class EndpointTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final String RIGHT = "Authorization: Bearer " + TOKEN + "\r\n";

  private final TestOperations operations = new TestOperations();
  private final Logger logger = (Logger) LoggerFactory.getLogger(Endpoint.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private Endpoint endpoint;

  @BeforeEach
  void open() throws IOException {
    var page =
        new Page(
            name ->
                name.equals("index.html")
                    ? new ByteArrayInputStream("page".getBytes(StandardCharsets.UTF_8))
                    : null);
    endpoint =
        Endpoint.open(
            "admin",
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            operations,
            Access.withToken(TOKEN, List.of("rsp.example.net"), page));
    logged.start();
    logger.addAppender(logged);
  }

  @AfterEach
  void close() {
    logger.detachAppender(logged);
    endpoint.close();
  }

  private Socket connect() throws IOException {
    InetSocketAddress address = Objects.requireNonNull(endpoint.address());
    return new Socket(address.getAddress(), address.getPort());
  }

  /** The whole answer to a request, after which the connection is closed. */
  private String ask(String line, String fields) throws IOException {
    try (Socket socket = connect()) {
      String host = fields.contains("Host:") ? "" : "Host: 127.0.0.1\r\n";
      String request =
          line
              + " HTTP/1.1\r\n"
              + host
              + "Connection: close\r\n"
              + fields
              + (fields.contains("\r\n\r\n") ? "" : "\r\n");
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static int status(String answer) {
    return Integer.parseInt(answer.substring(9, 12));
  }

  @Test
  void onlyTheTokenOpensIt() throws IOException {
    String without = ask("GET /status", "");
    assertEquals(401, status(without));
    assertTrue(without.contains("\r\nwww-authenticate: Bearer\r\n"), without);
    assertEquals(401, status(ask("POST /reload", "")));
    assertEquals(List.of(), operations.done);
    assertEquals(200, status(ask("GET /status", RIGHT)));
    assertEquals(200, status(ask("POST /reload", "authorization: bearer " + TOKEN + "\r\n")));
    assertTrue(operations.done.get(0).startsWith("reload by address=127.0.0.1:"));
  }

  @ParameterizedTest
  @CsvSource({
    "Bearer 0123456789abcdeF",
    "Bearer 0123456789abcde",
    "0123456789abcdef",
    "Basic 0123456789abcdef",
    "Bearer"
  })
  void aWrongTokenIsAnsweredLateAndIsInNoLog(String value) throws IOException {
    long start = System.nanoTime();
    assertEquals(401, status(ask("GET /status", "Authorization: " + value + "\r\n")));
    assertTrue(System.nanoTime() - start >= 900_000_000L, "answered at once");
    assertEquals(1, logged.list.size());
    String line = logged.list.get(0).getFormattedMessage();
    assertTrue(line.startsWith("admin wrong token address=127.0.0.1:"), line);
    assertFalse(line.contains("0123456789abcde"), line);
  }

  @ParameterizedTest
  @CsvSource({
    "/healthz, 200",
    "/readyz, 200",
    "/, 200",
    "/assets/none.js, 404",
    "/healthz/, 401",
    "/metrics, 401",
    "/status.json, 401",
    "/config, 401",
    "/api/openapi.json, 401",
    "/assets/../config, 401",
    "/assets/%2e%2e/config, 401",
    "//healthz, 401",
    "/%68ealthz, 401",
  })
  void onlyProbesAndThePageNeedNoToken(String path, int status) throws IOException {
    assertEquals(status, status(ask("GET " + path, "")));
  }

  @Test
  void thePageHasAStrictPolicyAndATag() throws IOException {
    String page = ask("GET /", "");
    assertTrue(
        page.contains("\r\ncontent-security-policy: default-src 'none'; script-src 'self';"), page);
    assertTrue(page.endsWith("\r\n\r\npage"), page);
    String tag = page.replaceAll("(?s).*\\r\\netag: (\"[0-9a-f]+\")\\r\\n.*", "$1");
    String same = ask("GET /", "If-None-Match: " + tag + "\r\n");
    assertEquals(304, status(same));
    assertTrue(same.endsWith("\r\n\r\n"), same);
  }

  @ParameterizedTest
  @CsvSource({
    "localhost:9901, 200", "LOCALHOST, 200", "127.0.0.1:1, 200", "[::1]:9, 200",
        "rsp.example.net, 200",
    "evil.example, 403", "localhost.evil.example, 403", "rsp, 403", "[evil.example], 403",
        "127.0.0.1.evil.example:80, 403",
  })
  void aNameThatMayBeAnAttackersIsRefused(String host, int status) throws IOException {
    assertEquals(status, status(ask("GET /status", RIGHT + "Host: " + host + "\r\n")));
    assertEquals(status, status(ask("GET /", "Host: " + host + "\r\n")));
  }

  @ParameterizedTest
  @CsvSource({
    "'Origin: http://127.0.0.1', 200",
    "'Sec-Fetch-Site: same-origin', 200",
    "'Sec-Fetch-Site: none', 200",
    "'Origin: http://evil.example', 403",
    "'Origin: http://127.0.0.1:81', 403",
    "'Origin: null', 403",
    "'Sec-Fetch-Site: cross-site', 403",
    "'Sec-Fetch-Site: same-site', 403",
  })
  void anotherSitesPageIsRefused(String field, int status) throws IOException {
    assertEquals(status, status(ask("POST /reload", RIGHT + field + "\r\n")));
    assertEquals(status == 200 ? 1 : 0, operations.done.size());
  }

  @Test
  void twoHostsAndNoHttpAreMalformed() throws IOException {
    assertEquals(400, status(ask("GET /healthz", "Host: 127.0.0.1\r\nHost: evil.example\r\n")));
    assertEquals(400, status(ask("GET /healthz" + "x".repeat(10_000), RIGHT)));
  }

  @Test
  void aLongBodyIsRefusedBeforeItIsRead() throws IOException {
    assertEquals(413, status(ask("POST /reload", RIGHT + "Content-Length: 65537\r\n")));
    assertEquals(413, status(ask("POST /api/plan", RIGHT + "Content-Length: 67108865\r\n")));
    String chunk = "10001\r\n" + "x".repeat(65537) + "\r\n0\r\n\r\n";
    assertEquals(
        413, status(ask("POST /reload", RIGHT + "Transfer-Encoding: chunked\r\n\r\n" + chunk)));
    assertEquals(List.of(), operations.done);
  }

  @Test
  void aCandidateIsReadOneAtATime() throws IOException {
    try (Socket first = connect()) {
      String head =
          "POST /api/plan HTTP/1.1\r\nHost: localhost\r\n" + RIGHT + "Content-Length: 70000\r\n";
      first
          .getOutputStream()
          .write((head + "Expect: 100-continue\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
      byte[] told = first.getInputStream().readNBytes(12);
      assertEquals("HTTP/1.1 100", new String(told, StandardCharsets.ISO_8859_1));
      assertEquals(413, status(ask("POST /api/plan", RIGHT + "Content-Length: 70000\r\n")));
    }
    long deadline = System.nanoTime() + 10_000_000_000L;
    String body = "x".repeat(70_000);
    int status = 413;
    while (status == 413 && System.nanoTime() < deadline) {
      status = status(ask("POST /api/plan", RIGHT + "Content-Length: 70000\r\n\r\n" + body));
    }
    assertEquals(404, status, "the test has no such command");
  }

  @Test
  void thoseWhoOnlyConnectKeepNobodyOut() throws IOException {
    List<Socket> idle = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        idle.add(connect());
      }
      assertEquals(200, status(ask("GET /status", RIGHT)));
      assertEquals(-1, idle.get(0).getInputStream().read());
    } finally {
      for (Socket socket : idle) {
        socket.close();
      }
    }
  }

  @Test
  void requestsOnOneConnectionAreAnsweredInTheirOrder() throws IOException {
    String one = "GET /%s HTTP/1.1\r\nHost: localhost\r\n" + RIGHT + "\r\n";
    try (Socket socket = connect()) {
      String all = one.formatted("status") + one.formatted("none") + one.formatted("healthz");
      socket.getOutputStream().write(all.getBytes(StandardCharsets.ISO_8859_1));
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      List<String> statuses = new ArrayList<>();
      while (statuses.size() < 3) {
        String line = Objects.requireNonNull(in.readLine());
        if (line.contains("HTTP/1.1 ")) {
          statuses.add(line.replaceAll(".*HTTP/1.1 ([0-9]+) .*", "$1"));
        }
      }
      assertEquals(List.of("200", "404", "200"), statuses);
    }
  }

  @Test
  void anotherTokenAppliesAtOnce() throws IOException {
    endpoint.use(Access.withToken("fedcba9876543210", List.of(), null));
    assertEquals(401, status(ask("GET /status", RIGHT)));
    assertEquals(200, status(ask("GET /status", "Authorization: Bearer fedcba9876543210\r\n")));
  }

  @Test
  void thoseWhoWatchAreToldOfSlotsAndReloads() throws IOException {
    operations.routes.get("/api/slots", request -> ApiReply.ok(Map.of("slots", List.of())));
    try (Socket socket = connect()) {
      socket
          .getOutputStream()
          .write(
              ("GET /api/events HTTP/1.1\r\nHost: localhost\r\n" + RIGHT + "\r\n")
                  .getBytes(StandardCharsets.ISO_8859_1));
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      assertEquals("HTTP/1.1 200 OK", in.readLine());
      await(in, "content-type: text/event-stream");
      await(in, "event: slots");
      assertEquals("data: {\"slots\":[]}", in.readLine());
      await(in, ":");
      operations.reloadCount = 1;
      await(in, "event: reload");
      assertEquals("data: {\"reload\":1}", in.readLine());
    }
  }

  private static void await(BufferedReader in, String expected) throws IOException {
    String line = "";
    while (!line.equals(expected)) {
      line = Objects.requireNonNull(in.readLine(), expected);
    }
  }

  @Test
  void manyProbesShareOneQuestionAndKeepNoCommandWaiting() throws IOException {
    operations.aliveAnswers.acquireUninterruptibly();
    List<Socket> probes = new ArrayList<>();
    try {
      for (int i = 0; i < 60; i++) { // more than commands at a time
        Socket probe = connect();
        probes.add(probe);
        probe
            .getOutputStream()
            .write(
                "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.ISO_8859_1));
      }
      for (int i = 0; i < 20; i++) {
        assertEquals(200, status(ask("GET /status", RIGHT)));
      }
      operations.alive = false;
      operations.aliveAnswers.release();
      for (Socket probe : probes) {
        String answer =
            new String(probe.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        assertTrue(answer.endsWith("\r\n\r\na loop does not respond\n"), answer);
        assertEquals(503, status(answer));
      }
      // The second one is for those that came after the answer of the first.
      assertTrue(operations.aliveAsked.get() <= 2, () -> "asked " + operations.aliveAsked);
    } finally {
      for (Socket probe : probes) {
        probe.close();
      }
    }
    operations.alive = true;
    assertEquals(200, status(ask("GET /healthz", "")));
    operations.broken = true;
    assertEquals(500, status(ask("GET /healthz", "")));
    assertEquals(405, status(ask("POST /healthz", "Content-Length: 0\r\n" + RIGHT)));
  }
}
