// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.chosen;
import static dev.rsp.lua.Scripts.failed;
import static dev.rsp.lua.Scripts.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a script does, it affects only one request and takes a bounded time. */
final class BudgetTest {
  /** Large, because the machine may be busy: an idle one takes milliseconds. */
  private static final Duration SOON = Duration.ofMinutes(1);

  private static final Clock STILL = new Clock(() -> 0, () -> 0);
  private static final String LONG_OR_SHORT =
      "function select(r) for i = 1, r.host == 'long' and 10000 or 1 do end return 1 end";

  /** Bodies of {@code select}; {@code big} is a string of 50,000 bytes made while loading. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        // plain loops and recursion
        "while true do end",
        "repeat until false",
        "for i = 1, math.huge do end",
        "for i = 1, 0, 0 do end while true do end",
        "goto again ::again:: goto again",
        "::again:: goto again",
        "local function f() return f() end return f()",
        "local function f() return 1 + f() end return f()",
        "local function f() f() f() end f()",
        // attempts to catch the end
        "while true do pcall(function() while true do end end) end",
        "while true do pcall(error) end",
        "local function f() return pcall(f) end while true do f() end",
        "local function f() pcall(f) pcall(f) end f()",
        "xpcall(function() while true do end end, function() while true do end end)",
        "while true do xpcall(error, function() return 1 end) end",
        "local function f(e) return xpcall(error, f) end while true do f() end",
        "return select(2, pcall(string.rep, 'x', 1e9))",
        "pcall(string.rep, 'x', 1e9) return 1",
        "local f = function() while true do end end pcall(f) return 1",
        "pcall(pcall, pcall, pcall, function() while true do end end) return 1",
        "pcall(setmetatable({}, {__call = function() while true do end end})) return 1",
        // metamethods and callbacks
        "local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
        "local t = setmetatable({}, {}) getmetatable(t).__call = t return t()",
        "local t = setmetatable({}, {__index = function(t, k) return t[k] end}) return t.x",
        "local t = setmetatable({}, {__newindex = function(t, k, v) t[k] = v end}) t.x = 1",
        "local t = setmetatable({}, {__tostring = tostring}) return tostring(t)",
        "local t = setmetatable({}, {__concat = function(a, b) return a .. b end}) return t .. t",
        "local t = setmetatable({}, {__len = function(t) return #t end}) return #t",
        "local t = setmetatable({}, {__eq = function(a, b) return a == b end}) "
            + "return t == setmetatable({}, getmetatable(t))",
        "local t = setmetatable({}, {__lt = function(a, b) return a < b end}) return t < t",
        "local t = setmetatable({}, {__pairs = pairs}) for k in pairs(t) do end",
        "table.sort({3, 1, 2}, function() while true do end end)",
        "('x'):gsub('x', function() while true do end end)",
        "for _ in function() return 1 end do end",
        // strings that grow
        "local s = 'x' for i = 1, 40 do s = s .. s end",
        "local s = 'x' while true do s = s .. s end",
        "local s = 'x' while true do s = s .. s .. s .. s end",
        "local s = '' while true do s = s .. big end",
        "return ('x'):rep(1e9)",
        "return ('x'):rep(2^31 - 1, 'y')",
        "return ('x'):rep(1e300)",
        "return big:rep(1e6)",
        "while true do local s = big:rep(10) end",
        "while true do local s = big:upper() end",
        "while true do local s = big:reverse() end",
        "while true do local s = ('%s%s'):format(big, big) end",
        "while true do local s = ('%99d'):format(1) end",
        "while true do local s = ('%.99f'):format(1e308) end",
        "while true do local a, b = big:byte(1, -1) end",
        "while true do local s = string.char(big:byte(1, 5000)) end",
        "while true do local s = big:sub(2) end",
        "while true do local s = big:gsub('x', 'yyyyyyyyyyyyyyyyyyyyyyy') end",
        "local t = {} for i = 1, 1000 do t[i] = big end return table.concat(t)",
        "local t = {big, big, big} while true do local s = table.concat(t, big) end",
        "return table.concat({}, 'x', 1, 2^31 - 1)",
        "while true do local n = tonumber(digits) end",
        "while true do local n = digits + 1 end",
        "while true do local b = big == big2 end",
        "while true do local b = big < big2 end",
        "local t = {[big] = 1} while true do local b = t[big2] end",
        "while true do local i = hash.python(big, 7) end",
        "while true do error(big) end",
        "while true do pcall(error, big) end",
        "while true do local h = request:header(big) end",
        // tables that grow
        "local t = {} while true do t[#t + 1] = 1 end",
        "local t = {} while true do t[{}] = 1 end",
        "local t = {} while true do t = {t} end",
        "local t = {} while true do table.insert(t, 1, 1) end",
        "local t = {} for i = 1, 2e4 do t[i] = i end while true do table.remove(t, 1) end",
        "local t = {} while true do rawset(t, #t + 1, 1) end",
        "while true do local t = table.pack(unpack(numbers, 1, 5000)) end",
        "while true do local t = {unpack(numbers, 1, 5000)} end",
        "while true do local t = function() end end",
        "while true do table.sort(numbers) end",
        "while true do table.sort(numbers, function() return true end) end",
        "while true do for k, v in pairs(numbers) do end end",
        "while true do for k, v in ipairs(numbers) do end end",
        "return unpack({}, 1, 1e9)",
        "return unpack({}, -2^31, 2^31 - 1)",
        "local function f(...) return f(1, ...) end return f()",
        "local function f(...) local a = ... return f(unpack(numbers, 1, 5000)) end return f()",
        "while true do local n = select('#', unpack(numbers, 1, 8000)) end",
        "while true do local n = math.max(unpack(numbers, 1, 8000)) end",
        // patterns with backtracking
        "return (('a'):rep(30)):match(('a?'):rep(30) .. ('a'):rep(30))",
        "return big:match('(x*)*y')",
        "return big:match('.-.-.-.-b')",
        "return big:match('x*x*x*x*b')",
        "return big:find('x*b')",
        "return big:gsub('x-b', '')",
        "for _ in big:gmatch('x-x-x-b') do end",
        "return ('('):rep(50000):match('%b()')",
        "while true do big:find(big2, 1, true) end",
        "while true do big:find('y', 1, true) end",
        "return big:match('(' .. big .. ')*y')",
        "return big:match('[' .. big .. ']*y')",
        "return big:match('(.*)(.*)(.*)%1%2%3y')",
        "return big:match('%f[' .. big .. ']y')",
        "return (('a'):rep(5000)):match(('a?'):rep(30) .. ('a'):rep(30) .. 'b')",
        "return (('a'):rep(5000)):match('^(a*)(a*)(a*)(a*)(a*)b$')",
        "return (('ab'):rep(5000)):gsub('.-.-.-c', '%0%0')",
        "return ('%s'):rep(30000):format(unpack(numbers, 1, 8000))",
        "return (('x'):rep(5000)):gsub('x', ('y'):rep(5000))",
        // errors and their formatting
        "error(setmetatable({}, {__tostring = function() while true do end end}), 0)",
        "return tostring(setmetatable({}, {__tostring = function() while true do end end}))",
        "log('info', setmetatable({}, {__tostring = function() while true do end end}))",
        "while true do pcall(error, setmetatable({}, {__tostring = error})) end",
        "local function f() error({f}) end while true do pcall(f) end",
        "return setmetatable({}, {__index = function() while true do end end})",
        // rsp's own functions
        "while true do canonical_host(big) end",
        "while true do canonical_host(request.host) end",
        "while true do pcall(exists, '/etc/x') end",
        "while true do pcall(exists, big) end",
        "while true do log('debug', big) end",
        "while true do pcall(log, big, 1) end",
        "while true do pcall(host_from_path, big, {on = big}) end",
        "while true do pcall(refuse, 1) end",
        "while true do local b = request.original_host end",
      })
  void whatNeverEndsCostsOneRequest(String body) {
    // The clock does not advance: instructions and bytes alone must end each of these.
    var script =
        Scripts.run(
            "big = ('x'):rep(50000) big2 = ('x'):rep(49999) .. 'y' digits = ('1'):rep(50000) "
                + "numbers = {} for i = 1, 20000 do numbers[i] = (i * 7919) % 20011 end "
                + "function select(request) if request.host == 'good' then return 1 end "
                + "do "
                + body
                + " end end",
            STILL);

    String message = assertTimeout(SOON, () -> failed(script.select(request("bad"))));
    assertTrue(message.startsWith("backends.lua:"), message);
    assertTrue(message.length() < 400, message);
    chosen(script.select(request("good")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "while true do end",
        "pcall(function() while true do end end) x = 1",
        "local function f() return 1 + f() end f()",
        "local s = 'x' for i = 1, 40 do s = s .. s end",
        "local s = 'x' while true do s = s .. 'x' end",
        "local t = {} while true do t[#t + 1] = {} end",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local t = {} local k = 0 while true do k = k + 1 t['k' .. k] = k end",
        "local t = {} while true do t = setmetatable({}, {__newindex = t}) t.x = 1 end",
        "local x = ('x'):rep(1e5):match('.-.-.-.-b')",
        "local function f(...) return f(1, ...) end f()",
        "while true do pcall(error, 'x') end",
      })
  void aFileThatNeverEndsIsRefused(String source) {
    String message = assertTimeout(SOON, () -> Scripts.failureOf(source));
    assertTrue(message.startsWith("1: "), message);
  }

  @Test
  void theMessageSaysWhatRanOutAndWhere() {
    var script =
        Scripts.run(
            "function select(r)\n  if r.host == 'a' then\n    while true do end\n  end\n"
                + "  return ('x'):rep(1e8)\nend");

    assertEquals(
        "backends.lua:3: the script ran too many instructions",
        failed(script.select(request("a"))));
    assertEquals(
        "backends.lua:5: the script used too much memory", failed(script.select(request("b"))));
  }

  /** The limit is 10 ms of processor time. */
  @Test
  void theClockIsTheLastResort() {
    // Each check advances the clock by 1 ms, of which this much is processor time.
    var share = new AtomicLong(1_000);
    var script = serving(LONG_OR_SHORT, ticking(1_000_000, share));
    chosen(script.select(request("long")));
    share.set(20_000_000);
    assertEquals(
        "backends.lua:1: the script took too long", failed(script.select(request("long"))));
    chosen(script.select(request("short")));
    // Time in which the processor ran other processes does not count.
    share.set(0);
    chosen(script.select(request("long")));
  }

