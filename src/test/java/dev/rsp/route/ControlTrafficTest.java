// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.rsp.config.Config;
import dev.rsp.http.Parsed;
import dev.rsp.http.Refusal;
import dev.rsp.http.RequestHead;
import dev.rsp.http.h1.HeadParser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A site's own traffic and the control URLs that name it reach the same slot, in any spelling of
 * the name. A platform once lower-cased only one of them: this has no effect with 2, 4 or 8 slots,
 * where the hash does not depend on case, but fails with 3, 5 or 17.
 */
final class ControlTrafficTest {
  @TempDir private Path directory;

  private Router router(int n, String more) throws Exception {
    var lua = new StringBuilder("backends = {");
    for (int i = 1; i <= n; i++) {
      lua.append("'10.0.0.").append(i).append(":80',");
    }
    lua.append("} host_from_path('/user/*/webapps/{host}/reload', {on = 'www.Example.com'}) ");
    Config config = Configs.load(directory, lua.append(more).toString());
    return new Router(config, config.script());
  }

  private static Route route(Router router, String target, String host) {
    String text = "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    ByteBuf in = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    var head = new RequestHead();
    assertEquals(Parsed.DONE, new HeadParser(32 << 10, 100, 8 << 10).request(in, head), text);
    in.release();
    return router.route(head, () -> "192.0.2.1");
  }

  private static String spelled(String name, Random random) {
    var mixed = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      String one = name.substring(i, i + 1);
      mixed.append(random.nextBoolean() ? one.toUpperCase(Locale.ROOT) : one);
    }
    List<String> ends = List.of("", ".", ":80", ".:8080", ":");
    return mixed + ends.get(random.nextInt(ends.size()));
  }

  @ParameterizedTest(name = "n={0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "3|''",
        "5|''",
        "7|failover = 2",
        "9|function select(r) return hash.python(r.host, #backends) end",
        "11|function select(r) return {hash.python(r.host, #backends), 1} end",
        "17|function select(r) return r.path and hash.python(r.host, #backends) end",
      })
  void bothReachTheSameSlot(int n, String more) throws Exception {
    Router router = router(n, more);
    var random = new Random(20141117);
    for (int i = 0; i < 500; i++) {
      String name = "joebuty" + random.nextInt(100_000) + ".pythonanywhere.com";
      Route app = route(router, "/", spelled(name, random));
      Route control =
          route(
              router,
              "/user/joe/webapps/" + spelled(name, random) + "/reload",
              spelled("www.example.com", random));
      assertEquals(app.count(), control.count());
      for (int place = 0; place < app.count(); place++) {
        assertEquals(app.place(place), control.place(place), name);
      }
    }
  }

  @Test
  void theyShareOneMemory() throws Exception {
    Router router = router(3, "function select(r) return {hash.python(r.host, 3), 1} end");
    Route first = route(router, "/user/j/webapps/A.example/reload", "www.example.com");
    Route control = route(router, "/user/j/webapps/A.example/reload", "www.example.com");
    assertEquals(List.of(Why.PATH, Why.CACHED), List.of(first.why(), control.why()));
    assertSame(control, route(router, "/", "a.example"));
    assertSame(control, route(router, "/user/x/webapps/a.EXAMPLE:1/reload?y", "WWW.example.com"));
  }

  @Test
  void otherPathsAndOtherHostsAreNotLookedInto() throws Exception {
    Router router = router(3, "function select(r) return {r.host == 'a' and 1 or 2, 3} end");
    Route inner = route(router, "/user/j/webapps/a/reload", "www.example.com");
    assertEquals("10.0.0.1:80", inner.place(0).text());
    for (String target : List.of("/user/j/webapps/a/reload/", "/user/j/webapps/a", "/")) {
      assertEquals("10.0.0.2:80", route(router, target, "www.example.com").place(0).text(), target);
    }
    Route other = route(router, "/user/j/webapps/a/reload", "example.com");
    assertEquals("10.0.0.2:80", other.place(0).text());
    assertNotSame(inner, other);
  }

  @Test
  void aHostThatIsNoneIs400AndNobodyIsAsked() throws Exception {
    Router router = router(3, "function select(r) refuse(404, 'asked') end");
    Route route = route(router, "/user/j/webapps/a%2eb/reload", "www.example.com");
    assertEquals(new Refusal(400, "invalid host in the path"), route.refusal());
    // The route is not cached for the request's own host either.
    assertEquals(new Refusal(404, "asked"), route(router, "/", "www.example.com").refusal());
    assertNull(route(router(3, ""), "/", "www.example.com").refusal());
  }
}
