// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.chosen;
import static dev.rsp.lua.Scripts.failed;
import static dev.rsp.lua.Scripts.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.ref.WeakReference;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.luaj.vm2.LuaString;
import org.luaj.vm2.LuaTable;
import org.luaj.vm2.LuaValue;

/**
 * What a script does that takes long is charged by the work, and what it keeps is counted by what
 * it holds.
 */
@Timeout(60)
final class HostileScriptTest {
  private static final Clock STILL = new Clock(() -> 0, () -> 0);

  /** A loop has 1 MiB, the JVM's default, and some calls of its own below those of a script. */
  private static final int STACK_BYTES = 768 << 10;

  /** About 50 ns of work for one instruction. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // keys of 50,000 bytes
        "rawget(t, big) | 3000",
        "rawset(t, big, nil) | 3000",
        "next({[big] = 1}, big) | 6000",
        "t[big] = nil | 3000",
        // digits
        "for i = 1, 100 do ('%.0f'):format(1e308) end | 50000",
        "for i = 1, 100 do ('%.99f'):format(1e-308) end | 50000",
        "for i = 1, 100 do ('%g'):format(1e-308) end | 50000",
        "for i = 1, 100 do ('%e'):format(1e308) end | 50000",
        "('%.0f'):rep(100):format(unpack(large)) | 50000",
        // tables
        "next(emptied) | 10000",
        "next(emptied_list) | 10000",
        "pairs(emptied)(emptied) | 10000",
        "table.insert(list, 1, 0) | 40000",
        "table.remove(list, 1) | 40000",
        "unpack(list, 1, 8000) | 8000",
        "for i = 1, 100 do local x = chain.x end | 35000",
        "for i = 1, 100 do written.x = 1 end | 35000",
        // functions and registers
        "for i = 1, 100 do closures() end | 25000",
        "for i = 1, 1000 do locals() end | 15000",
        "for i = 1, 1000 do nils() end | 12000",
        // patterns and strings
        "big:gsub('', '') | 50000",
        "for _ in big:sub(1, 1000):gmatch('') do end | 4000",
        "for i = 1, 100 do concatenated() end | 10000",
        "big:rep(10) | 30000",
        "big:upper() | 3000",
        "big:reverse() | 3000",
        "big:sub(2) | 3000",
        "local x = big < big2 | 6000",
        "local x = big .. big | 6000",
        "table.concat({big, big}) | 6000",
        "table.sort({unpack(list, 1, 5000)}) | 60000",
      })
  void workIsChargedByItsAmount(String statement, long least) {
    String names = names(200);
    String file =
        """
        big = ('x'):rep(50000) big2 = ('x'):rep(49999) .. 'y' t = {[big] = 1}
        large = {} for i = 1, 100 do large[i] = 1e308 end
        emptied = {} for i = 1, 100000 do emptied['k' .. i] = 1 end
        for i = 1, 100000 do emptied['k' .. i] = nil end
        emptied_list = {} for i = 1, 100000 do emptied_list[i] = 1 end
        for i = 1, 100000 do emptied_list[i] = nil end
        list = {} for i = 1, 20000 do list[i] = (i * 7919) % 20011 end
        chain = {} for i = 1, 95 do chain = setmetatable({}, {__index = chain}) end
        written = {} for i = 1, 95 do written = setmetatable({}, {__newindex = written}) end
        rawset(written, 'x', 1)
        function nils() local NAMES end
        function locals() do return end local NAMES end
        function closures() local FIFTY return function() return FIFTY end end
        function concatenated() local s = '' return SSS end
        function select()
          STATEMENT
          return 1
        end
        """
            .replace("NAMES", names)
            .replace("FIFTY", names(50))
            .replace(
                "SSS", IntStream.range(0, 100).mapToObj(i -> "s").collect(Collectors.joining("..")))
            .replace("STATEMENT", statement);
    Script script = Scripts.run(file, STILL);
    Selection selection = script.select(request("a"));
    if (selection instanceof Selection.Failed failed) {
      assertTrue(failed.message().contains("too many instructions"), failed::message);
    }
    assertTrue(script.lastInstructions() >= least, script.lastInstructions() + " instructions");
  }

  private static String names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "v" + i).collect(Collectors.joining(", "));
  }

  /** A loop of library functions has few instructions of its own. */
  @Test
  void theClockIsCheckedByTheWork() {
    var checks = new AtomicLong();
    Script script =
        Scripts.run(
            "big = ('x'):rep(50000) t = {}\n"
                + "function select() for i = 1, 25 do rawget(t, big) end return 1 end",
            new Clock(checks::incrementAndGet, () -> 0));
    checks.set(0);
    chosen(script.select(request("a")));
    assertTrue(checks.get() >= 25, "checks: " + checks);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "local t = setmetatable({}, {__call = pcall}) return t()",
        "local t = setmetatable({}, {__call = pcall}) return pcall(t, t, t)",
        "local t = setmetatable({}, {__call = xpcall}) return t(t)",
        "local t = setmetatable({}, {__tostring = tostring}) return tostring(t)",
        "local t = setmetatable({}, {__tostring = tostring}) return ('%s'):format(t)",
        "local t = setmetatable({}, {}) getmetatable(t).__tostring = function() return tostring(t) end"
            + " return tostring(t)",
        "local t = setmetatable({}, {__pairs = pairs}) for k in pairs(t) do end",
        "local function f(a, b) table.sort({1, 2, 3}, f) return a < b end table.sort({1, 2}, f)",
        "local function f() return (('x'):gsub('x', f)) end return f()",
        "local function f() return xpcall(error, f) end return f()",
        "local function f() return (pcall(f)) end return f()",
        "local function f() local a = pcall(f) return a end return f()",
        "local t = setmetatable({}, {}) getmetatable(t).__call = function(...) return pcall(...) end"
            + " return t()",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
        "local t = setmetatable({}, {__lt = function(a, b) return a < b end}) table.sort({t, t, t})",
        "local t = setmetatable({}, {__concat = function(a, b) return a .. b end}) return t .. t",
      })
  void recursionEndsWithinTheStackOfAThread(String body) throws Exception {
    Script script =
        Scripts.run(
            "function select(request) if request.host == 'good' then return 1 end " + body + " end",
            STILL);
    var task = new FutureTask<>(() -> script.select(request("bad")));
    new Thread(null, task, "small stack", STACK_BYTES).start();
    String message = failed(task.get());
    assertFalse(message.contains("too deeply"), message);
    chosen(script.select(request("good")));
  }

  @Test
  void aTableThatIsItsOwnCallIsNotCalled() {
    assertEquals(
        "backends.lua:1: attempt to call local 't' (a table value)",
        failed(
            Scripts.select(
                "local t = setmetatable({}, {}) getmetatable(t).__call = t return t()")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "big:sub(1, -2)",
        "big:sub(1, -2):sub(2):sub(2, -3)",
        "big:sub(-40, -2)",
        "big:match('x+')",
        "big:match('^.(.*).$')",
        "big:gmatch('x(x+)')()",
        "(big:gsub('x$', ''))",
        "(big:sub(2):gsub('nothing', ''))",
        "select(3, big:find('(x+)'))",
        "(big:gsub('x', '%0', 1))",
        "big:rep(1)",
        "('%s'):format(big)",
        "table.concat({big, 'y'})",
        "big .. 'y'",
        "big .. 'y' .. 1",
        "tostring(big)",
      })
  void aPartOfATextKeepsNothingOfTheRest(String expression) {
    LuaValue result =
        Scripts.run("big = ('x'):rep(50000) result = " + expression).globals().get("result");
    LuaString text = assertInstanceOf(LuaString.class, result);
    assertEquals(text.m_length, text.m_bytes.length);
  }

  /** Each request keeps some 100 kB more than the one before. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "kept[#kept + 1] = ('x'):rep(1e5)",
        "kept[#kept + 1] = ('x'):rep(2e5):sub(1, 100001)",
        "kept[#kept + 1] = ('x'):rep(1e5):gmatch('x')",
        "kept[#kept + 1] = ('x'):gmatch(('x'):rep(1e5))",
        "for i = 1, 500 do kept[#kept + 1] = {{}} end",
        "for i = 1, 500 do n = n + 1 kept['k' .. n] = n end",
        "for i = 1, 500 do n = n + 1 kept['k' .. n] = n % 2 == 0 and n or nil end",
        "local s = ('x'):rep(1e5) kept[#kept + 1] = function() return s end",
        "kept = {kept, ('x'):rep(1e5)}",
        "for i = 1, 20 do local FIFTY = 1 kept[#kept + 1] = function() return FIFTY end end",
        "kept[('x'):rep(1e5) .. #kept] = 1 kept[#kept + 1] = 1",
        "kept[#kept + 1] = setmetatable({}, {x = ('x'):rep(1e5)})",
      })
  void whatAScriptKeepsIsCounted(String statement) {
    Script script =
        Scripts.run(
            ("kept = {} n = 0\nfunction select() " + statement + " return 1 end")
                .replace("FIFTY", names(50)),
            STILL);
    int requests = 0;
    Selection selection;
    do {
      assertTrue(++requests < 1_000, "kept without end");
      selection = script.select(request("a"));
    } while (selection instanceof Selection.Chosen);
    assertEquals(
        "backends.lua: the script kept too much memory between requests and was restarted",
        failed(selection));
  }

  @Test
  void placesOfRemovedEntriesAreCounted() {
    Script script =
        Scripts.run(
            "t = {} for i = 1, 100000 do t['k' .. i] = 1 end for i = 1, 100000 do t['k' .. i] = nil"
                + " end");
    assertTrue(Footprint.bytes(globals(script)) > 100_000 * 32);
  }

  /** A call is not followed by the measurement of all tables. */
  @Test
  void aMeasurementIsDoneInPortions() {
    Script script =
        Scripts.run(
            "t = {} for i = 1, 50000 do t['key ' .. i] = 'value ' .. i end s = {{}, {{}}, 'x'}");
    LuaTable globals = globals(script);
    Footprint measurement = Footprint.begin(globals);
    int portions = 1;
    while (!measurement.advance(1_000)) {
      portions++;
    }
    assertTrue(portions >= 150, "portions: " + portions);
    assertEquals(Footprint.bytes(globals), measurement.bytes());
  }

  /** Each call that keeps little is followed by a small part of the measurement. */
  @Test
  void noSingleRequestWaitsForAMeasurement() {
    var globals = new ScriptTable(0, 0);
    for (int i = 0; i < 300_000; i++) {
      globals.rawset("k" + i, LuaValue.TRUE);
    }
    var retained = new RetainedMemory(globals, 0);
    for (int i = 0; i < 5; i++) {
      assertFalse(retained.exceededAfter(1 << 20));
    }
    int requests = 0;
    while (!retained.exceededAfter(0)) {
      requests++;
    }
    assertTrue(requests >= 20, "requests: " + requests);
  }

  @Test
  void aTableMayChangeWhileItIsMeasured() {
    var globals = new ScriptTable(0, 0);
    var table = new ScriptTable(1, 0);
    globals.rawset("t", table);
    for (int i = 0; i < 10_000; i++) {
      table.rawset("k" + i, LuaValue.valueOf(i));
    }
    Footprint measurement = Footprint.begin(globals);
    for (int i = 0; !measurement.advance(100); i++) {
      table.rawset("k" + i * 100, LuaValue.NIL);
      table.rawset(i + 1, LuaValue.TRUE);
      table.rawset("new" + i, LuaValue.valueOf("new"));
    }
    assertTrue(measurement.bytes() > 10_000 * 64);
  }

  @Test
  void aRequestThatAScriptKeepsIsReleased() throws InterruptedException {
    Script script = Scripts.run("function select(r) kept = r return 1 end");
    WeakReference<RequestView> view = selectOnce(script);
    for (int i = 0; i < 100 && view.get() != null; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertNull(view.get());
    assertNotNull(script.globals().get("kept"));
  }

  private static WeakReference<RequestView> selectOnce(Script script) {
    RequestView request = request("www.example.com");
    chosen(script.select(request));
    return new WeakReference<>(request);
  }

  /** Each copy goes on by itself, although the function looks like one of the library. */
  @Test
  void copiesDoNotShareTheStateOfAMatch() {
    Script script =
        Scripts.run(
            "local words = ('1 2 3'):gmatch('%d') box = {words}\n"
                + "function select() return tonumber(box[1]()) end");
    script.share();
    Script one = script.copy();
    Script other = script.copy();
    assertEquals(chosen(one.select(request("a"))), chosen(other.select(request("a"))));
    assertEquals(chosen(one.select(request("a"))), chosen(other.select(request("a"))));
  }

  private static LuaTable globals(Script script) {
    var globals = new ScriptTable(0, 0);
    script.globals().forEach(globals::rawset);
    return globals;
  }
}
