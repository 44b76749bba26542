// SPDX-License-Identifier: Apache-2.0
package dev.rsp.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.config.Config;
import dev.rsp.config.ConfigException;
import dev.rsp.journal.SeenHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

@Timeout(60)
class SelectTrialTest {
  private static final List<SeenHost> SITES = Configs.hosts(20);

  @TempDir private Path directory;

  static Stream<Arguments> aSelectThatFailsForEachHostIsAProblem() {
    return Stream.of(
        arguments(
            "return request.hots",
            "8: request has no field 'hots' (expected: host, method, path, query, scheme, tls, client,"
                + " header or original_host)"),
        arguments("return ngx.var.host", "8: attempt to index global 'ngx' (a nil value)"),
        arguments("return #backends + 1", "7: select returned 4 (expected: 1 to 3)"),
        arguments(
            "return 'nob' .. 'ody'",
            "7: select returned \"nobody\" (expected: a slot's name or an address)"),
        arguments("error('no')", "8: no"),
        arguments(
            "return {}",
            "7: select returned an empty table (expected: a slot's index or name, an address, a"
                + " list of these, or nil and a reason)"));
  }

  @ParameterizedTest
  @MethodSource
  void aSelectThatFailsForEachHostIsAProblem(String body, String problem) {
    SelectTrial trial = trial(body, SITES);
    assertEquals(
        List.of(
            "new.lua:" + problem + "; select fails for each of 25 hosts, such as www.example.com"),
        shown(trial.problems()));
    assertEquals(List.of(), trial.warnings());
    assertEquals(
        trial.problems(), assertThrows(ConfigException.class, trial::throwIfProblem).problems());
  }

  @Test
  void aSelectThatFailsForSomeHostsGetsAWarningWithTheReasonAndAHost() throws Exception {
    SelectTrial trial =
        trial("if request.host == 'site7.example' then return nothing.here end return 1", SITES);
    trial.throwIfProblem();
    assertEquals(
        List.of(
            "new.lua:8: attempt to index global 'nothing' (a nil value); select fails for 1 of 25"
                + " hosts, such as site7.example"),
        shown(trial.warnings()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"local slot = 1", "return", "return nil", "return nil, ''", "return ({})[1]"})
  void aSelectThatReturnsNothingForEachHostGetsAWarning(String body) {
    SelectTrial trial = trial(body, SITES);
    assertEquals(List.of(), trial.problems());
    assertEquals(
        List.of(
            "new.lua:7: select returns nothing for each of 25 hosts, such as www.example.com, so"
                + " they get 503 (expected: a slot or an address, or nil and a reason)"),
        shown(trial.warnings()));
  }

  @Test
  void aSelectThatReturnsNothingForSomeHostsRefusesThem() {
    SelectTrial trial = trial("return ({ ['site7.example'] = 1 })[request.host]", SITES);
    assertEquals(List.of(), trial.problems());
    assertEquals(List.of(), trial.warnings());
  }

  @Test
  void aHostThatTheFileNamesIsTried() {
    assertEquals(
        List.of("new.lua:8: unknown; select fails for 5 of 6 hosts, such as www.example.com"),
        shown(
            trial(
                    "if request.host == 'only.sites.test' then return 1 end error('unknown')",
                    List.of())
                .warnings()));
  }

  @Test
  void manyReasonsAreCounted() {
    List<String> problems = shown(trial("error('no ' .. request.host)", SITES).problems());
    assertEquals(6, problems.size());
    assertEquals(
        "new.lua:8: no www.example.com; select fails for 1 of 25 hosts, such as www.example.com",
        problems.get(0));
    assertEquals("new.lua: and 20 more reasons", problems.get(5));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "return nil, 'closed'",
        "refuse(404, 'unknown')",
        "return hash.rendezvous(request.host)",
        "return '10.9.9.9:80'",
        "return { 2, 1 }",
        "count = (count or 0) + 1 return count % 3 + 1",
        "return math.random(3)",
      })
  void aSelectThatAnswersIsNeither(String body) {
    SelectTrial trial = trial(body, SITES);
    assertEquals(List.of(), trial.problems());
    assertEquals(List.of(), trial.warnings());
  }

