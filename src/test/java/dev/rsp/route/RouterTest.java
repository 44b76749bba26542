// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigLoader;
import dev.rsp.hash.PythonHash;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h1.HeadParser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The backends of a request, by default and by script. */
final class RouterTest {
  private static final Refusal FAILED = new Refusal(500, "the selection script failed");

  @TempDir private Path directory;

  private Router router(int slots, String select) throws Exception {
    String backends =
        IntStream.rangeClosed(1, slots)
            .mapToObj(i -> "{name = 's" + i + "', address = '10.0.0." + i + ":80'}")
            .collect(Collectors.joining(", ", "backends = {", "}\n"));
    Path file = directory.resolve("backends.lua");
    Files.writeString(file, "listen = '127.0.0.1:0'\n" + backends + select);
    Config config = ConfigLoader.load(file);
    return new Router(config, config.script());
  }

  private static RequestHead head(String host) {
    return head("GET", "/path?query", host);
  }

  private static RequestHead head(String method, String target, String host) {
    String text = method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\nX-A: b\r\n\r\n";
    ByteBuf in = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    var head = new RequestHead();
    assertEquals(Parsed.DONE, new HeadParser(32 << 10, 100, 8 << 10).request(in, head), text);
    in.release();
    return head;
  }

  private static Route route(Router router, String host) {
    return router.route(head(host), () -> "192.0.2.1");
  }

  /** The backends of a route, by the last number of their addresses. */
  private static String places(Route route) {
    assertNull(route.refusal());
    return IntStream.range(0, route.count())
        .mapToObj(i -> route.place(i).text())
        .collect(Collectors.joining(" "))
        .replace("10.0.0.", "")
        .replace(":80", "");
  }

  @Test
  void hashesTheHostByDefault() throws Exception {
    Router router = router(7, "");
    for (String host : List.of("a", "a.example", "www.example.org", "[::1]")) {
      byte[] bytes = host.getBytes(StandardCharsets.US_ASCII);
      int index = PythonHash.index(bytes, 0, bytes.length, 7);
      assertEquals(String.valueOf(index), places(route(router, host)));
      assertSame(route(router, host), route(router, host));
    }
  }

