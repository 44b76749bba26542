// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Slot;
import dev.rsp.http.Refusal;
import dev.rsp.lua.Failure;
import dev.rsp.lua.HashCall;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The properties of decisions. */
final class ChooserTest {
  private static final String BACKENDS =
      "backends = { {name = 'a', address = '10.0.0.1:80'}, {name = 'b', address = '10.0.0.2:80'},"
          + " {name = 'c', address = 'unix:/run/c.sock'} }\n";

  @TempDir private Path directory;

  private Chooser chooser(String lua) throws Exception {
    return Configs.chooser(directory, lua);
  }

  private Decision decide(String lua, String host) throws Exception {
    return chooser(lua).decide(Configs.get(host));
  }

  private String file(int line) {
    return directory.resolve("backends.lua") + ":" + line;
  }

  private static String name(Decision decision) {
    return Objects.requireNonNull(decision.target()).name();
  }

  @Test
  void theDefaultIsThePythonHashOfTheHost() throws Exception {
    Decision decision = decide(BACKENDS, "WWW.PythonAnywhere.com.:80");
    assertEquals("www.pythonanywhere.com", decision.host());
    assertEquals("default", decision.rule());
    // The value is from CPython 2.7.
    assertEquals(
        new HashCall("python", "www.pythonanywhere.com", 3, "9088254044299320651"),
        decision.hash());
    assertEquals(3, decision.n());
    // 9088254044299320651 is a multiple of 3, and indexes are from 1.
    assertEquals("a", name(decision));
    assertEquals(1, Objects.requireNonNull(decision.slot()).index());
    assertEquals(decision.slot(), decision.chosen());
    assertTrue(decision.pure() && decision.accepted());
    assertEquals(List.of(), decision.failover());
  }