  static Stream<String> whatDiffersBetweenRunsOfOtherLuasIsTheSameEachTimeTheFileIsLoaded() {
    String rotated = "function select(r) return (hash.python(r.host, 3) + start) % 3 + 1 end";
    return Stream.of(
        "local start = math.random(1000) " + rotated,
        "math.randomseed(7) local start = math.random(1000) " + rotated,
        """
        local t = {}
        for i = 1, 50 do t[{}] = i t["k" .. i] = i end
        t[true] = 1 t[false] = 2
        local start
        for k, v in pairs(t) do start = start or v end
        """
            + rotated,
        """
        local name = tostring({}) .. tostring(function() end)
        function select(r) return hash.python(r.host .. name, 3) end
        """);
  }

  @ParameterizedTest
  @MethodSource
  void whatDiffersBetweenRunsOfOtherLuasIsTheSameEachTimeTheFileIsLoaded(String lua) {
    SelectTrial trial =
        SelectTrial.of(Configs.load(directory, "new.lua", Configs.lua(3, lua)), SITES);
    assertEquals(List.of(), trial.problems());
  }

  @Test
  void aHostThatGetsAnotherSlotWhenTheFileIsLoadedAgainIsAProblem() {
    Config config = config("return request.host == 'site3.example' and 2 or 1");
    Config apart =
        Configs.load(
            directory,
            "apart.lua",
            Configs.lua(3, "function select(request) return { 1, 3 } end\n"));
    List<String> problems =
        shown(SelectTrial.of(config, SITES, apart::scriptLoadedApart).problems());
    assertEquals(6, problems.size());
    assertEquals(
        "new.lua:7: select sends www.example.com to live1, and to live1, live3 when the file is"
            + " loaded again (expected: the same slot each time)",
        problems.get(0));
    assertEquals("new.lua: and more hosts", problems.get(5));
  }

  @Test
  void aHostOnWhichOnlyTheSecondCopyFailsDiffersToo() {
    Config config = config("return 1");
    Config apart =
        Configs.load(
            directory,
            "apart.lua",
            Configs.lua(
                3,
                "function select(r) if r.host == 'site3.example' then error('x') end return 1"
                    + " end\n"));
    assertEquals(
        List.of(
            "new.lua:7: select sends site3.example to live1, and to (failed) when the file is"
                + " loaded again (expected: the same slot each time)"),
        shown(SelectTrial.of(config, SITES, apart::scriptLoadedApart).problems()));
  }

  @Test
  void theHostsOfTheJournalAreTried() throws Exception {
    Files.writeString(directory.resolve("hosts.journal"), "# rsp\nfrom.journal.test 7\n");
    Config config =
        Configs.load(
            directory,
            "new.lua",
            Configs.lua(
                3,
                "journal = 'hosts.journal'\nfunction select(request)\n"
                    + "if #request.host == #'from_journal_test' then error('no') end return 1 end"));
    assertEquals(
        List.of("new.lua:9: no; select fails for 1 of 7 hosts, such as from.journal.test"),
        shown(SelectTrial.of(config).warnings()));
  }

  @Test
  void aTrialWritesNoLogLinesOfTheScript() {
    Config config =
        Configs.load(
            directory,
            "new.lua",
            Configs.lua(
                3, "log('info', 'x')\nfunction select() log('error', 'chosen') return 1 end\n"));
    var logger = (Logger) LoggerFactory.getLogger("dev.rsp.script");
    var logged = new ListAppender<ILoggingEvent>();
    logged.start();
    logger.addAppender(logged);
    try {
      assertEquals(List.of(), SelectTrial.of(config, SITES).problems());
    } finally {
      logger.detachAppender(logged);
    }
    assertEquals(List.of(), logged.list);
  }

  @Test
  void aFileWithoutSelectIsNotTried() {
    Config config = Configs.load(directory, "new.lua", Configs.lua(3, ""));
    assertEquals(List.of(), SelectTrial.of(config).problems());
    assertEquals(List.of(), SelectTrial.of(config, SITES).warnings());
  }

  private SelectTrial trial(String body, List<SeenHost> served) {
    return SelectTrial.of(config(body), served);
  }

  private Config config(String body) {
    return Configs.load(
        directory, "new.lua", Configs.lua(3, "function select(request)\n" + body + "\nend\n"));
  }

  private List<String> shown(List<String> lines) {
    return lines.stream().map(line -> line.replace(directory + "/", "")).toList();
  }
}
