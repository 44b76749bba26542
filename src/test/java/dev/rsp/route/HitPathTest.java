// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigLoader;
import dev.rsp.http.Client;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h1.HeadParser;
import dev.rsp.http.h1.HeadWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A request with a cached route allocates nothing, from its bytes to its backend. */
class HitPathTest {
  private static final int REQUESTS = 10_000;
  private static final String BACKENDS =
      "listen = '127.0.0.1:0' backends = { '127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3' } ";
  private static final byte[] FORWARDING =
      "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Host: ".getBytes(StandardCharsets.US_ASCII);

  @TempDir private Path directory;

  private final HeadParser parser = new HeadParser(32 * 1024, 100, 8192);
  private final RequestHead head = new RequestHead();
  private final HeadWriter writer = new HeadWriter();
  private final ByteBuf bytes =
      Unpooled.wrappedBuffer(
          String.join(
                  "\r\n",
                  "GET /a?b HTTP/1.1",
                  "Host: WWW.Example.com:8080",
                  "Cookie: a=b",
                  "Content-Length: 5",
                  "Connection: keep-alive",
                  "X-Forwarded-For: 1",
                  "",
                  "")
              .getBytes(StandardCharsets.US_ASCII));

  @Test
  void makesNoGarbageWhenTheHostIsHashed() throws Exception {
    assertEquals(0, bytesPerRequest(router(BACKENDS)));
  }

  @Test
  void makesNoGarbageWhenTheScriptsAnswerIsRemembered() throws Exception {
    assertEquals(
        0, bytesPerRequest(router(BACKENDS + "function select(r) return #r.host % 3 + 1 end")));
  }

  @Test
  void makesNoGarbageWhenAnotherHostHasControlUrls() throws Exception {
    String rules =
        "host_from_path('/{host}', {on = 'www.example.org'})"
            + " host_from_path('/x/{host}', {on = 'example.com'}) ";
    assertEquals(0, bytesPerRequest(router(BACKENDS + rules)));
    assertEquals(
        0,
        bytesPerRequest(
            router(BACKENDS + rules + "function select(r) return #r.host % 3 + 1 end")));
  }

  @Test
  void makesNoGarbageWhenSlotsAreNotUp() throws Exception {
    String down =
        "listen = '127.0.0.1:0' failover = 2 backends = { {address = '127.0.0.1:1', state = 'down'},"
            + " {address = '127.0.0.1:2', state = 'drain'}, '127.0.0.1:3', '127.0.0.1:4' }";
    assertEquals(0, bytesPerRequest(router(down)));
  }

  @Test
  void countsGarbageWhereThereIsSome() throws Exception {
    String asksEachTime = "function select(r) return #r.path % 3 + 1 end";
    assertTrue(bytesPerRequest(router(BACKENDS + asksEachTime)) > 0);
  }

  private Router router(String lua) throws Exception {
    Config config = ConfigLoader.load(Files.writeString(directory.resolve("backends.lua"), lua));
    return new Router(config, config.script());
  }

  /** Rounded down: the measurement itself allocates less than a byte per request. */
  private long bytesPerRequest(Router router) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Client client = () -> "192.0.2.7";
    forward(router, client);
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < REQUESTS; i++) {
      forward(router, client);
    }
    return (threads.getCurrentThreadAllocatedBytes() - before) / REQUESTS;
  }

  private void forward(Router router, Client client) {
    assertEquals(Parsed.DONE, parser.request(bytes, head));
    router.route(head, client);
    writer.request(head, FORWARDING, false);
  }
}