  /** 10,000 iterations cause 40 clock checks: 80 ms. */
  @Test
  void onlyAScriptThatServesNobodyYetMayTakeLonger() {
    Clock clock = ticking(2_000_000, new AtomicLong(2_000_000));
    chosen(Scripts.run(LONG_OR_SHORT, clock).select(request("long")));
    assertEquals(
        "backends.lua:1: the script took too long",
        failed(serving(LONG_OR_SHORT, clock).select(request("long"))));
  }

  private static Script serving(String source, Clock clock) {
    Script script = Scripts.run(source, clock);
    script.startServing();
    return script;
  }

  private static Clock ticking(long wallNanos, AtomicLong processorNanos) {
    var wall = new AtomicLong();
    var processor = new AtomicLong();
    return new Clock(
        () -> wall.addAndGet(wallNanos), () -> processor.addAndGet(processorNanos.get()));
  }

  @Test
  void theBudgetIsForEachRequest() {
    var script =
        Scripts.run("function select() local n = 0 for i = 1, 20000 do n = n + 1 end return n end");

    for (int i = 0; i < 20; i++) {
      chosen(script.select(request("a")));
    }
  }

  /** A realistic case: a hash of the longest host in plain Lua, byte by byte. */
  @Test
  void hashingTheLongestHostInLuaFitsWell() {
    var script =
        Scripts.run(
            "function select(r) local x = 0 for n = 1, 10 do for i = 1, #r.host do "
                + "x = bit32.bxor(x * 31 % 2^32, r.host:byte(i)) end end return x % 7 + 1 end");

    chosen(script.select(request("a".repeat(253))));
  }