  /** Rule 20, for the default and for the same selection by script. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"", "function select(r) return hash.python(r.host, #backends) end"})
  void everySpellingOfAHostGoesToOneSlot(String select) throws Exception {
    var random = new Random(20261121);
    for (int slots = 2; slots <= 64; slots++) {
      Router router = router(slots, select);
      for (int round = 0; round < 20; round++) {
        String host = "h" + random.nextInt(100_000) + ".Sub-" + round + ".example";
        String first = places(route(router, host));
        Route route = route(router, host);
        assertEquals(first, places(route));
        for (String spelling : spellings(host, random)) {
          assertSame(route, route(router, spelling), spelling + " of " + slots);
        }
      }
    }
  }

  private static List<String> spellings(String host, Random random) {
    var mixed = new StringBuilder();
    host.chars()
        .map(c -> random.nextBoolean() ? Character.toUpperCase(c) : Character.toLowerCase(c))
        .forEach(mixed::appendCodePoint);
    List<String> spellings = new ArrayList<>();
    for (String name : List.of(host, mixed.toString())) {
      for (String end : List.of("", ".", ":80", ":", ".:8080", ":0", ".:00443")) {
        spellings.add(name + end);
      }
    }
    return spellings;
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "return 2|2",
        "return 's3'|3",
        "return {2, 's3', 1}|2 3 1",
        "return '192.0.2.7:81'|192.0.2.7:81",
        "return '[2001:db8::1]:81'|[2001:db8::1]:81",
        "return 'unix:/run/' .. r.host .. '.sock'|unix:/run/a.example.sock",
        "return {'192.0.2.7:81', 1}|192.0.2.7:81 1",
        "return r.path == '/path' and r.query == 'query' and 3|3",
        "return r.method == 'GET' and r.scheme == 'http' and 3|3",
        "return r.client == '192.0.2.1' and r:header('x-a') == 'b' and 3|3",
      })
  void asksTheScript(String body, String expected) throws Exception {
    Router router = router(3, "function select(r) " + body + " end");
    assertEquals(expected, places(route(router, "A.Example.:80")));
    assertEquals(expected, places(route(router, "a.example")));
  }

  @Test
  void refusesAsTheScriptSays() throws Exception {
    Router router = router(2, "function select(r) return nil, 'no site ' .. r.host end");
    assertEquals(new Refusal(503, "no site a"), route(router, "a").refusal());
    assertSame(route(router, "a"), route(router, "A."));
    Router silent = router(2, "function select(r) end");
    assertEquals(new Refusal(503, "refused by select"), route(silent, "a").refusal());
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "return 0",
        "return 3",
        "return -1",
        "return 1.5",
        "return 'nobody'",
        "return {}",
        "return {1, 3}",
        "return 'backend.example:80'",
        "return '192.0.2.7'",
        "return '999.0.0.1:80'",
        "return '192.0.2.7:0'",
        "return 'unix:relative'",
        "return 'unix:/run/../x'",
        "return true",
        "error('x')",
        "return r.nothing.more",
        "while true do end"
      })
  void failsAsAServersFault(String body) throws Exception {
    // Only for one host, because a file whose select always fails is refused.
    Router router =
        router(2, "function select(r) if r.host ~= 'bad' then return 1 end " + body + " end");
    assertEquals(FAILED, route(router, "bad").refusal());
    assertEquals("1", places(route(router, "good")));
  }

  /** A route with two backends is created for each call of the script. */
  @Test
  void remembersOnlyWhatTheHostAloneDecides() throws Exception {
    Router pure = router(3, "function select(r) return {#r.host, 3} end");
    assertEquals(Why.SCRIPT, route(pure, "a").why());
    assertEquals(Why.CACHED, route(pure, "a").why());
    assertSame(route(pure, "a"), route(pure, "A.:80"));
    assertEquals("2 3", places(route(pure, "aa")));
    Router looking = router(3, "function select(r) return {r.path == '/1' and 1 or 2, 3} end");
    assertEquals("1 3", places(looking.route(head("GET", "/1", "a"), () -> "")));
    assertEquals("2 3", places(looking.route(head("GET", "/2", "a"), () -> "")));
    Router counting = router(9, "local n = 0\nfunction select(r) n = n + 1 return n end");
    assertEquals("1", places(route(counting, "a")));
    assertEquals("2", places(route(counting, "a")));
  }

  @Test
  void remembersNoFailure() throws Exception {
    Router router =
        router(
            2,
            "local n = 0\nfunction select(r) n = n + 1 if n == 1 then error('x') end return 2 end");
    assertEquals(FAILED, route(router, "a").refusal());
    assertEquals("2", places(route(router, "a")));
  }

  @Test
  void logsOneFailureASecond() throws Exception {
    Router router =
        router(
            2, "function select(r) if r.host == 'bad' then error('on purpose') end return 1 end");
    var log = (Logger) LoggerFactory.getLogger(Router.class);
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    log.addAppender(lines);
    try {
      for (int i = 0; i < 100; i++) {
        assertEquals(FAILED, route(router, "bad").refusal());
      }
    } finally {
      log.detachAppender(lines);
    }
    // One more is possible if the machine pauses for a second.
    assertEquals(true, lines.list.size() >= 1 && lines.list.size() <= 3, lines.list.toString());
    String line = lines.list.get(0).getFormattedMessage();
    assertEquals(true, line.startsWith("script failed host=bad suppressed=0: "), line);
    assertEquals(true, line.contains("on purpose"), line);
  }

  /** It may change later results of select, even if it returns nothing itself. */
  @Test
  void forgetsAnswersOnceOnFailureKeepsSomething() throws Exception {
    Router router =
        router(
            2,
            "local bad = {}\nfunction select(r) return bad.s1 and 2 or 1 end\n"
                + "function on_failure(r, f) bad[f.slot] = true end");
    Route first = route(router, "a");
    assertEquals("1", places(first));
    RequestSnapshot asked = RequestSnapshot.of(head("a"), () -> "192.0.2.1");
    assertNull(router.afterFailure(asked, first.place(0), "refused", 1));
    assertEquals("2", places(route(router, "a")));
  }
}
