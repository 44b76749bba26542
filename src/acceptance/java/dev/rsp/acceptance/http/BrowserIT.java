// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acceptance.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.rsp.Eventually;
import dev.rsp.acceptance.rig.Ends;
import dev.rsp.acceptance.rig.Program;
import dev.rsp.acceptance.rig.RawBackend;
import dev.rsp.acceptance.rig.Rsp;
import dev.rsp.acceptance.rig.Wire;
import dev.rsp.certs.TestCa;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Chromium opens one page, whose script loads from other hosts and reports what it got: each part
 * with a POST, at which the connections of HTTP/2 so far are counted.
 */
@Timeout(120)
final class BrowserIT {
  private static final List<String> BROWSERS =
      List.of("/usr/bin/chromium", "/usr/bin/google-chrome-stable", "/usr/bin/google-chrome");

  private static final String PAGE_HOST = "a.w.example";
  private static final String SAME_CERTIFICATE = "b.w.example";
  private static final String OTHER_CERTIFICATE = "other.example";
  private static final String REPORT = "/report/";
  private static final int PARTS = 200;

  /** A part is an image with a width of its own; other hosts answer with a script. */
  private static final String PAGE =
      """
      <!doctype html><meta charset="utf-8"><title>parts</title><link rel="icon" href="data:,">
      %s
      <script>
        const report = (name, text) => fetch("/report/" + name, { method: "POST", body: text });
        const load = (host) => new Promise((done) => {
          const script = document.createElement("script");
          script.src = `https://${host}:${location.port}/site.js`;
          script.onload = () => done(site);
          script.onerror = () => done("not loaded");
          document.head.append(script);
        });
        const echo = (text) => new Promise((done) => {
          const socket = new WebSocket(`wss://${location.host}/chat?room=1`);
          let got = "nothing";
          socket.onopen = () => socket.send(text);
          socket.onmessage = (message) => { got = message.data; socket.close(1000); };
          socket.onclose = (event) => done(got + " " + event.code);
        });
        onload = async () => {
          const whole = [...document.images].filter((image, i) => image.naturalWidth === i + 1);
          const loaded = performance.getEntriesByType("resource").map((entry) => entry.nextHopProtocol);
          await report("parts", whole.length + " by " + [...new Set(loaded)]);
          await report("same", await load("b.w.example"));
          await report("socket", await echo("through a stream"));
          await report("other", await load("other.example"));
        };
      </script>
      """;

  private static final Map<String, String> REPORTS = new ConcurrentHashMap<>();

  private static EchoServer echo;
  private static RawBackend first;
  private static RawBackend second;
  private static RawBackend third;
  private static Rsp rsp;

  @TempDir static Path directory;

  @BeforeAll
  static void openThePage() throws Exception {
    assumeFalse("none".equals(System.getenv("RSP_BROWSER")), "there is no browser here");
    TestCa ca = TestCa.create();
    Path certificates = Files.createDirectories(directory.resolve("certs"));
    ca.ecdsa("*.w.example").writePem(certificates, "wild");
    ca.ecdsa(OTHER_CERTIFICATE).writePem(certificates, "other");
    echo = new EchoServer();
    first = RawBackend.holding(wire -> serve(PAGE_HOST, wire));
    second = RawBackend.holding(wire -> serve(SAME_CERTIFICATE, wire));
    third = RawBackend.holding(wire -> serve(OTHER_CERTIFICATE, wire));
    rsp = Rsp.serving(directory, lua(certificates));
    try (Program browser = browser(ca)) {
      Eventually.holds(() -> "the last report: " + REPORTS + browser, () -> REPORTS.size() == 4);
    }
  }

  private static String lua(Path certificates) {
    return """
        listen = { address = "127.0.0.1:0", tls = true }
        certificates = "%s"
        control = "%s/control.sock"
        access_log = { path = "access.log", format = "$target $version $ending" }
        backends = {
        %s}
        function select(request)
          return request.path == "/chat" and "echo" or request.host
        end
        """
        .formatted(
            certificates,
            directory,
            Rsp.slot(PAGE_HOST, first.address())
                + Rsp.slot(SAME_CERTIFICATE, second.address())
                + Rsp.slot(OTHER_CERTIFICATE, third.address())
                + Rsp.slot("echo", "127.0.0.1:" + echo.port()));
  }

