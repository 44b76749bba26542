// SPDX-License-Identifier: Apache-2.0
package dev.rsp.acme;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.shredzone.acme4j.exception.AcmeProtocolException;

@Timeout(60)
final class CompleteAnswerTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch end = new CountDownLatch(1);
  private final HttpClient http = HttpClient.newHttpClient();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.start();
  }

  @AfterEach
  void stop() {
    end.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private HttpResponse<InputStream> get(Duration timeout) throws IOException {
    URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    return CompleteAnswer.of(http, HttpRequest.newBuilder(uri).timeout(timeout).build(), timeout);
  }

  private void answer(HttpHandler handler) {
    server.createContext("/", handler);
  }

  /** The head, and then a byte of the body, and no more. */
  private void stallInTheBody(CountDownLatch stalled) {
    answer(
        exchange -> {
          exchange.sendResponseHeaders(200, 100);
          OutputStream out = exchange.getResponseBody();
          out.write('{');
          out.flush();
          stalled.countDown();
          try {
            end.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          exchange.close();
        });
  }

  @Test
  void anAnswerOfTheLargestSizeIsRead() throws IOException {
    byte[] body = new byte[CompleteAnswer.MAX_BYTES];
    body[body.length - 1] = 7;
    answer(
        exchange -> {
          exchange.sendResponseHeaders(503, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    HttpResponse<InputStream> response = get(LONG);
    assertEquals(503, response.statusCode());
    assertArrayEquals(body, response.body().readAllBytes());
  }

  @Test
  void anAnswerWithoutEndIsRefused() {
    answer(
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] part = new byte[64 << 10];
          try (OutputStream out = exchange.getResponseBody()) {
            while (end.getCount() > 0) {
              out.write(part); // fails when the client has closed the connection
            }
          }
        });
    String reason = assertThrows(AcmeProtocolException.class, () -> get(LONG)).getMessage();
    assertEquals("an answer has more than 1048576 bytes", reason);
  }

  @Test
  void anAnswerThatStopsInItsBodyIsGivenUp() {
    stallInTheBody(new CountDownLatch(1));
    assertThrows(HttpTimeoutException.class, () -> get(Duration.ofMillis(500)));
  }

  @Test
  void anInterruptEndsTheWaitForABody() throws Exception {
    var stalled = new CountDownLatch(1);
    stallInTheBody(stalled);
    var interrupted = new CountDownLatch(1);
    Future<IOException> failure =
        threads.submit(
            () -> {
              Thread reader = Thread.currentThread();
              threads.execute(
                  () -> {
                    try {
                      stalled.await();
                    } catch (InterruptedException e) {
                      return;
                    }
                    reader.interrupt();
                    interrupted.countDown();
                  });
              return assertThrows(IOException.class, () -> get(LONG));
            });
    assertTrue(interrupted.await(30, TimeUnit.SECONDS));
    assertEquals("the request was interrupted", failure.get(20, TimeUnit.SECONDS).getMessage());
  }

  @Test
  void anEncodedAnswerIsRefusedBecauseItMayBecomeVeryLarge() {
    answer(
        exchange -> {
          exchange.getResponseHeaders().add("Content-Encoding", "gzip");
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    assertThrows(AcmeProtocolException.class, () -> get(LONG));
  }
}
