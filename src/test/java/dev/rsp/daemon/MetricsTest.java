// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.metrics.BusyHosts;
import dev.rsp.metrics.Figures;
import dev.rsp.net.Transport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The figures that Prometheus gets, and that the documents name all of them. */
@Timeout(60)
final class MetricsTest {
  private static final long PATIENCE_NANOS = 10_000_000_000L;

  @TempDir private Path directory;

  private ServerSocket backend;
  private Daemon daemon;
  private int port;

  @BeforeEach
  void serve() throws Exception {
    backend = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    var answers = new Thread(this::answerAll, "backend");
    answers.setDaemon(true);
    answers.start();
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path file = directory.resolve("backends.lua");
    Files.writeString(
        file,
        """
        listen = "127.0.0.1:%d"
        backends = { { name = "a", address = "127.0.0.1:%d" }, { name = "b", address = "127.0.0.1:%d" } }
        loops = 2
        control = "%s"
        usage = "%s"
        certificates = "%s"
        acme = { directory = "https://127.0.0.1:1/", store = "%s", allow = "journal" }
        timeouts = { connect_retry = 0 }
        function select(request) return request.path == "/closed" and "b" or "a" end
        """
            .formatted(
                port,
                backend.getLocalPort(),
                closedPort(),
                socket(),
                directory.resolve("usage"),
                directory,
                directory.resolve("store")));
    daemon = new Daemon(file, Transport.NIO);
    daemon.start(() -> {});
  }

  @AfterEach
  void stop() throws IOException {
    daemon.stop();
    backend.close();
  }