  /** Chromium, which takes the certificates of the CA, and finds all hosts at rsp. */
  private static Program browser(TestCa ca) throws Exception {
    String path =
        BROWSERS.stream()
            .filter(each -> Files.isExecutable(Path.of(each)))
            .findFirst()
            .orElseThrow(() -> new AssertionError("none of " + BROWSERS + " is installed"));
    byte[] key = ca.intermediate().getPublicKey().getEncoded();
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(key);
    Path profile = directory.resolve("profile");
    // It opens no connection before it needs one.
    Files.writeString(
        Files.createDirectories(profile.resolve("Default")).resolve("Preferences"),
        "{\"net\":{\"network_prediction_options\":2}}");
    return Program.start(
        List.of(
            path,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--user-data-dir=" + profile,
            "--ignore-certificate-errors-spki-list=" + Base64.getEncoder().encodeToString(digest),
            "--host-resolver-rules=MAP * 127.0.0.1",
            "https://" + PAGE_HOST + ":" + rsp.port() + "/"),
        Map.of("HOME", profile.toString()));
  }

  @AfterAll
  static void stop() throws Exception {
    Ends.closeAll(rsp, first, second, third, echo);
  }

  private static void serve(String site, Wire wire) throws IOException {
    for (String head = wire.head(); !head.isEmpty(); head = wire.head()) {
      var body = new ByteArrayOutputStream();
      wire.body(head, false, body);
      String target = RawBackend.target(head);
      if (target.equals("/")) {
        respond(wire, "text/html", page());
      } else if (target.startsWith("/part/")) {
        String width = target.substring(target.lastIndexOf('/') + 1);
        respond(
            wire,
            "image/svg+xml",
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"1\"/>"
                .formatted(width));
      } else if (target.startsWith(REPORT)) {
        REPORTS.put(
            target.substring(REPORT.length()),
            body.toString(StandardCharsets.UTF_8)
                + ", connections: "
                + (int) rsp.figure("rsp_http2_events_total{event=\"connection\"}"));
        respond(wire, "text/plain", "ok");
      } else {
        String host = Wire.field(head, "Host").replaceFirst(":.*", "");
        respond(wire, "text/javascript", "site = \"%s at %s\"".formatted(host, site));
      }
    }
  }

  private static String page() {
    var parts = new StringBuilder();
    for (int i = 1; i <= PARTS; i++) {
      parts.append("<img src=\"/part/").append(i).append("\">");
    }
    return PAGE.formatted(parts);
  }

  private static void respond(Wire wire, String type, String content) throws IOException {
    wire.send(
        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(type, content.length(), content));
  }

  @Test
  void aPageOfTwoHundredPartsLoadsWholeOverOneConnection() {
    assertEquals(PARTS + " by h2, connections: 1", REPORTS.get("parts"));
  }

  /** RFC 9113 §9.1.1. */
  @Test
  void aHostOfTheSameCertificateReachesItsOwnSiteOverTheSameConnection() {
    assertEquals("b.w.example at b.w.example, connections: 1", REPORTS.get("same"));
  }

  @Test
  void aHostOfAnotherCertificateHasAConnectionOfItsOwn() {
    assertEquals("other.example at other.example, connections: 2", REPORTS.get("other"));
  }

  /** RFC 8441. */
  @Test
  void aWebSocketIsAStreamOfTheSameConnection() throws IOException {
    assertEquals("through a stream 1000, connections: 1", REPORTS.get("socket"));
    Path log = directory.resolve("access.log");
    String line = "/chat?room=1 HTTP/2 tunnelled";
    Eventually.holds(line, () -> Files.readAllLines(log).contains(line));
    assertTrue(Files.readAllLines(log).contains("/part/200 HTTP/2 served"));
  }
}
