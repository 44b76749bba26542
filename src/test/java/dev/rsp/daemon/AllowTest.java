// SPDX-License-Identifier: Apache-2.0
package dev.rsp.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.rsp.acme.Allow;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigLoader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is asked for which hosts certificates may be ordered. */
@Timeout(60)
final class AllowTest {
  private final BlockingQueue<String> questions = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> opened = new ArrayList<>();

  @TempDir private Path directory;

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : opened) {
      one.close();
    }
  }

  private static Allow.Answer answer(Allow allow, String host) throws Exception {
    var answer = new CompletableFuture<Allow.Answer>();
    allow.ask(host, answer::complete);
    return answer.get(20, TimeUnit.SECONDS);
  }

  private URI service(int status) throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          questions.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
          exchange.getResponseHeaders().add("Location", "/yes");
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    opened.add(() -> server.stop(0));
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private UrlAllow url(URI url, Duration timeout) {
    var allow = new UrlAllow(url, timeout);
    opened.add(allow);
    return allow;
  }

  @ParameterizedTest
  @CsvSource({
    "200, YES",
    "204, YES",
    "299, YES",
    "301, NO",
    "302, NO",
    "400, NO",
    "403, NO",
    "404, NO",
    "429, UNKNOWN",
    "500, UNKNOWN",
    "503, UNKNOWN",
  })
  void theStatusOfAUrlIsTheAnswer(int status, Allow.Answer expected) throws Exception {
    Allow allow = url(service(status).resolve("/ask"), UrlAllow.TIMEOUT);
    assertEquals(expected, answer(allow, "www.a.test"));
    assertEquals("GET /ask?domain=www.a.test", questions.take());
    assertTrue(questions.isEmpty(), "a redirect is not followed");
  }

  @Test
  void aUrlMayHaveAQueryOfItsOwn() throws Exception {
    Allow allow = url(URI.create(service(200) + "/ask?key=5"), UrlAllow.TIMEOUT);
    assertEquals(Allow.Answer.YES, answer(allow, "a.test"));
    assertEquals("GET /ask?key=5&domain=a.test", questions.take());
  }

  @Test
  void noAnswerIsNoDecision() throws Exception {
    URI gone;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      gone = URI.create("http://127.0.0.1:" + free.getLocalPort() + "/");
    }
    assertEquals(Allow.Answer.UNKNOWN, answer(url(gone, UrlAllow.TIMEOUT), "a.test"));
    try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      URI late = URI.create("http://127.0.0.1:" + silent.getLocalPort() + "/");
      assertEquals(Allow.Answer.UNKNOWN, answer(url(late, Duration.ofMillis(200)), "a.test"));
    }
  }

  /** A flood of invented names must not become a flood of questions. */
  @Test
  void aSlowServiceGetsABoundedNumberOfQuestions() throws Exception {
    try (var silent = new ServerSocket(0, 500, InetAddress.getLoopbackAddress())) {
      URI late = URI.create("http://127.0.0.1:" + silent.getLocalPort() + "/");
      Allow allow = url(late, Duration.ofSeconds(20));
      var refused = new AtomicInteger();
      for (int i = 0; i < 1_000; i++) {
        allow.ask(i + ".test", answer -> refused.incrementAndGet());
      }
      assertEquals(900, refused.get());
    }
  }

  @Test
  void aUrlThatIsNotUsedAnyMoreAllowsNothing() throws Exception {
    UrlAllow allow = url(service(200), UrlAllow.TIMEOUT);
    allow.close();
    assertEquals(Allow.Answer.UNKNOWN, answer(allow, "a.test"));
  }

  private ScriptAllow script(String function) throws Exception {
    Files.createDirectories(directory.resolve("s"));
    Path file = directory.resolve("backends.lua");
    Files.writeString(
        file,
        "listen = '127.0.0.1:0'\nbackends = { '10.0.0.1:80' }\n"
            + "acme = { directory = 'letsencrypt', store = 's', allow = function(host)\n"
            + function
            + "\nend }\n");
    Config config = ConfigLoader.load(file);
    var allow = new ScriptAllow(config.allowScript());
    opened.add(allow);
    return allow;
  }

  @Test
  void aFunctionIsAskedOnAThreadOfItsOwn() throws Exception {
    Allow allow = script("return host:match('%.a%.test$') ~= nil");
    var thread = new CompletableFuture<String>();
    allow.ask("www.a.test", answer -> thread.complete(Thread.currentThread().getName()));
    assertEquals("acme-allow", thread.get(20, TimeUnit.SECONDS));
    assertEquals(Allow.Answer.YES, answer(allow, "www.a.test"));
    assertEquals(Allow.Answer.NO, answer(allow, "www.b.test"));
  }

  @Test
  void aFunctionThatFailsOrDoesNotEndIsNoDecision() throws Exception {
    Allow allow = script("if host == 'a.test' then error('x') end while true do end");
    assertEquals(Allow.Answer.UNKNOWN, answer(allow, "a.test"));
    assertEquals(Allow.Answer.UNKNOWN, answer(allow, "b.test"));
  }

  @Test
  void moreQuestionsThanWaitGetNoAnswer() throws Exception {
    ScriptAllow allow = script("local n = 0 for i = 1, 20000 do n = n + i end return true");
    var unknown = new AtomicInteger();
    for (int i = 0; i < 20_000; i++) {
      allow.ask(
          i + ".test",
          answer -> {
            if (answer == Allow.Answer.UNKNOWN) {
              unknown.incrementAndGet();
            }
          });
    }
    assertTrue(unknown.get() > 10_000, unknown::toString);
    allow.close();
    assertEquals(Allow.Answer.UNKNOWN, answer(allow, "a.test"));
  }
}
