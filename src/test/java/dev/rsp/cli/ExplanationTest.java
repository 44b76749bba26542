// SPDX-License-Identifier: Apache-2.0
package dev.rsp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rsp.admin.Json;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigLoader;
import dev.rsp.plan.Explanation;
import dev.rsp.route.Chooser;
import dev.rsp.route.Decision;
import dev.rsp.route.RequestSnapshot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a decision is shown as text for an operator and as JSON for a program. */
@Timeout(60)
final class ExplanationTest {
  private static final String THREE =
      """
      listen = '127.0.0.1:0'
      backends = {
        { name = 'live1', address = '10.0.0.1:80' },
        { name = 'live2', address = '10.0.0.2:80', state = '%s' },
        { name = 'live3', address = '10.0.0.3:80' },
      }
      """;

  @TempDir private Path directory;

  private Decision decide(String lua, String host) throws Exception {
    Path file = Files.writeString(directory.resolve("b.lua"), lua);
    Config config = ConfigLoader.load(file);
    return new Chooser(config, config.script())
        .decide(Objects.requireNonNull(RequestSnapshot.get(host, "/")));
  }

  private String text(String lua, String host) throws Exception {
    return Explanation.text(decide(lua, host)).replace(directory + "/", "");
  }

  private String json(String lua, String host) throws Exception {
    return Json.of(Explanation.values(decide(lua, host))).replace(directory + "/", "");
  }

  @Test
  void ofTheDefaultItShowsTheHashTheSlotAndTheNextSlot() throws Exception {
    String lua = THREE.formatted("up") + "failover = 1\n";
    assertEquals(
        """
        host        joebuty.example.com
        rule        default
        hash        hash.python = -2400196557017497810
        n           3
        slot        live3 (index 3)
        address     10.0.0.3:80
        failover    live1
        holds       for every request with this host
        """,
        text(lua, "JoeButy.example.com.:80"));
    assertEquals(
        "{\"host\":\"joebuty.example.com\",\"rule\":\"default\",\"hash\":\"-2400196557017497810\","
            + "\"n\":3,\"slot\":\"live3\",\"index\":3,\"address\":\"10.0.0.3:80\","
            + "\"failover\":[\"live1\"]}",
        json(lua, "joebuty.example.com"));
  }

  @Test
  void ofASlotThatIsDownItShowsTheSlotThatTakesOver() throws Exception {
    String lua = THREE.formatted("down") + "function select(request) return 'live2' end\n";
    assertEquals(
        """
        host        a.example
        rule        select b.lua:7
        n           3
        passed over live2 (down)
        slot        live1 (index 1)
        address     10.0.0.1:80
        failover    none
        holds       for every request with this host
        """,
        text(lua, "a.example"));
  }

  @Test
  void ofARefusalItShowsTheReasonAndOfAScriptErrorTheMessage() throws Exception {
    String lua =
        THREE.formatted("up")
            + "function select(request)\n"
            + "  if request.path == '/' then return nil, 'no such site' end\nend\n";
    assertEquals(
        """
        host        a.example
        rule        select b.lua:7
        n           3
        refused     503 no such site
        holds       for this request
        """,
        text(lua, "a.example"));
    assertEquals(
        "{\"host\":\"a.example\",\"rule\":\"select b.lua:7\",\"hash\":null,\"n\":3,\"slot\":null,"
            + "\"index\":null,\"address\":null,\"failover\":[]}",
        json(lua, "a.example"));
    assertEquals(
        """
        host        a.example
        rule        select b.lua:7
        n           3
        refused     500 the selection script failed
        error       b.lua:8: gone
        holds       for this request
        """,
        text(
            THREE.formatted("up") + "function select(request)\n  error('gone')\nend\n",
            "a.example"));
  }

  @Test
  void ofAnAddressOutsideTheListItShowsTheAddress() throws Exception {
    String lua = THREE.formatted("up") + "function select() return 'unix:/run/a.sock' end\n";
    assertEquals(
        """
        host        a.example
        rule        select b.lua:7
        n           3
        slot        none: outside the list
        address     unix:/run/a.sock
        failover    none
        holds       for every request with this host
        """,
        text(lua, "a.example"));
  }
}