  @Test
  void aTableOfAllSitesLoads() {
    var script =
        Scripts.run(
            "sites = {} for i = 1, 100000 do sites['site' .. i .. '.example.com'] = i % 7 end");

    assertEquals(1, script.globals().size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "digits + 1",
        "-digits",
        "math.floor(digits)",
        "math.max(1, digits)",
        "bit.tobit(digits)",
        "bit32.band(1, digits)",
        "tonumber(digits)",
        "(function() for i = digits, 1 do end end)()",
        "(function() for i = 1, digits do end end)()",
        "(function() for i = 1, 0, digits do end end)()",
      })
  void readingDigitsCostsByLength(String expression) {
    var script =
        Scripts.run(
            "digits = ('0'):rep(50000) .. '1'\n"
                + ("function select() local x = " + expression + " return 1 end"));
    chosen(script.select(request("a")));
    assertTrue(script.lastInstructions() > 50_000 / 16, script.lastInstructions() + "");
  }

  @Test
  void comparingRawCostsByLength() {
    var script =
        Scripts.run(
            "a = ('a'):rep(50000) b = a:reverse()\n"
                + "function select() return rawequal(a, b) and 1 or 2 end");
    script.select(request("a"));
    assertTrue(script.lastInstructions() > 50_000 / 16, script.lastInstructions() + "");
  }
}
