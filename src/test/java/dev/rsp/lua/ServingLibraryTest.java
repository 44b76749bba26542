// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.chosen;
import static dev.rsp.lua.Scripts.failed;
import static dev.rsp.lua.Scripts.request;
import static dev.rsp.lua.Scripts.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.rsp.lua.Selection.Choice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The functions that rsp adds to Lua for the selection of backends. */
final class ServingLibraryTest {
  private static final ScriptContext SETTING =
      new ScriptContext(
          List.of(
              new SlotView(1, "10.0.0.1:80", "10.0.0.1:80", 1, "up"),
              new SlotView(2, "b", "10.0.0.2:80", 3, "drain"),
              new SlotView(3, "c", null, 1, "spare")),
          List.of(),
          null);

  private static final String FILE =
      "backends = {'10.0.0.1:80', {name = 'b', address = '10.0.0.2:80', weight = 3,"
          + " state = 'drain'}, {name = 'c', state = 'spare'}} function select(request) ";

  @TempDir private Path directory;

  private static Selection select(String body) {
    Script script = run(FILE + body + " end");
    script.setContext(SETTING);
    return script.select(request("a.example"));
  }

  private Selection exists(String path) {
    Script script =
        run("function select(r) return exists('" + path + "') and 'there' or 'not' end");
    script.setContext(new ScriptContext(List.of(), List.of(directory.resolve("vassals")), null));
    return script.select(request("a"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "#backends|3",
        "backends[1]|10.0.0.1:80",
        "backends[2].name|b",
        "backends[2].address|10.0.0.2:80",
        "backends[2].weight|3",
        "backends[2].state|drain",
        "backends[2].index|2",
        "tostring(backends[3].address)|nil",
        "backends[3].weight|1",
        "tostring(backends[4])|nil",
        "type(backends)|table",
        "select_('#', unpack(backends))|3",
        "(function() local n = 0 for i, b in ipairs(backends) do n = n + i end return n end)()|6",
        "(function() local n = 0 for k in pairs(backends[2]) do n = n + 1 end return n end)()|5",
      })
  void backendsCanBeRead(String expression, String value) {
    Script script =
        run("local select_ = select " + FILE + "refuse(404, tostring(" + expression + ")) end");
    script.setContext(SETTING);
    Selection answer = script.select(request("a"));
    assertEquals(new Selection.Refused(404, value, true), answer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "backends[1] = 'x'",
        "backends[4] = 'x'",
        "backends.x = 1",
        "backends[2].address = 'x'",
        "backends[2].more = 'x'",
        "backends[2].state = nil",
        "rawset(backends, 1, 'x')",
        "rawset(backends[2], 'address', 'x')",
        "table.insert(backends, 'x')",
        "table.insert(backends, 1, 'x')",
        "table.remove(backends)",
        "table.remove(backends, 1)",
        "table.sort(backends, function() return false end)",
        "setmetatable(backends, {})",
        "setmetatable(backends[2], nil)",
      })
  void backendsCannotBeChanged(String change) {
    String message = failed(select(change + " return 1"));
    assertTrue(message.endsWith("cannot be changed"), message);
    Selection after = select("pcall(function() " + change + " end) return backends[2].address");
    assertEquals(List.of(new Choice.Text("10.0.0.2:80")), chosen(after).choices());
  }

  @Test
  void anEntryOfBackendsIsAnAnswer() {
    assertEquals(List.of(new Choice.Index(2)), chosen(select("return backends[2]")).choices());
    assertEquals(
        List.of(new Choice.Index(3), new Choice.Text("10.0.0.1:80")),
        chosen(select("return {backends[3], backends[1]}")).choices());
  }

  @ParameterizedTest
  @CsvSource({
    "WWW.Example.com.:80, www.example.com",
    "a, a",
    "[2001:DB8::0]:1, [2001:db8::]",
    "a..b, nil",
    "a b, nil",
    "'', nil",
    "a%2eb, nil",
  })
  void canonicalHostIsTheSameAsForRequests(String text, String host) {
    String answer = "refuse(404, tostring(canonical_host('" + text + "')))";
    assertEquals(new Selection.Refused(404, host, true), select(answer));
  }

  @Test
  void canonicalHostTakesAnyText() {
    assertEquals(
        new Selection.Refused(404, "nil nil", true),
        select(
            "refuse(404, tostring(canonical_host('\\255\\0')) .. ' '"
                + " .. tostring(canonical_host(('a'):rep(50000))))"));
  }

  @Test
  void existsLooksBelowTheDirectoriesThatAreAllowed() throws IOException {
    Path vassals = Files.createDirectories(directory.resolve("vassals/sub"));
    Files.writeString(vassals.resolve("a.ini"), "");
    Files.writeString(directory.resolve("secret"), "");
    Files.createSymbolicLink(directory.resolve("vassals/out"), directory.resolve("secret"));
    Files.createSymbolicLink(directory.resolve("vassals/up"), directory);
    Files.createSymbolicLink(directory.resolve("vassals/in"), vassals.resolve("a.ini"));
    String base = directory + "/vassals/";
    for (String there : List.of("sub", "sub/a.ini", "sub//a.ini", "in")) {
      assertEquals(
          List.of(new Choice.Text("there")), chosen(exists(base + there)).choices(), there);
    }
    for (String not : List.of("b.ini", "sub/b", "out", "up/secret", "sub/a.ini/x")) {
      assertEquals(List.of(new Choice.Text("not")), chosen(exists(base + not)).choices(), not);
    }
    assertFalse(chosen(exists(base + "sub")).hostOnly());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/passwd",
        "/",
        "",
        "a",
        "@",
        "@s",
        "@/../secret",
        "@/.",
        "@/./x",
        "@/x/..",
        "@/a\\0b",
        "@/a\\nb",
        "@/\\255",
      })
  void existsRefusesAllOtherPaths(String path) {
    String message = failed(exists(path.replace("@", directory + "/vassals")));
    assertTrue(message.contains("bad argument #1 to 'exists'"), message);
  }

  @Test
  void existsIsBounded() {
    Script script = run("function select(r) while true do exists('" + directory + "/x') end end");
    script.setContext(new ScriptContext(List.of(), List.of(directory), null));
    // It exceeds the instructions, or the time if file access is slow.
    String message = failed(script.select(request("a")));
    assertTrue(message.matches(".*the script (ran too many instructions|took too long)"), message);
    assertTrue(Scripts.failureOf("exists('/x')").contains("not while the file loads"));
    assertTrue(Scripts.failureOf("refuse(404)").contains("not while the file loads"));
  }

  @Test
  void logWritesOneSafeLineASecond() {
    var logger = (Logger) LoggerFactory.getLogger("dev.rsp.script");
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    logger.addAppender(lines);
    try {
      Script script =
          run("function select(r)\n log('warn', 'a\\nb\\27[1m' .. r.host) return 1 end");
      for (int i = 0; i < 50; i++) {
        assertTrue(chosen(script.select(request("h"))).hostOnly());
      }
    } finally {
      logger.detachAppender(lines);
    }
    // One more is possible if the machine pauses for a second.
    assertTrue(!lines.list.isEmpty() && lines.list.size() <= 3, lines.list.toString());
    ILoggingEvent line = lines.list.get(0);
    assertEquals("backends.lua:2: a?b?[1mh suppressed=0", line.getFormattedMessage());
    assertEquals(Level.WARN, line.getLevel());
    assertTrue(failed(select("log('loud', 'x')")).contains("\"debug\", \"info\""));
    assertTrue(failed(select("log('info')")).contains("value expected"));
  }
}
