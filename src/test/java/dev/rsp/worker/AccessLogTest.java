// SPDX-License-Identifier: Apache-2.0
package dev.rsp.worker;

import static dev.rsp.worker.Messages.GET;
import static dev.rsp.worker.Messages.get;
import static dev.rsp.worker.Messages.ok;
import static dev.rsp.worker.Messages.post;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the access log says of an exchange, for each way in which it can end. */
@Timeout(20)
final class AccessLogTest {
  @TempDir private Path directory;

  @AutoClose private EmbeddedRig rig;

  @BeforeEach
  void start() throws Exception {
    rig = new EmbeddedRig();
  }

  /** Takes an access log of that table, beside its path, and more lines into force. */
  private void start(String table, String... more) throws Exception {
    rig.serve(EmbeddedRig.config(lines(table), String.join("\n", more)));
  }

  private String lines(String table) {
    return "access_log = { path = \"" + file() + "\", " + table + " }";
  }

  private Path file() {
    return directory.resolve("access.log");
  }

  private List<String> logged() throws Exception {
    rig.closeAccessLog();
    return Files.readAllLines(file());
  }

  private String onlyLine() throws Exception {
    List<String> lines = logged();
    assertEquals(1, lines.size(), lines::toString);
    return lines.get(0);
  }

  /** One request and its response. */
  private void serve(String request, String response) {
    EmbeddedPeer client = rig.client(request);
    rig.backend().send(response);
    client.take();
    rig.expectEndings("served=1");
  }

  @Test
  void aServedRequestHasOneLineInJsonWithAllThatIsKnown() throws Exception {
    start("");
    String request =
        Messages.lines(
                "POST /a?b=c HTTP/1.1",
                "Host: a.example",
                "User-Agent: test/1 \"x\"",
                "Referer: http://r.example/",
                "Content-Length: 2")
            + "hi";
    EmbeddedPeer client = rig.client(request);
    rig.backend().send(ok("abc"));
    int responseBytes = client.take().length();
    rig.expectEndings("served=1");
    String line = onlyLine();
    String steady =
        line.replaceFirst("\"time\":\"2[-0-9T:]{18}\\.[0-9]{3}Z\"", "TIME")
            .replaceAll("_ms\":[0-9]+\\.[0-9]{3}", "_ms\":N");
    assertEquals(
        "{TIME,\"client\":\"127.0.0.1\",\"scheme\":\"http\",\"method\":\"POST\",\"target\":\"/a?b=c\","
            + "\"version\":\"HTTP/1.1\",\"host\":\"a.example\",\"status\":200,\"ending\":\"served\","
            + "\"slot\":\"127.0.0.1:1\",\"address\":\"127.0.0.1:1\",\"protocol\":\"http\","
            + "\"why\":\"script\",\"generation\":2,\"attempts\":1,\"reused\":false,\"request_bytes\":"
            + request.length()
            + ",\"response_bytes\":"
            + responseBytes
            + ",\"body_bytes\":3,\"head_ms\":N,\"connect_ms\":N,"
            + "\"first_byte_ms\":N,\"total_ms\":N,\"referer\":\"http://r.example/\","
            + "\"user_agent\":\"test/1 \\\"x\\\"\"}",
        steady);
  }

  @Test
  void theCombinedFormatIsApaches() throws Exception {
    start("format = \"combined\"");
    serve(Messages.lines("GET /a HTTP/1.1", "Host: a", "User-Agent: ua"), ok("abc"));
    String line = onlyLine();
    assertTrue(
        line.matches(
            "127\\.0\\.0\\.1 - - \\[\\d\\d/[A-Z][a-z]{2}/2\\d{3}:\\d\\d:\\d\\d:\\d\\d [-+]\\d{4}\\]"
                + " \"GET /a HTTP/1\\.1\" 200 3 \"-\" \"ua\""),
        line);
  }

  @Test
  void aRequestWithoutAHostHasTheDefaultHost() throws Exception {
    start("format = \"$host $path\"", "default_host = \"d.example\"");
    serve("GET /a HTTP/1.0\r\n\r\n", ok("1"));
    assertEquals("d.example /a", onlyLine());
  }

  @Test
  void octetsOfAClientCannotForgeALineOrAValue() throws Exception {
    start("format = \"$host \\\"$field_user_agent\\\" $field_x_none\"");
    serve(Messages.lines("GET / HTTP/1.1", "Host: a", "User-Agent: x\" 1\t\u00fc\\ "), ok("1"));
    assertEquals("a \"x\\x22 1\\x09\\xfc\\x5c\" -", onlyLine());
  }

