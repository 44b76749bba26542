// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.config.Config;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectorCheckTest {
  @TempDir private Path directory;

  @Test
  void passesWhereTheFileDoesWhatItSays() throws Exception {
    TestReport report =
        run(
            """
            function select(request)
              if request.host == "nobody.example" then return nil, "gone" end
              if request.path:find("^/inner/") then return "live2" end
              return #request.host % 3 + 1
            end
            test("places", function()
              expect("aaa", 1)
              expect("AAA:80", "live1")
              expect("aaaa.", "live2")
              expect("aaa/inner/x", 2)
              expect_same("a.b", "aaa")
              expect_refused("nobody.example")
            end)
            """);
    assertEquals(0, report.failed(), report::text);
    assertTrue(
        report.text().contains("ok    " + directory + "/backends.lua:12: places\n"), report::text);
    assertTrue(report.text().endsWith("5 passed, 0 failed\n"), report::text);
  }

  @Test
  void saysWhatIsOtherwiseAndWhere() throws Exception {
    TestReport report =
        run(
            """
            function select(request)
              if request.host == "bad.example" then error("no") end
              return 1
            end
            test("wrong", function()
              expect("a", "live2")
              expect("a", 9)
              expect("a..b", 1)
              expect("bad.example", 1)
              expect_refused("a")
              expect_refused("bad.example")
              expect_same("a", "bad.example")
            end)
            test("empty", function() end)
            """);
    List<String> failures = report.results().get(0).failures();
    assertEquals(
        List.of(
            "backends.lua:12: a goes to live1 (expected: live2)",
            "backends.lua:13: there is no slot 9 (expected: 1 to 3)",
            "backends.lua:14: a..b is no valid host (expected: a host, optionally followed by a path)",
            "backends.lua:15: bad.example fails: backends.lua:8: no (expected: live1)",
            "backends.lua:16: a goes to live1 (expected: refused)",
            "backends.lua:17: bad.example fails: backends.lua:8: no (expected: refused)",
            "backends.lua:18: a goes to live1, and bad.example fails: backends.lua:8: no (expected:"
                + " the same)"),
        failures.stream().map(line -> line.replace(directory + "/", "")).toList());
    assertEquals(
        "backends.lua:20: the test has no expectations",
        report.results().get(1).failures().get(0).replace(directory + "/", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "return hash.python(request.host, #backends)      |",
        "if request.host == 'site3.example' then return nil, 'x' end return 1 | every host that is",
        "if request.host == 'a.example' then error('x') end return 1 | every host that is",
        "return math.random(3)                            | asked again",
        "n = (n or 0) + 1 return n % 3 + 1                | asked again",
        "for i = 1, 60000 do end return 1                 | less than half",
      })
  void triesWhatShouldBeTrueOfEveryFile(String body, String failing) throws Exception {
    TestReport report = run("function select(request) " + body + " end\n");
    List<String> failed =
        report.results().stream()
            .filter(result -> !result.passed())
            .map(TestReport.Result::title)
            .toList();
    if (failing == null) {
      assertEquals(List.of(), failed);
    } else {
      assertTrue(failed.stream().anyMatch(title -> title.contains(failing)), report::text);
    }
  }

  @Test
  void aHostThatATestExpectsToHaveASlotIsOneThatIsServed() throws Exception {
    TestReport report =
        run(
            """
            function select(request) return nil, "closed" end
            test("t", function() expect("www.example.org", 1) end)
            """);
    assertTrue(
        report.results().get(1).failures().stream().anyMatch(f -> f.contains("www.example.org")),
        report::text);
  }

  private TestReport run(String lua) throws Exception {
    Config config = Configs.load(directory, "backends.lua", Configs.lua(3, lua));
    return SelectorCheck.run(config, config.program(), Configs.hosts(10));
  }
}
