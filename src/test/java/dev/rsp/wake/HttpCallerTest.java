// SPDX-License-Identifier: Apache-2.0
package dev.rsp.wake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import dev.rsp.config.Initialise;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Calls to a real server. */
final class HttpCallerTest {
  @TempDir Path directory;

  private final HttpCaller caller = new HttpCaller();
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> found = new LinkedBlockingQueue<>();
  private HttpServer server;

  /** Responds with the status at the beginning of the path. */
  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          heard.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
          String path = exchange.getRequestURI().getPath();
          exchange.sendResponseHeaders(Integer.parseInt(path.substring(1, 4)), -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    caller.close();
    server.stop(0);
  }

  private void call(String host, String path, @Nullable String marker, String method) {
    String url = "http://user@127.0.0.1:" + server.getAddress().getPort() + path;
    caller.call(host, by(url, marker, method), new Recorder());
  }

  private static Initialise by(String url, @Nullable String marker, String method) {
    return new Initialise(url, marker, method, 20_000, 50, 5_000, 2, 3, 2, 0);
  }

  private final class Recorder implements Caller.Result {
    @Override
    public void calling() {
      found.add("calling");
    }

    @Override
    public void accepted() {
      found.add("accepted");
    }

    @Override
    public void exists() {
      found.add("exists");
    }

    @Override
    public void refused(int status) {
      found.add("refused " + status);
    }

    @Override
    public void failed(String why) {
      found.add("failed " + why);
    }
  }

  private String next() throws InterruptedException {
    return String.valueOf(found.poll(20, TimeUnit.SECONDS));
  }

  @Test
  void callsTheUrlOfTheHost() throws Exception {
    call("a.example", "/202/init?host={host}", null, "POST");
    assertEquals("calling", next());
    assertEquals("accepted", next());
    assertEquals("POST /202/init?host=a.example", heard.poll());
  }

  @Test
  void encodesWhatCannotStandInAUrl() throws Exception {
    call("[2001:db8::1]", "/200/{host}/init", null, "GET");
    assertEquals("calling", next());
    assertEquals("accepted", next());
    assertEquals("GET /200/%5B2001%3Adb8%3A%3A1%5D/init", heard.poll());
  }

  @Test
  void tellsEveryOtherAnswer() throws Exception {
    call("a.example", "/404/", null, "POST");
    assertEquals("calling", next());
    assertEquals("refused 404", next());
    call("a.example", "/302/", null, "POST");
    assertEquals("calling", next());
    assertEquals("refused 302", next());
  }

  @Test
  void tellsThatNobodyAnswers() throws Exception {
    server.stop(0);
    call("a.example", "/200/", null, "POST");
    assertEquals("calling", next());
    assertTrue(next().startsWith("failed no answer from the URL: "));
  }

  @Test
  void callsNothingIfTheFileOfTheHostExists() throws Exception {
    Files.createFile(directory.resolve("a.example.ini"));
    call("a.example", "/200/", directory + "/{host}.ini", "POST");
    assertEquals("exists", next());
    call("b.example", "/200/", directory + "/{host}.ini", "POST");
    assertEquals("calling", next());
    assertEquals("accepted", next());
    assertEquals(1, heard.size());
  }

  @Test
  void showsNoSecretsOfTheUrl() {
    assertEquals(
        "http://127.0.0.1:80/init/a.example",
        by("http://user:secret@127.0.0.1:80/init/{host}?token=secret", null, "POST")
            .urlForLog("a.example"));
  }

  @Test
  void failsWhenItIsClosed() throws Exception {
    caller.close();
    call("a.example", "/200/", null, "POST");
    assertEquals("failed rsp is stopping", next());
  }
}
