// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.operations;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
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
  private static final String TOKEN = "0123456789abcdef".repeat(4);

  @TempDir private Path directory;

  private Path token() {
    return directory.resolve("token");
  }

  /** A configuration whose admin endpoint has that port. */
  private String watched(RawBackend backend, int port) throws IOException {
    Files.writeString(token(), TOKEN);
    Files.setPosixFilePermissions(token(), PosixFilePermissions.fromString("rw-------"));
    return Rsp.byName(Rsp.slot("one.example", backend.address()))
        + "admin = { address = \"127.0.0.1:%d\", token_file = \"%s\" }\n".formatted(port, token())
        + "metrics = { top_hosts = 5 }\n";
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
    int admin = freePort();
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, watched(backend, admin))) {
      rsp.get("one.example", "/");
      Path figures = directory.resolve("figures");
      HttpURLConnection scrape = open(admin, "/metrics");
      scrape.setRequestProperty("Authorization", "Bearer " + TOKEN);
      try (InputStream body = scrape.getInputStream()) {
        Files.copy(body, figures);
      }
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
    int admin = freePort();
    try (RawBackend backend = RawBackend.named("b");
        Rsp rsp = Rsp.serving(directory, watched(backend, admin))) {
      rsp.get("one.example", "/");
      int port = freePort();
      try (Program prometheus = prometheus(port, admin, nativeHistograms)) {
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
            authorization: {credentials_file: "%s"}
        """
            .formatted(RULES, target, token()));
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

  private static HttpURLConnection open(int port, String path) throws IOException {
    return (HttpURLConnection)
        URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
  }

  private static String encoded(String expression) {
    return URLEncoder.encode(expression, StandardCharsets.UTF_8);
  }

  private static String ask(int port, String path) throws IOException {
    HttpURLConnection connection = open(port, "/api/v1/" + path);
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
