// SPDX-License-Identifier: Apache-2.0
package dev.rsp.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import dev.rsp.config.ConfigLoader;
import dev.rsp.http.Refusal;
import dev.rsp.lua.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every shipped example loads without warnings and behaves as its comments say. */
final class ExamplesTest {
  private static final Path EXAMPLES = Path.of("config/examples");

  static Stream<Path> everyExample() throws IOException {
    try (Stream<Path> files = Files.list(EXAMPLES)) {
      return files.sorted().toList().stream();
    }
  }

  private static Chooser chooser(String name) throws Exception {
    Config config = ConfigLoader.load(EXAMPLES.resolve(name));
    return new Chooser(config, config.script());
  }

  /** Where a request goes: names in order, or the status and reason of a refusal. */
  private static String answer(Decision decision) {
    Refusal refusal = decision.refusal();
    return refusal != null
        ? refusal.status() + " " + refusal.why()
        : decision.targets().stream().map(Decision.Target::name).collect(Collectors.joining(" "));
  }

  @ParameterizedTest
  @MethodSource("everyExample")
  void loadsWithoutAWarning(Path file) throws Exception {
    Config config = ConfigLoader.load(file);
    // Whether a folder exists depends on the machine, not on the example.
    List<String> warnings =
        config.warnings().stream().filter(line -> !line.contains("there is no folder")).toList();
    assertEquals(List.of(), warnings);
    Decision decision = new Chooser(config, config.script()).decide(Configs.get("a.example"));
    assertEquals(null, decision.error());
    assertTrue(decision.pure());
  }

  /** The hashes were computed by CPython 3 from the definitions of both functions. */
  @ParameterizedTest
  @CsvSource({
    "default.lua, www.example.com, /, 10.0.0.11:80",
    "default.lua, A.example., /, 10.0.0.12:80",
    "control.lua, www.example.com, /, 10.0.0.11:80",
    "control.lua, joebuty.example.com, /, 10.0.0.13:80",
    "control.lua, www.example.com, /user/joe/webapps/JoeButy.example.com/reload, 10.0.0.13:80",
    "control.lua, WWW.example.com, /user/joe/webapps/joebuty.example.com./reload/, 10.0.0.13:80",
    "control.lua, www.example.com, /user/joe/webapps/a%2fb/reload, 400 invalid host in the path",
    "sticky.lua, shop.example.com, /, big",
    "sticky.lua, old.example.com, /, live1 live2",
    "sticky.lua, gone.example.com, /, 410 this site has moved away",
    "sticky.lua, blog.example.com, /, live2",
    "sticky.lua, badexample.com, /, 404 no such site",
    "balancer.lua, WWW.example.com:80, /, live1",
    "balancer.lua, joebuty.example.com, /, live3",
    "machine.lua, Site.example:80, /, uwsgi:unix:/run/sites/site.example.sock",
    "sockets.lua, Site.example:80, /, unix:/run/sites/site.example.sock",
    "openresty.lua, www.example.com, /, 10.0.0.14:80",
    "openresty.lua, a.example, /, 10.0.0.11:80",
    "openresty.lua, joebuty.example.com, /, 10.0.0.14:80",
  })
  void answers(String file, String host, String path, String expected) throws Exception {
    assertEquals(expected, answer(chooser(file).decide(Configs.get(host, path))));
  }

  @Test
  void statesSpreadTheHostsOfWhatIsNotUp() throws Exception {
    Chooser chooser = chooser("states.lua");
    Set<String> takers = new TreeSet<>();
    int[] taken = new int[6];
    for (int i = 0; i < 3000; i++) {
      Decision decision = chooser.decide(Configs.get("site" + i + ".example"));
      String chosen = Objects.requireNonNull(decision.chosen()).name();
      if (decision.passedOver().isEmpty()) {
        assertEquals(chosen, answer(decision));
      } else {
        takers.add(answer(decision));
        taken[answer(decision).equals("live3") ? 3 : 1]++;
      }
    }
    assertEquals(Set.of("live1", "live3"), takers);
    assertTrue(taken[3] > 1.7 * taken[1] && taken[3] < 2.3 * taken[1], taken[1] + " " + taken[3]);
  }

  @Test
  void aSiteWithoutSocketIsStarted() throws Exception {
    Chooser chooser = chooser("sockets.lua");
    RequestSnapshot request = Configs.get("site.example");
    String address = "unix:/run/sites/site.example.sock";
    assertEquals(
        "starter",
        answer(
            Objects.requireNonNull(
                chooser.afterFailure(request, new Failure(null, address, "missing", 1)))));
    assertEquals(null, chooser.afterFailure(request, new Failure(null, address, "timeout", 1)));
  }
}