  @Test
  void aRequestOverAReusedConnectionHasNoConnectTime() throws Exception {
    start("format = \"$attempts $reused $why $connect_ms\"");
    EmbeddedPeer client = rig.client(get("a", "/"));
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("1"));
    client.take();
    client.send(get("a", "/"));
    rig.rest();
    backend.send(ok("2"));
    client.take();
    rig.expectEndings("served=2");
    List<String> lines = logged();
    assertTrue(lines.get(0).matches("1 false script \\d+\\.\\d{3}"), lines::toString);
    assertEquals("- true cached -", lines.get(1));
  }

  @Test
  void aMalformedRequestIsLoggedWithItsReason() throws Exception {
    start("format = \"$method $host $status $ending $reason\"");
    EmbeddedPeer client = rig.client("GET /\u0001 HTTP/1.1\r\n\r\n");
    client.take();
    rig.expectEndings("refused=1");
    String line = onlyLine();
    assertTrue(line.startsWith("- - 400 refused "), line);
    assertTrue(line.length() > "- - 400 refused ".length(), line);
  }

  @Test
  void aBackendThatRefusesIsNamedWithItsStatus() throws Exception {
    start("format = \"$host $slot $status $ending\"", "timeouts = { connect_retry = 0 }");
    EmbeddedPeer client = rig.client(get("b", "/"));
    assertTrue(rig.refusedIfAsked());
    client.take();
    rig.expectEndings("connect_failed=1");
    assertEquals("b 127.0.0.1:2 502 connect_failed", onlyLine());
  }

  @Test
  void aClientThatGoesBeforeTheAnswerHasNoStatus() throws Exception {
    start("format = \"$host $status $ending\"");
    EmbeddedPeer client = rig.client(get("a", "/"));
    EmbeddedPeer backend = rig.backend();
    client.reset();
    rig.rest();
    backend.expectClosed();
    rig.expectEndings("client_gone_waiting=1");
    assertEquals("a - client_gone_waiting", onlyLine());
  }

  @Test
  void aTunnelIsLoggedWhenItEndsWithTheBytesOfBothHalves() throws Exception {
    start("format = \"$status $ending $request_bytes $body_bytes\"");
    String request =
        Messages.lines("GET / HTTP/1.1", "Host: a", "Connection: upgrade", "Upgrade: websocket");
    EmbeddedPeer client = rig.client(request);
    EmbeddedPeer backend = rig.backend();
    backend.send(
        Messages.lines(
            "HTTP/1.1 101 Switching Protocols", "Connection: upgrade", "Upgrade: websocket"));
    client.send("12345");
    rig.rest();
    backend.send("123");
    rig.rest();
    client.take();
    backend.end();
    client.end();
    rig.rest();
    rig.expectEndings("tunnelled=1");
    assertEquals("101 tunnelled " + (request.length() + 5) + " 3", onlyLine());
  }

  @Test
  void eachPipelinedRequestHasItsOwnBytes() throws Exception {
    start("format = \"$target $request_bytes $body_bytes\"");
    String first = Messages.lines("GET /1 HTTP/1.1", "Host: a");
    String second = Messages.lines("GET /22 HTTP/1.1", "Host: a");
    EmbeddedPeer client = rig.client(first + second);
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("1"));
    rig.rest();
    backend.send(ok("22"));
    client.take();
    rig.expectEndings("served=2");
    assertEquals(List.of("/1 " + first.length() + " 1", "/22 " + second.length() + " 2"), logged());
  }

  @Test
  void withAConditionOnlyThoseThatMeetItAreLogged() throws Exception {
    start("format = \"$target\", min_status = 500");
    EmbeddedPeer client = rig.client(Messages.lines("GET /ok HTTP/1.1", "Host: a"));
    EmbeddedPeer backend = rig.backend();
    backend.send(ok("1"));
    client.take();
    client.send(Messages.lines("GET /bad HTTP/1.1", "Host: a"));
    rig.rest();
    backend.send(Messages.lines("HTTP/1.1 500 No", "Content-Length: 0"));
    client.take();
    rig.expectEndings("served=2");
    assertEquals(List.of("/bad"), logged());
  }

  @Test
  void withASampleOfNothingNothingIsLogged() throws Exception {
    start("sample = 0");
    serve(GET, ok("1"));
    assertEquals(List.of(), logged());
  }

  @Test
  void anExchangeThatOutlivesItsFormatIsLoggedInTheNewOne() throws Exception {
    start("format = \"$host $field_x_old\"");
    EmbeddedPeer client =
        rig.client(Messages.lines("GET / HTTP/1.1", "Host: a", "X-Old: 1", "X-New: 2"));
    EmbeddedPeer backend = rig.backend();
    rig.serve(EmbeddedRig.config(lines("format = \"$field_x_new $status\"")));
    backend.send(ok("1"));
    client.take();
    rig.expectEndings("served=1");
    assertEquals("- 200", onlyLine());
  }

  @Test
  void aLineSaysWhichConfigurationChoseTheBackend() throws Exception {
    start("format = \"$path $generation\"");
    EmbeddedPeer client = rig.client(get("a", "/before"));
    EmbeddedPeer backend = rig.backend();
    String half = "GET /after HTTP/1.1\r\n";
    EmbeddedPeer across = rig.client(half);
    rig.serve(EmbeddedRig.config(lines("format = \"$path $generation\"")));
    backend.send(ok("1"));
    client.take();
    across.send("Host: a\r\n\r\n");
    rig.rest();
    backend.send(ok("2"));
    across.take();
    across.send("malformed\r\n\r\n");
    rig.expectEndings("served=2 refused=1");
    assertEquals(List.of("/before 2", "/after 3", "- 3"), logged());
  }

  @Test
  void anExchangeThatEndsAfterTheLogWasRemovedHasNoLine() throws Exception {
    start("");
    EmbeddedPeer client = rig.client(get("a", "/"));
    EmbeddedPeer backend = rig.backend();
    rig.serve(EmbeddedRig.config());
    backend.send(ok("1"));
    client.take();
    client.send(post("Content-Length: 0"));
    rig.rest();
    backend.send(ok("2"));
    client.take();
    rig.expectEndings("served=2");
    assertEquals(List.of(), logged());
  }
}