  @Test
  void aScriptIsNamedWithItsLineAndItsHash() throws Exception {
    Decision decision =
        decide(BACKENDS + "\nfunction select(r)\n return hash.python(r.host, 2) end", "localhost");
    assertEquals("select " + file(3), decision.rule());
    assertEquals(new HashCall("python", "localhost", 2, "7451599895809345214"), decision.hash());
    assertEquals(3, decision.n());
    assertEquals("a", name(decision));
    assertTrue(decision.pure());
    assertNull(decide(BACKENDS + "function select() return 3 end", "x").hash());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return 3|true|c",
        "return r.path == '/' and 3|false|c",
        "return 'b'|true|b",
        "return '10.0.0.2:80'|true|b",
        "return 'unix:/run/x.sock'|true|unix:/run/x.sock",
        "return math.random(1, 1)|false|a",
        "return backends[2]|true|b",
        "for i, b in ipairs(backends) do if b.name == 'c' then return i end end|true|c",
        "return canonical_host('C.') == 'c' and 'c'|true|c",
      })
  void purityIsByWhatTheScriptRead(String body, boolean pure, String name) throws Exception {
    Decision decision = decide(BACKENDS + "function select(r) " + body + " end", "a.example");
    assertEquals(name, name(decision));
    assertEquals(pure, decision.pure());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return nil, 'no such site'|503|no such site",
        "refuse(404, 'no such site')|404|no such site",
        "return refuse(451)|451|refused by the script",
        "pcall(refuse, 410, 'gone') return 1|410|gone",
        "return 4|500|the selection script failed",
        "refuse(200, 'fine')|500|the selection script failed",
        "refuse(600)|500|the selection script failed",
        "refuse(404.5)|500|the selection script failed",
        "refuse('x')|500|the selection script failed",
        "refuse(0/0)|500|the selection script failed",
      })
  void aRefusalHasAStatus(String body, int status, String why) throws Exception {
    Decision decision = decide(BACKENDS + "function select(r) " + body + " end", "a.example");
    assertEquals(new Refusal(status, why), decision.refusal());
    assertEquals(status == 500, decision.error() != null, decision.error());
    assertEquals(status != 500, decision.pure());
    assertFalse(decision.accepted());
    assertEquals(List.of(), decision.failover());
    assertNull(decision.target());
  }

  @Test
  void anErrorSaysWhere() throws Exception {
    assertEquals(
        file(2) + ": select returned 4 (expected: 1 to 3)",
        decide(BACKENDS + "function select() return 4 end", "a").error());
  }

  @Test
  void whatIsNotUpIsToldWithWhoTookOver() throws Exception {
    Decision decision =
        decide(
            "backends = { {name = 'a', address = '10.0.0.1:80', state = 'down'}, '10.0.0.2:80' }"
                + " function select() return 'a' end",
            "a.example");
    assertEquals("a", Objects.requireNonNull(decision.chosen()).name());
    assertEquals(List.of("a"), decision.passedOver().stream().map(Slot::name).toList());
    assertEquals("10.0.0.2:80", name(decision));
    assertEquals("10.0.0.2:80", decision.route().place(0).text());
  }

  // Control URLs

  private static final String RELOAD =
      BACKENDS + "host_from_path('/user/*/webapps/{host}/reload', { on = 'WWW.Example.com.' })\n";

  @Test
  void theHostInThePathDecides() throws Exception {
    Decision decision =
        chooser(RELOAD)
            .decide(
                Configs.get("www.example.COM", "/user/joe/webapps/JoeButy.Example.:80/reload?x"));
    assertEquals("joebuty.example", decision.host());
    assertEquals("host_from_path " + file(2) + ", default", decision.rule());
    assertEquals(name(chooser(RELOAD).decide(Configs.get("joebuty.example"))), name(decision));
    assertTrue(decision.pure());
  }

  @Test
  void anInvalidHostInThePathIs400() throws Exception {
    for (String host : List.of("a..b", "a%2eb", "a%20b", ".", "a@b", "x:99999")) {
      Decision decision =
          chooser(RELOAD)
              .decide(Configs.get("www.example.com", "/user/joe/webapps/" + host + "/reload"));
      assertEquals(new Refusal(400, "invalid host in the path"), decision.refusal(), host);
      assertEquals("host_from_path " + file(2), decision.rule());
      assertNull(decision.error());
    }
  }

  @Test
  void theScriptSeesBothHosts() throws Exception {
    Chooser chooser =
        chooser(
            RELOAD
                + "function select(r) refuse(404, r.host .. ' ' .. r.original_host .. ' ' .. r.path)"
                + " end");
    Decision inner =
        chooser.decide(Configs.get("www.example.com", "/user/j/webapps/Site.example/reload"));
    assertEquals(
        "site.example www.example.com /user/j/webapps/Site.example/reload",
        Objects.requireNonNull(inner.refusal()).why());
    assertFalse(inner.pure());
    Decision outer = chooser.decide(Configs.get("site.example", "/x"));
    assertEquals("site.example site.example /x", Objects.requireNonNull(outer.refusal()).why());
  }

  // on_failure

  private static final String HOOK =
      BACKENDS + "function on_failure(r, f) %s end function select(r) return 1 end";

  private static Failure failure(String reason, int attempt) {
    return new Failure("a", "10.0.0.1:80", reason, attempt);
  }

  @Test
  void onFailureNamesAnotherPlaceOrNone() throws Exception {
    Chooser chooser =
        chooser(
            HOOK.formatted(
                "if f.reason == 'timeout' then return end"
                    + " if f.attempt > 2 then refuse(502, f.slot .. f.address) end"
                    + " return {'b', 'unix:/run/' .. r.host .. '.sock'}"));
    RequestSnapshot request = Configs.get("x.example", "/p");
    assertNull(chooser.afterFailure(request, failure("timeout", 1)));
    Decision next = Objects.requireNonNull(chooser.afterFailure(request, failure("refused", 1)));
    assertEquals(
        List.of("b", "unix:/run/x.example.sock"),
        next.targets().stream().map(Decision.Target::name).toList());
    assertEquals("on_failure " + file(2), next.rule());
    assertFalse(next.pure());
    Decision last = Objects.requireNonNull(chooser.afterFailure(request, failure("refused", 3)));
    assertEquals(new Refusal(502, "a10.0.0.1:80"), last.refusal());
  }

  @Test
  void onFailureThatFailsIsAServersFault() throws Exception {
    Chooser chooser = chooser(HOOK.formatted("return f.nothing.more"));
    Decision decision =
        Objects.requireNonNull(chooser.afterFailure(Configs.get("x"), failure("refused", 1)));
    assertEquals(500, Objects.requireNonNull(decision.refusal()).status());
    assertNotNull(decision.error());
  }

  @Test
  void withoutOnFailureNobodyIsAsked() throws Exception {
    assertNull(chooser(BACKENDS).afterFailure(Configs.get("x"), failure("refused", 1)));
  }

  @Test
  void onFailureServesFilesWithoutSelect() throws Exception {
    Chooser chooser = chooser(BACKENDS + "function on_failure() return 3 end");
    assertEquals("default", chooser.decide(Configs.get("x")).rule());
    Decision next =
        Objects.requireNonNull(chooser.afterFailure(Configs.get("x"), failure("refused", 1)));
    assertEquals("c", name(next));
  }

  @Test
  void aQuestionHasMethodAndFields() throws Exception {
    Chooser chooser =
        chooser(
            BACKENDS
                + "function select(r) refuse(404, r.method .. r.query .. r:header('x-a')) end");
    RequestSnapshot asked =
        Objects.requireNonNull(
            RequestSnapshot.request("PUT", "A.example", "/p?q=1", Map.of("X-A", "1")));
    assertEquals("PUTq=11", Objects.requireNonNull(chooser.decide(asked).refusal()).why());
    assertNull(RequestSnapshot.get("a b", "/"));
  }
}
