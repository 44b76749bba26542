// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.Rule;
import dev.rsp.config.Config;
import dev.rsp.http.HeadParser;
import dev.rsp.http.Parsed;
import dev.rsp.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * CVE-2026-27588: Caddy compared hosts with their case once a list had more than a hundred. Here
 * hosts are remembered in tables that grow, are shared and forget; however many there are, each is
 * the same in all its forms.
 */
final class ManyHostsTest {
  private static final String SLOTS =
      "backends = {'10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80', '10.0.0.4:80', '10.0.0.5:80'}\n";

  private final HeadParser parser = new HeadParser(32 << 10, 100, 8 << 10);
  private final RequestHead head = new RequestHead();

  @TempDir private Path directory;

  @ParameterizedTest(name = "{0} hosts")
  @ValueSource(ints = {1, 100, 101, 10_000, 100_000})
  @Rule(20)
  @DisplayName("CVE-2026-27588: hashed by default")
  void theDefaultTakesEachFormForTheSameHost(int hosts) throws Exception {
    assertEachFormAlike(hosts, "");
  }

  @ParameterizedTest(name = "{0} hosts")
  @ValueSource(ints = {1, 100, 101, 10_000, 100_000})
  @Rule(20)
  @DisplayName("CVE-2026-27588: found in a script's table")
  void aTableTakesEachFormForTheSameHost(int hosts) throws Exception {
    assertEachFormAlike(
        hosts,
        """
        local sites = {}
        for i = 1, %d do
          sites["host-" .. i .. ".example"] = i %% #backends + 1
        end
        function select(request)
          return sites[request.host], "no such site"
        end
        """
            .formatted(hosts));
  }

  private void assertEachFormAlike(int hosts, String select) throws Exception {
    Config config = Configs.load(directory, SLOTS + select);
    var router = new Router(config, config.script());
    String[] places = new String[hosts];
    for (int i = 0; i < hosts; i++) {
      places[i] = place(router, "host-" + (i + 1) + ".example");
    }
    for (int i = 0; i < hosts; i++) {
      String name = "Host-" + (i + 1) + ".eXample";
      for (String form :
          List.of(name, name.toUpperCase(Locale.ROOT) + ".", name + ":8080", name + ".:80")) {
        assertEquals(places[i], place(router, form), form);
      }
    }
  }

  private String place(Router router, String host) {
    String text = "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    ByteBuf in = Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    assertEquals(Parsed.DONE, parser.request(in, head));
    in.release();
    Route route = router.route(head, () -> "192.0.2.1");
    assertEquals(null, route.refusal(), host);
    return route.place(0).text();
  }
}
