// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.chosen;
import static dev.rsp.lua.Scripts.eval;
import static dev.rsp.lua.Scripts.failureOf;
import static dev.rsp.lua.Scripts.request;
import static dev.rsp.lua.Scripts.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rsp.hash.PythonHash;
import dev.rsp.lua.Selection.Choice;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.luaj.vm2.LuaValue;

/** No script can access the system, the process or another script. */
final class SandboxTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "io",
        "os",
        "debug",
        "luajava",
        "package",
        "require",
        "module",
        "coroutine",
        "load",
        "loadstring",
        "loadfile",
        "dofile",
        "collectgarbage",
        "print",
        "getfenv",
        "setfenv",
        "string.dump",
        "request"
      })
  void leavesOut(String name) {
    assertTrue(eval(name).isnil(), name);
  }

  @Test
  void offersThisAndNoMore() {
    String names =
        eval("(function() local t = {} for k, v in pairs(_G) do t[#t + 1] = k end "
                + "table.sort(t) return table.concat(t, ' ') end)()")
            .tojstring();
    assertEquals(
        "_G _VERSION assert bit bit32 canonical_host error exists expect expect_refused expect_same"
            + " getmetatable hash host_from_path ipairs log math next pairs pcall rawequal rawget"
            + " rawlen rawset refuse select setmetatable string table test tonumber tostring type"
            + " unpack xpcall",
        names);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "getmetatable('').__index.rep = nil",
        "getmetatable('').x = 1",
        "setmetatable('', {})",
        "rawset(getmetatable(''), '__index', {})",
        "('x').rep = 1",
        "rawset('x', 'rep', 1)",
        "rawget('x', 'rep')",
      })
  void theMetatableOfStringsIsOutOfReach(String source) {
    failureOf(source);
    assertEquals("xxx", eval("('x'):rep(3)").tojstring());
  }

  @ParameterizedTest
  @ValueSource(strings = {"nil", "1", "true", "print", "function() end", "string.rep"})
  void otherValuesHaveNoMetatable(String value) {
    assertTrue(eval("getmetatable(" + value + ")").isnil());
    failureOf("setmetatable(" + value + ", {})");
  }

  @Test
  void overwritingTheLibraryHurtsOnlyTheScriptThatDoes() {
    var vandal =
        run(
            "for _, t in ipairs {string, math, table, bit, bit32, hash} do for k in pairs(t) do "
                + "t[k] = nil end end string, tostring, pairs = nil "
                + "function select() return pcall(function() return ('x'):rep(3) end) and 'xxx' or 'none' end");
    var other =
        run("function select(r) return string.rep('y', math.max(1, 2)) .. table.concat{'z'} end");

    assertEquals(List.of(new Choice.Text("yyz")), chosen(other.select(request("a"))).choices());
    assertEquals(List.of(new Choice.Text("none")), chosen(vandal.select(request("a"))).choices());
  }

  /** LuaJ's strings have one metatable in the whole process. */
  @Test
  void aMethodThatAScriptAddsToStringsIsItsOwn() {
    var adds =
        run(
            "function string.twice(s) return s .. s end string.upper = string.twice "
                + "function select() return ('x'):twice() .. ('y'):upper() end");
    var other = run("function select() return ('y'):upper() .. tostring(('x').twice) end");

    for (Script copy : List.of(adds, adds.copy())) {
      assertEquals(List.of(new Choice.Text("xxyy")), chosen(copy.select(request("a"))).choices());
    }
    assertEquals(List.of(new Choice.Text("Ynil")), chosen(other.select(request("a"))).choices());
  }

  @Test
  void aMethodThatACopyAddsIsNotInTheOthers() {
    var script =
        run(
            "function select(r) local had = tostring(('x').added) "
                + "if r.host == 'adds' then string.added = 'yes' end return had end");
    Script copy = script.copy();

    copy.select(request("adds"));

    assertEquals(List.of(new Choice.Text("yes")), chosen(copy.select(request("b"))).choices());
    assertEquals(List.of(new Choice.Text("nil")), chosen(script.select(request("b"))).choices());
  }

  @Test
  void methodsStayIfTheGlobalOfTheLibraryIsReplaced() {
    var script =
        run(
            "function string.twice(s) return s .. s end string = {}"
                + " function select() return ('x'):twice() end");

    for (Script copy : List.of(script, script.copy())) {
      assertEquals(List.of(new Choice.Text("xx")), chosen(copy.select(request("a"))).choices());
    }
  }

  /** LuaJ reads beyond the end of the second, and converts the others to numbers wrongly. */
  @ParameterizedTest
  @ValueSource(strings = {"-", "0x", " 0X ", "0x-5"})
  void whatIsNoNumberIsComputedWithByNobody(String text) {
    String arithmetic = "1: attempt to perform arithmetic on ";
    assertEquals(arithmetic + "a string value", failureOf("x = '" + text + "' + 1"));
    assertEquals(arithmetic + "a string value", failureOf("x = 1 - '" + text + "'"));
    assertEquals(
        arithmetic + "constant '" + text + "' (a string value)", failureOf("x = -'" + text + "'"));
    assertEquals("1: 'for' limit must be a number", failureOf("for i = 1, '" + text + "' do end"));
    assertEquals(arithmetic + "a string value", failureOf("x = ('0x5'):sub(1, 2) * 2"));
  }

  @Test
  void aProtectedMetatableStays() {
    String source = "t = setmetatable({}, {__metatable = 'mine'}) ";
    assertEquals(
        "mine", eval("getmetatable(setmetatable({}, {__metatable = 'mine'}))").tojstring());
    assertEquals(
        "1: cannot change a protected metatable", failureOf(source + "setmetatable(t, nil)"));
  }

  @Test
  void weakTablesAreRefused() {
    assertEquals(
        "1: weak tables are not supported", failureOf("t = setmetatable({}, {__mode = 'k'})"));
  }

  @Test
  void aFunctionOfAScriptDoesNotRunOutsideOfACall() {
    LuaValue function = run("function f() return 1 end").globals().getOrDefault("f", LuaValue.NIL);
    assertThrows(ExhaustedError.class, function::call);
  }

  @Test
  void oneProgramRunsOnManyThreadsAtOnce() throws Exception {
    var program =
        Scripts.compile(
            "local n = 0 function select(r) n = n + 1 local s = r.host:rep(10):upper() "
                + "if s:find('X%d+') then return nil, 'x' end "
                + "return {n, s:sub(1, 4) .. hash.python(r.host, 7)} end");
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        String host = "host" + t;
        tasks.add(() -> answersAreItsOwn(program.run(), host));
      }
      for (Future<Boolean> result : threads.invokeAll(tasks)) {
        assertTrue(result.get());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static boolean answersAreItsOwn(Script script, String host) {
    byte[] key = host.getBytes(StandardCharsets.US_ASCII);
    int index = PythonHash.index(key, 0, key.length, 7);
    for (int i = 1; i <= 500; i++) {
      List<Choice> expected = List.of(new Choice.Index(i), new Choice.Text("HOST" + index));
      assertEquals(expected, chosen(script.select(request(host))).choices());
    }
    return true;
  }

  @Test
  void whatAScriptKeepsIsBounded() {
    var script =
        run(
            "kept = {} function select() for i = 1, 500 do kept[#kept + 1] = {} end "
                + "return #kept end");
    int failures = 0;
    int largest = 0;
    for (int i = 0; i < 1000; i++) {
      Selection answer = script.select(request("a"));
      if (answer instanceof Selection.Failed failed) {
        failures++;
        assertEquals(
            "backends.lua: the script kept too much memory between requests and was restarted",
            failed.message());
      } else {
        largest = Math.max(largest, ((Choice.Index) chosen(answer).choices().get(0)).index());
      }
    }
    assertTrue(failures >= 2 && failures <= 6, failures + " failures");
    assertTrue(largest > 50_000 && largest < 200_000, largest + " tables");
  }

  @Test
  void aScriptThatForgetsMayGoOnForever() {
    var script =
        run(
            "last = {} function select(r) last[r.host] = ('x'):rep(10000) "
                + "for i = 1, 20 do last[i] = {} end return 1 end");
    for (int i = 0; i < 3000; i++) {
      assertFalse(chosen(script.select(request("a"))).hostOnly());
    }
  }

  /** Otherwise a result could be cached although the script changes the state it depends on. */
  @Test
  void aScriptThatWasStartedAfreshStillCountsAsOneThatKeepsState() {
    var script =
        run(
            "kept = {} function select(r) if r.host == 'grow' then "
                + "for i = 1, 500 do kept[#kept + 1] = {} end end return 1 end");
    boolean restarted = false;
    for (int i = 0; i < 1000 && !restarted; i++) {
      restarted = script.select(request("grow")) instanceof Selection.Failed;
    }
    assertTrue(restarted);
    assertFalse(chosen(script.select(request("a"))).hostOnly());
    assertTrue(script.keepsState());
    assertEquals("backends.lua:1", script.firstStateChange());
  }
}
