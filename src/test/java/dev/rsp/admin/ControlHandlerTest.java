// SPDX-License-Identifier: Apache-2.0
package dev.rsp.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is answered over the control socket. */
@Timeout(20)
final class ControlHandlerTest {
  private final TestOperations operations = new TestOperations();

  private FullHttpResponse ask(
      Executor workers, HttpVersion version, HttpMethod method, String path) {
    var channel =
        new EmbeddedChannel(
            new ControlHandler(
                operations,
                workers,
                "uid=0 pid=1",
                () -> null,
                null,
                new Health(operations, Runnable::run),
                new Bodies()));
    channel.writeInbound(new DefaultFullHttpRequest(version, method, path));
    channel.runPendingTasks();
    FullHttpResponse response = channel.readOutbound();
    assertNotNull(response);
    assertEquals(version.equals(HttpVersion.HTTP_1_1), channel.isOpen());
    channel.close();
    return response;
  }

  private FullHttpResponse ask(String method, String path) {
    return ask(Runnable::run, HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), path);
  }

  private static String text(FullHttpResponse response) {
    String text = response.content().toString(StandardCharsets.ISO_8859_1);
    response.release();
    return text;
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /healthz, 200, ok",
    "HEAD, /healthz, 200, ok",
    "GET, /readyz?x=y, 200, ok",
    "GET, /status, 200, 'one\ntwo'",
    "POST, /status, 405, GET only",
    "POST, /reload, 200, said",
    "GET, /reload, 405, POST only",
    "GET, /, 404, no such command",
    "GET, /status/, 404, no such command",
  })
  void eachPathHasItsAnswer(String method, String path, int status, String answer) {
    FullHttpResponse response = ask(method, path);
    assertEquals(status, response.status().code());
    assertEquals(answer + "\n", text(response));
  }

  @Test
  void onlyPostReloads() {
    text(ask("GET", "/reload"));
    assertEquals(List.of(), operations.done);
    text(ask("POST", "/reload"));
    assertEquals(List.of("reload by uid=0 pid=1"), operations.done);
  }

  @Test
  void aRefusedReloadIsAConflict() {
    operations.accepts = false;
    FullHttpResponse response = ask("POST", "/reload");
    assertEquals(409, response.status().code());
    assertEquals("said\n", text(response));
  }

  @Test
  void probesFailWithTheDaemon() {
    operations.alive = false;
    operations.serving = false;
    assertEquals(503, ask("GET", "/healthz").status().code());
    assertEquals(503, ask("GET", "/readyz").status().code());
  }

  @Test
  void theConfigurationComesOctetByOctetAndTheStateAsJson() {
    assertEquals("l\u00fc", text(ask("GET", "/config")));
    FullHttpResponse json = ask("GET", "/status.json");
    assertEquals("application/json", json.headers().get("content-type"));
    assertTrue(text(json).startsWith("{\"name\":\""));
  }

  @Test
  void metricsComeInTheFormatThatIsAskedFor() {
    FullHttpResponse plain = ask("GET", "/metrics");
    assertTrue(plain.headers().get("content-type").startsWith("text/plain; version=0.0.4"));
    assertEquals(
        "# HELP test_total A test.\n# TYPE test_total counter\ntest_total{accept=\"null\"} 1.0\n",
        text(plain));
    assertEquals(405, ask("POST", "/metrics").status().code());
  }

  @Test
  void aFailureIsAnAnswerToo() {
    operations.broken = true;
    FullHttpResponse response = ask("GET", "/status");
    assertEquals(500, response.status().code());
    assertFalse(text(response).contains("broken"));
  }

  @Test
  void tooManyAtOnceAreTurnedAway() {
    Executor full =
        task -> {
          throw new RejectedExecutionException();
        };
    FullHttpResponse response = ask(full, HttpVersion.HTTP_1_1, HttpMethod.GET, "/status");
    assertEquals(503, response.status().code());
    response.release();
  }

  @Test
  void aClientOfHttp10IsClosedBehindTheAnswer() {
    FullHttpResponse response =
        ask(Runnable::run, HttpVersion.HTTP_1_0, HttpMethod.GET, "/healthz");
    assertEquals("ok\n", text(response));
  }
}
