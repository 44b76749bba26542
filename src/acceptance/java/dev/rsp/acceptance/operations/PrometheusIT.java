// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.rsp.acceptance.rig.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The figures, the alerts and the dashboard that ship, by Debian's Prometheus and promtool. */
@Timeout(120)
final class PrometheusIT {
  private static final Path SHARE = Path.of(System.getProperty("rsp.home"), "share");
  private static final Path RULES = SHARE.resolve("prometheus/rsp.rules.yml");
  private static final String HEAD_END = "\r\n\r\n";

  @TempDir private Path directory;

  private Path socket() {
    return directory.resolve("control");
  }

  private String watched(RawBackend backend) {
    return Rsp.byName(Rsp.slot("one.example", backend.address()))
        + "control = \""
        + socket()
        + "\"\nmetrics = { top_hosts = 5 }\n";
  }

  private static String run(String... command) {
    Program program = Program.run(command);
    assertEquals(0, program.awaitExit(), program::toString);
    return program.out();
  }

  @Test
  void promtoolFindsNothingWrongWithTheAlertsAndTheyFireWhenTheyShould() throws IOException {
    run("promtool", "check", "rules", RULES.toString());
    Files.copy(RULES, directory.resolve("rsp.rules.yml"));
    Path cases = directory.resolve("cases.yml");
    Files.copy(Path.of("src/test/resources/prometheus/rsp.rules.test.yml"), cases);
    run("promtool", "test", "rules", cases.toString());
  }

  @Test
  void promtoolFindsNothingWrongWithTheFigures() throws IOException {
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, watched(backend))) {
      rsp.get("one.example", "/");
      Path figures = directory.resolve("figures");
      Files.write(figures, body(scrape("text/plain")));
      assertEquals(
          "", run("sh", "-c", "promtool check metrics < \"$1\" 2>&1", "sh", figures.toString()));
    }
  }

  /**
   * With native histograms Prometheus asks for protobuf, without them for text, and each time all
   * queries of the dashboard must be understood.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void prometheusScrapesAndAnswersQueries(boolean nativeHistograms) throws IOException {
    HttpServer door = door();
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, watched(backend))) {
      rsp.get("one.example", "/");
      int port = freePort();
      try (Program prometheus = prometheus(port, door.getAddress().getPort(), nativeHistograms)) {
        awaitResult(
            port,
            "rsp_requests_total{slot=\"one.example\",status=\"2xx\",ending=\"served\"}",
            "\"1\"]",
            prometheus);
        String quantile =
            nativeHistograms
                ? "histogram_quantile(0.5, rsp_request_duration_seconds{slot=\"one.example\"}) > 0"
                : "histogram_quantile(0.5, rsp_request_duration_seconds_bucket{slot=\"one.example\"}) > 0";
        awaitResult(port, quantile, "\"slot\":\"one.example\"", prometheus);
        for (String expression : ofDashboard()) {
          String answer = ask(port, "query?query=" + encoded(expression));
          assertTrue(answer.contains("\"status\":\"success\""), expression + ": " + answer);
        }
        awaitHealthyRules(port);
      }
    } finally {
      door.stop(0);
    }
  }

  /** Prometheus with the rules that ship, which scrapes each second. */
  private Program prometheus(int port, int target, boolean nativeHistograms) throws IOException {
    Path file = directory.resolve("prometheus.yml");
    Files.writeString(
        file,
        """
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: ["%s"]
        scrape_configs:
          - job_name: rsp
            static_configs: [{targets: ["127.0.0.1:%d"]}]
        """
            .formatted(RULES, target));
    List<String> command =
        new ArrayList<>(
            List.of(
                "prometheus",
                "--config.file=" + file,
                "--storage.tsdb.path=" + directory.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port));
    if (nativeHistograms) {
      command.add("--enable-feature=native-histograms");
    }
    return Program.start(command.toArray(String[]::new));
  }

  private static int freePort() throws IOException {
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /** A port by which Prometheus, which knows no Unix sockets, reaches the control socket. */
  private HttpServer door() throws IOException {
    HttpServer door =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    door.createContext("/metrics", this::pass);
    door.start();
    return door;
  }

  private void pass(HttpExchange exchange) throws IOException {
    byte[] answer = scrape(exchange.getRequestHeaders().getFirst("Accept"));
    String head = head(answer);
    String type = head.replaceFirst("(?is).*\r\ncontent-type: ([^\r]*)\r\n.*", "$1");
    byte[] body = body(answer);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static String head(byte[] answer) {
    String all = new String(answer, StandardCharsets.ISO_8859_1);
    return all.substring(0, all.indexOf(HEAD_END) + HEAD_END.length());
  }

  private static byte[] body(byte[] answer) {
    int start = head(answer).length();
    return Arrays.copyOfRange(answer, start, answer.length);
  }

  private byte[] scrape(String accept) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket()));
      String request =
          "GET /metrics HTTP/1.1\r\nHost: rsp\r\nConnection: close\r\nAccept: " + accept + HEAD_END;
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      var all = new ByteArrayOutputStream();
      ByteBuffer some = ByteBuffer.allocate(1 << 16);
      while (channel.read(some) >= 0) {
        all.write(some.array(), 0, some.position());
        some.clear();
      }
      return all.toByteArray();
    }
  }

  private static String encoded(String expression) {
    return URLEncoder.encode(expression, StandardCharsets.UTF_8);
  }

  private static String ask(int port, String path) throws IOException {
    var connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:" + port + "/api/v1/" + path).toURL().openConnection();
    try (var body =
        connection.getResponseCode() < 400
            ? connection.getInputStream()
            : connection.getErrorStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void awaitResult(int port, String query, String result, Program prometheus) {
    String[] last = {""};
    Eventually.holds(
        () -> result + " for " + query + ", not " + last[0] + prometheus,
        () -> {
          try {
            last[0] = ask(port, "query?query=" + encoded(query));
          } catch (IOException e) {
            last[0] = e.toString(); // it does not listen yet
          }
          return last[0].contains(result);
        });
  }

  /** Each alert has been evaluated, and none has failed. */
  private static void awaitHealthyRules(int port) throws IOException {
    String[] last = {""};
    Eventually.holds(
        () -> "healthy rules, not " + last[0],
        () -> {
          last[0] = ask(port, "rules");
          return last[0].contains("\"health\":\"ok\"")
              && !last[0].contains("\"health\":\"unknown\"");
        });
    assertTrue(!last[0].contains("\"health\":\"err\""), last[0]);
  }

  /** The queries of the dashboard, with values for its variables. */
  private static List<String> ofDashboard() throws IOException {
    String dashboard = Files.readString(SHARE.resolve("grafana/rsp.json"));
    List<String> all =
        Pattern.compile("\"expr\": \"((?:[^\"\\\\]|\\\\.)*)\"")
            .matcher(dashboard)
            .results()
            .map(PrometheusIT::expression)
            .toList();
    assertTrue(all.size() > 20, all::toString);
    return all;
  }

  private static String expression(MatchResult found) {
    return found
        .group(1)
        .replace("\\\"", "\"")
        .replace("$__rate_interval", "10s")
        .replace("$instance", ".*")
        .replace("$slot", ".*");
  }
}
