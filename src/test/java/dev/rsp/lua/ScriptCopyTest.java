// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ScriptCopyTest {
  private static final String LARGE =
      "local t = {} for i = 1, 1000 do t['h' .. i] = { i % 7 + 1 } end ";

  private static Selection ask(Script script) {
    return script.select(Scripts.request("www.example.com"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "local n = math.random(1000000) function select() return 'h' .. n end",
        "local n = tostring({}) function select() return n end",
        "local n = tostring(_G) .. tostring(math) function select() return n end",
        "local n = '' for k in pairs({ [{}] = 'a', [{}] = 'b', [{}] = 'c', [{}] = 'd', [{}] = 'e' }) do"
            + " n = n .. tostring(k) end function select() return n end",
        "local t = {} for i = 1, 9 do t[function() end] = i end local n = ''"
            + " for _, v in pairs(t) do n = n .. v end function select() return 'h' .. n end"
      })
  void copiesAndLaterRunsAnswerAlikeWhateverHappenedWhileLoading(String source)
      throws ScriptException {
    Program program = Scripts.compile(source);
    Selection first = ask(program.copy());
    Scripts.chosen(first);
    assertEquals(first, ask(program.copy()));
    assertEquals(first, ask(program.run()), "loaded apart");
    assertEquals(first, ask(Scripts.compile(source).copy()), "compiled apart");
  }

  @Test
  void copiesShareLargeTables() throws ScriptException {
    Program program = Scripts.compile(LARGE + "function select() return t.h5[1] end");
    assertEquals(new Selection.Choice.Index(6), choice(program.copy()));
    assertTrue(program.copyBytes() < 50_000, "bytes of a copy: " + program.copyBytes());
  }

  /** A table of three entries takes some 380 bytes, and a function some 70. */
  @Test
  void theEstimateOfACopyIsAboutWhatItTakes() throws ScriptException {
    Program program =
        Scripts.compile(
            "t = {} for i = 1, 1000 do t[i] = {a = 1, b = 2, c = function() end} end"
                + " function select() return 1 end");
    assertEquals(new Selection.Choice.Index(1), choice(program.copy()));
    assertTrue(program.copyBytes() > 380_000, "bytes of a copy: " + program.copyBytes());
    assertTrue(program.copyBytes() < 800_000, "bytes of a copy: " + program.copyBytes());
  }

  @Test
  void aCopyThatChangesASharedTableGetsItsOwn() throws ScriptException {
    Program program =
        Scripts.compile(LARGE + "function select() t.h5[1] = t.h5[1] + 1 return t.h5[1] end");
    Script one = program.copy();
    Script other = program.copy();
    assertEquals(new Selection.Choice.Index(7), choice(one));
    assertEquals(new Selection.Choice.Index(8), choice(one));
    assertEquals(new Selection.Choice.Index(7), choice(other));
    assertEquals(new Selection.Choice.Index(7), choice(program.copy()), "a later copy");
    assertTrue(one.keepsState());
  }

  /** On an event loop, which must not stop while some hundred thousand entries are copied. */
  @Test
  void whileItServesTheCopyOfALargeTableIsMadeByAnotherThread() throws Exception {
    Program program =
        Scripts.compile(
            "t = {} for i = 1, 50000 do t[i] = {i} end u = {x = t[7]} local calls = 0"
                + " function select() calls = calls + 1 t[7][1] = t[7][1] + 1"
                + " return 'c' .. u.x[1] .. '-' .. calls end");
    Script one = program.copy();
    Script other = program.copy();
    one.startServing();
    other.startServing();
    assertEquals(
        new Selection.Refused(503, "the selection script copies its tables", false), ask(one));
    Selection answer = ask(one);
    for (int i = 0; i < 2000 && answer instanceof Selection.Refused; i++) {
      Thread.sleep(5);
      answer = ask(one);
    }
    // The calls that were refused have counted; the change of the table is made once.
    assertTrue(
        Scripts.chosen(answer).choices().get(0).toString().contains("c8-"), answer::toString);
    assertTrue(Scripts.chosen(ask(one)).choices().get(0).toString().contains("c9-"));
    assertTrue(ask(other) instanceof Selection.Refused, "the other has its own");
  }

  @Test
  void aScriptCannotCatchItsChangeOfASharedTable() throws ScriptException {
    Script script =
        Scripts.compile(
                LARGE
                    + "function select() pcall(function() table.insert(t.h5, 3) end) return #t.h5 end")
            .copy();
    assertEquals(new Selection.Choice.Index(2), choice(script));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "local n = 0 local _ = ('abc'):gsub('.', function() n = n + 1 end) return n",
        "local n = 0 local function f() n = n + 1 local function g() n = n + 1 end g() end f() return n",
        "local function each(t) local i = 0 return function() i = i + 1 return t[i] end end"
            + " local s = 0 for v in each({ 1, 1 }) do s = s + v end return s",
        "local all = {} for i = 1, 200 do all[i] = { i } end for i = 1, 200 do all[i][1] = 2 end return 2",
        "local t = table.pack(3, 2, 1) table.sort(t, function(a, b) return a < b end)"
            + " table.insert(t, 4) table.remove(t, 1) return t[1]",
        "local t = setmetatable({}, { __newindex = function(s, k, v) rawset(s, k, v) end })"
            + " t.x = 2 return t.x",
        "local t = {} pcall(function(...) t.n = select('#', ...) end, 1, 2) return 2",
        "local n = 0 local function f(i) n = n + 1 if i > 0 then f(i - 1) end end f(5) return n"
      })
  void whatEndsWithTheCallIsNotState(String body) {
    Script script =
        Scripts.run(
            "function choose() "
                + body
                + " end"
                + " local c = choose local s = select function select(r, ...)"
                + " if r == '#' then return s(r, ...) end return c() end");
    Selection.Chosen chosen = Scripts.chosen(ask(script));
    assertFalse(script.keepsState(), script.firstStateChange());
    assertTrue(chosen.hostOnly());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "local n = 0 function select() n = n + 1 return 1 end",
        "local n = 0 local function up() n = n + 1 end function select() up() return 1 end",
        "local n = 0 function select() local f = function() n = n + 1 end f() return 1 end",
        "local t = {} function select() local u = t u.x = 1 return 1 end",
        "local t = {} local function set(u) u.x = 1 end function select() set(t) return 1 end",
        "local t = {} function select() local u = setmetatable({}, { __newindex = t }) u.x = 1 return 1 end",
        "local t = {} function select() setmetatable(t, {}) return 1 end",
        "local t = {} function select() table.insert(t, 1) return 1 end",
        "local t = { 2, 1 } function select() table.sort(t) return 1 end",
        "local f function select() if not f then local n = 0 f = function() n = n + 1 end end"
            + " f() return 1 end",
        "function select() math.randomseed(1) return 1 end",
        "function select() string.x = 1 return 1 end"
      })
  void whatOutlivesTheCallIsState(String source) throws ScriptException {
    for (Script script : new Script[] {Scripts.run(source), Scripts.compile(source).copy()}) {
      assertFalse(Scripts.chosen(ask(script)).hostOnly());
      assertTrue(script.keepsState());
    }
  }

  private static Selection.Choice choice(Script script) {
    return Scripts.chosen(ask(script)).choices().get(0);
  }
}