  private static int closedPort() throws IOException {
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private void answerAll() {
    try {
      while (true) {
        try (Socket accepted = backend.accept()) {
          readHead(accepted);
          accepted
              .getOutputStream()
              .write(
                  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                      .getBytes(StandardCharsets.US_ASCII));
        }
      }
    } catch (IOException e) {
      // The test has ended.
    }
  }

  private static void readHead(Socket from) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int octet = from.getInputStream().read();
      if (octet < 0) {
        throw new IOException("no whole head: " + head);
      }
      head.append((char) octet);
    }
  }

  private Path socket() {
    return directory.resolve("control");
  }

  /** The answer to a request for a path; the connection is closed after it. */
  private String get(String path) throws IOException {
    try (var client = new Socket(InetAddress.getLoopbackAddress(), port)) {
      client
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: h.example\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** What the control socket answers to a scrape. */
  private String scrape(String accept) throws IOException {
    return ask("/metrics", accept);
  }

  private String ask(String path, String accept) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(socket()));
      String request =
          "GET "
              + path
              + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAccept: "
              + accept
              + "\r\n\r\n";
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
      var all = new ByteArrayOutputStream();
      ByteBuffer some = ByteBuffer.allocate(65536);
      while (channel.read(some) >= 0) {
        all.write(some.array(), 0, some.position());
        some.clear();
      }
      return all.toString(StandardCharsets.ISO_8859_1);
    }
  }

  private String scrape() throws IOException {
    return scrape("text/plain");
  }

  /** The figures, when they have that line; a request is counted when its last byte has gone. */
  private String scrapeUntil(String line) throws IOException {
    long deadline = System.nanoTime() + PATIENCE_NANOS;
    String figures = scrape();
    while (!figures.contains("\n" + line + "\n")) {
      assertTrue(System.nanoTime() < deadline, line + " is not in " + figures);
      Thread.onSpinWait();
      figures = scrape();
    }
    return figures;
  }

  private static void assertHas(String line, String figures) {
    assertTrue(figures.contains("\n" + line + "\n"), () -> line + " is not in " + figures);
  }

  /** The names that have values in the text format, without the suffixes of histograms. */
  private static Set<String> names(String figures) {
    return Pattern.compile("(?m)^# TYPE (\\S+) ")
        .matcher(figures)
        .results()
        .map(match -> match.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** All figures that there can be: after a request that was served, and one that failed. */
  private String allFigures() throws IOException {
    assertTrue(get("/").startsWith("HTTP/1.1 200 "));
    assertTrue(get("/closed").startsWith("HTTP/1.1 502 "));
    scrapeUntil("rsp_requests_total{ending=\"connect_failed\",slot=\"b\",status=\"5xx\"} 1.0");
    return scrapeUntil("rsp_requests_total{ending=\"served\",slot=\"a\",status=\"2xx\"} 1.0");
  }

  @Test
  void requestsAreCountedBySlotStatusAndEndingWithTheirTimes() throws IOException {
    String figures = allFigures();
    assertHas("rsp_request_duration_seconds_count{slot=\"a\"} 1", figures);
    assertHas("rsp_request_duration_seconds_bucket{slot=\"a\",le=\"60.0\"} 1", figures);
    assertHas("rsp_request_first_byte_seconds_count{slot=\"a\"} 1", figures);
    assertHas("rsp_request_first_byte_seconds_count{slot=\"b\"} 0", figures);
    assertHas("rsp_slot_connects_total{slot=\"a\"} 1.0", figures);
    assertHas("rsp_slot_retries_total{slot=\"a\"} 0.0", figures);
    assertHas("rsp_routes_total{why=\"script\"} 2.0", figures);
    assertHas("rsp_script_calls_total 2.0", figures);
    assertHas("rsp_script_failures_total{reason=\"budget\"} 0.0", figures);
    assertHas("rsp_slot_queued_requests{slot=\"b\"} 0.0", figures);
    assertHas("rsp_slot_idle_connections{slot=\"b\"} 0.0", figures);
    assertHas("rsp_access_log_dropped_lines_total 0.0", figures);
    assertHas("rsp_usage_write_failed 0.0", figures);
    assertTrue(figures.contains("\nrsp_usage_hosts "), figures);
    assertHas("rsp_site_starts_total{step=\"called\"} 0.0", figures);
    for (int loop = 0; loop < 2; loop++) {
      Matcher lag =
          Pattern.compile("\nrsp_loop_lag_seconds\\{loop=\"" + loop + "\"} (.+)").matcher(figures);
      assertTrue(lag.find() && Double.parseDouble(lag.group(1)) > 0, figures);
    }
  }

  @Test
  void prometheusGetsNativeHistogramsIfItAsksForProtobuf() throws IOException {
    allFigures();
    String figures =
        scrape(
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited");
    assertTrue(figures.contains("ontent-type: application/vnd.google.protobuf"), figures);
    assertTrue(figures.contains("rsp_request_duration_seconds"), figures);
  }

  @Test
  void statusHasTheRateAndThePercentilesOfEachSlot() throws IOException {
    String unused =
        "\"rate\":0.0,\"status\":{\"1xx\":0,\"2xx\":0,\"3xx\":0,\"4xx\":0,\"5xx\":0},\"latency_ms\":null";
    assertTrue(ask("/status.json", "*/*").contains(unused));
    allFigures();
    String status = ask("/status.json", "*/*");
    Matcher slot =
        Pattern.compile(
                "\"name\":\"a\".*?\"rate\":([0-9.]+),\"status\":\\{\"1xx\":0,\"2xx\":1,.*?\"latency_ms\":"
                    + "\\{\"p50\":([0-9.]+),\"p95\":([0-9.]+),\"p99\":([0-9.]+)},\"bytes_in\":[0-9]+")
            .matcher(status);
    assertTrue(slot.find(), status);
    for (int i = 1; i <= 4; i++) {
      assertTrue(Double.parseDouble(slot.group(i)) > 0, status);
    }
  }

  @Test
  void aReloadIsCounted() throws IOException {
    daemon.reload();
    assertHas("rsp_reloads_total{result=\"accepted\"} 1.0", scrape());
  }

  @Test
  void theDocumentsNameEachFigureAndNoOther() throws IOException {
    Set<String> all = names(allFigures());
    var figures = new Figures();
    RequestFigures.addTopHosts(figures, List.of(List.of(new BusyHosts.Host("h", "a", 1))), 1);
    all.addAll(names(new String(figures.text(null).bytes(), StandardCharsets.UTF_8)));
    assertEquals(all, documented());
  }

  @Test
  void theBusiestHostsOfAllLoopsAreNamedAndNoMoreThanWanted() {
    var figures = new Figures();
    RequestFigures.addTopHosts(
        figures,
        List.of(
            List.of(new BusyHosts.Host("x", "a", 3), new BusyHosts.Host("y", "b", 5)),
            List.of(new BusyHosts.Host("z", "a", 4), new BusyHosts.Host("x", "a", 4))),
        2);
    String text = new String(figures.text(null).bytes(), StandardCharsets.UTF_8);
    assertHas("rsp_top_host_requests{host=\"x\",slot=\"a\"} 7.0", text);
    assertHas("rsp_top_host_requests{host=\"y\",slot=\"b\"} 5.0", text);
    assertEquals(2, text.lines().filter(line -> line.startsWith("rsp_top_host")).count());
  }

  /** The names of figures that a text of PromQL has. */
  private static Set<String> used(String path) throws IOException {
    String text = Files.readString(Path.of(path));
    return Pattern.compile("\\b(?:rsp|process)_[a-z_]+")
        .matcher(text)
        .results()
        .map(match -> match.group().replaceAll("_(bucket|count|sum)$", ""))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"config/prometheus/rsp.rules.yml", "config/grafana/rsp.json"})
  void theAlertsAndTheDashboardUseOnlyFiguresThatExist(String path) throws IOException {
    Set<String> unknown = used(path);
    assertTrue(unknown.size() > 10, unknown::toString);
    unknown.removeAll(documented());
    assertEquals(Set.of(), unknown);
  }

  private static Set<String> documented() throws IOException {
    String all = Files.readString(Path.of("src/docs/operations.md"));
    int start = all.indexOf("\n### Metrics\n");
    String section = all.substring(start, all.indexOf("\n## ", start));
    return Pattern.compile("(?m)^\\|([^|]*)\\|")
        .matcher(section)
        .results()
        .flatMap(row -> Pattern.compile("`([a-z0-9_]+)`").matcher(row.group(1)).results())
        .map(name -> name.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
