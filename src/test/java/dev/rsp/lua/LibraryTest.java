// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.eval;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The library does what the reference manual of Lua 5.2 says. */
final class LibraryTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        // basic functions
        "type(nil) => nil",
        "type(1) => number",
        "type(type) => function",
        "tostring(nil) => nil",
        "tostring(1.5) => 1.5",
        "tostring(true) => true",
        "tostring(setmetatable({}, {__tostring = function() return 'me' end})) => me",
        "tonumber('10') => 10",
        "tonumber(' 0x10 ') => 16",
        "tonumber('1e2') => 100",
        "tonumber('abc') => nil",
        "tonumber('') => nil",
        "tonumber({}) => nil",
        "tonumber('ff', 16) => 255",
        "tonumber('zz', 36) => 1295",
        "tonumber('8', 8) => nil",
        "select('#') => 0",
        "select('#', 1, nil) => 2",
        "select(2, 'a', 'b', 'c') => b",
        "select(-1, 'a', 'b') => b",
        "select(9, 'a') => nil",
        "rawequal('a', 'a') => true",
        "rawlen({1, 2}) => 2",
        "rawlen('abc') => 3",
        "rawget(setmetatable({}, {__index = {x = 1}}), 'x') => nil",
        "unpack({1, 2, 3}, 2) => 2",
        "unpack({1, 2, 3}, 2, 1) => nil",
        "next({}) => nil",
        "next({7}) => 1",
        "assert(5) => 5",
        "pcall(error) => false",
        "select(2, pcall(error)) => nil",
        "select(2, pcall(error, 'x', 0)) => x",
        "select(2, pcall(error, 'x', 0)) => x",
        "select(2, pcall(error, {7}))[1] => 7",
        "select(2, pcall(error, '\\255', 0)):byte() => 255",
        "select(2, pcall(function() error('x') end)) => backends.lua:1: x",
        "select(2, pcall(function() return nil + 1 end)):sub(1, 15) => backends.lua:1:",
        "select(2, pcall(function() local x = nil; x() end)):sub(1, 15) => backends.lua:1:",
        "select('#', pcall(function() return 1, nil, nil end)) => 4",
        "select(2, xpcall(error, function(e) return e .. '!' end, 'x', 0)) => x!",
        "xpcall(function(a) return a end, error, 1) => true",
        "select(2, xpcall(function(a) return a end, error, 1)) => 1",
        // strings
        "('hello'):len() => 5",
        "('hello'):sub(2, 3) => el",
        "('hello'):sub(-3) => llo",
        "('hello'):sub(-100, 2) => he",
        "('hello'):sub(3, 2) => ",
        "('hello'):sub(2^40) => ",
        "('hello'):sub(0) => hello",
        "('hello'):sub(2, -2) => ell",
        "('hello'):byte() => 104",
        "('hello'):byte(-1) => 111",
        "('hello'):byte(9) => nil",
        "select('#', ('hello'):byte(1, -1)) => 5",
        "string.char(104, 105) => hi",
        "string.char() => ",
        "('ab'):rep(3) => ababab",
        "('ab'):rep(3, '-') => ab-ab-ab",
        "('ab'):rep(0) => ",
        "('ab'):rep(-1) => ",
        "(''):rep(1e9) => ",
        "('abc'):reverse() => cba",
        "('aBc1'):upper() => ABC1",
        "('aBc1'):lower() => abc1",
        "(5):rep => error",
        "string.rep(5, 2) => 55",
        // format
        "('%d'):format(42) => 42",
        "('%5d|'):format(42) =>    42|",
        "('%-5d|'):format(42) => 42   |",
        "('%05d'):format(-42) => -0042",
        "('%+d'):format(42) => +42",
        "('% d'):format(42) =>  42",
        "('%.3d'):format(7) => 007",
        "('%d'):format(2^53) => 9007199254740992",
        "('%i'):format('12') => 12",
        "('%x'):format(255) => ff",
        "('%#X'):format(255) => 0XFF",
        "('%o'):format(8) => 10",
        "('%u'):format(8) => 8",
        "('%c%c'):format(104, 105) => hi",
        "('%s'):format('x') => x",
        "('%5s|%-5s|'):format('x', 'y') =>     x|y    |",
        "('%.2s'):format('hello') => he",
        "('%s'):format(nil) => nil",
        "('%s'):format(true) => true",
        "('%%'):format() => %",
        "('%f'):format(1.5) => 1.500000",
        "('%.2f'):format(2.345) => 2.35",
        "('%.0f'):format(0.5) => 0",
        "('%8.2f|'):format(-1.5) =>    -1.50|",
        "('%08.2f|'):format(-1.5) => -0001.50|",
        "('%e'):format(12345.678) => 1.234568e+04",
        "('%.0e'):format(15000) => 2e+04",
        "('%e'):format(0) => 0.000000e+00",
        "('%E'):format(1e-10) => 1.000000E-10",
        "('%.3e'):format(1e300) => 1.000e+300",
        "('%g'):format(100000) => 100000",
        "('%g'):format(1000000) => 1e+06",
        "('%g'):format(0.0001) => 0.0001",
        "('%g'):format(0.00001) => 1e-05",
        "('%g'):format(3.14159265) => 3.14159",
        "('%.14g'):format(0.1) => 0.1",
        "('%.3g'):format(999.9) => 1e+03",
        "('%g'):format(0) => 0",
        "('%f'):format(1/0) => inf",
        "('%F'):format(-1/0) => -INF",
        "('%5.1f|'):format(0/0):gsub('-', ' ') =>   nan|",
        "('%q'):format('a\\n\"b\\\\') => \"a\\\n\\\"b\\\\\"",
        // tables
        "table.concat({1, 2, 'x'}, ', ') => 1, 2, x",
        "table.concat({}) => ",
        "table.concat({1, 2, 3}, '-', 2, 3) => 2-3",
        "table.concat({1, {}}) => error",
        "#table.pack(1, 2) => 2",
        "table.pack(1, nil).n => 2",
        "table.remove({1, 2, 3}) => 3",
        "table.remove({1, 2, 3}, 1) => 1",
        "table.remove({}) => nil",
        "table.remove({1}, 2) => nil",
        "table.remove({1}, 3) => error",
        "done(function(t) table.insert(t, 'x') end) => c a b x",
        "done(function(t) table.insert(t, 1, 'x') end) => x c a b",
        "done(function(t) table.insert(t, 4, 'x') end) => c a b x",
        "done(function(t) table.insert(t, 5, 'x') end) => error",
        "done(function(t) table.insert(t, 1, 'x', 2) end) => error",
        "done(function(t) table.remove(t, 2) end) => c b",
        "done(table.sort) => a b c",
        "done(function(t) table.sort(t, function(a, b) return a > b end) end) => c b a",
        "done(function(t) t[2] = 1 table.sort(t) end) => error",
        "done(function(t) table.sort(t, 1) end) => error",
        "done(function(t) t[3] = nil t[2] = nil t[1] = nil t[3] = 'z' t[2] = 'y' t[1] = 'x' end)"
            + " => x y z",
        "done(function(t) for i = 9, 1, -1 do t[i] = 10 - i end table.sort(t) end)"
            + " => 1 2 3 4 5 6 7 8 9",
        // numbers
        "math.floor(-1.5) => -2",
        "math.ceil(1.2) => 2",
        "math.max(1, 5, 3) => 5",
        "math.min(4, 2) => 2",
        "math.abs(-3) => 3",
        "math.fmod(7, 3) => 1",
        "math.sqrt(16) => 4",
        "2^10 => 1024",
        "math.huge > 2^1000 => true",
        "-7 % 5 => 3",
        "math.random(1) => 1",
        "math.random(5, 5) => 5",
        "math.random(0) => error",
        "math.random(2, 1) => error",
        "math.ldexp(1, 10) => 1024",
        "math.frexp(0) => 0",
        "bit32.band(0xff, 0x0f) => 15",
        "bit32.bxor(1, 3) => 2",
        "bit32.lshift(1, 4) => 16",
        "bit32.bnot(0) => 4294967295",
        // hash
        "hash.python('a', 7) => 5",
        "hash.python('www.obeythetestinggoat.com', 7) => 2",
        "hash.python('', 7) => 1",
        "hash.python(12, 1) => 1",
        "hash.python('a', 7.0) => 5",
        "hash.python('a', '7') => 5",
        "hash.python(request, 7) => error",
        "hash.python() => error",
        "hash.python('a') => error",
        "hash.python('a', 0) => error",
        "hash.python('a', -1) => error",
        "hash.python('a', 1.5) => error",
        "hash.python('a', 0/0) => error",
        "hash.python('a', 2^31) => error",
      })
  void gives(String row) {
    String[] parts = row.split(" => ", 2);
    String helper =
        "function done(change) local t = {'c', 'a', 'b'} change(t) return table.concat(t, ' ') end ";
    if (parts[1].equals("error")) {
      assertTrue(Scripts.failureOf(helper + "x = " + parts[0]).startsWith("1: "), row);
      return;
    }
    assertEquals(
        parts[1],
        eval("nil " + helper + " result = tostring((" + parts[0] + "))").tojstring(),
        parts[0]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "string.rep() => bad argument #1 to 'rep' (string expected, got no value)",
        "('x'):rep({}) => bad argument #2 to 'rep' (number expected, got table)",
        "setmetatable({}) => bad argument #2 to 'setmetatable' (value expected)",
        "setmetatable({}, 1) => bad argument #2 to 'setmetatable' (nil or table expected)",
        "('%d'):format('x') => bad argument #2 to 'format' (number expected, got string)",
        "('%y'):format(1) => invalid option '%y' to 'format'",
        "('%'):format(1) => invalid option '%?' to 'format'",
        "('%100d'):format(1) => invalid format (width or precision too long)",
        "('%.100f'):format(1) => invalid format (width or precision too long)",
        "hash.python('a', 1.5) => bad argument #2 to 'python' (whole number from 1 expected, got 1.5)",
        "ipairs() => bad argument #1 to 'ipairs' (value expected)",
        "tonumber('1', 99) => bad argument #2 to 'tonumber' (base out of range)",
        "string.char(256) => bad argument #1 to 'char' (value out of range)",
        "rawset({}, nil, 1) => bad argument #2 to 'rawset' (an index must be neither nil nor NaN)",
      })
  void saysWhatIsWrongWithAnArgument(String row) {
    String[] parts = row.split(" => ", 2);
    assertEquals("1: " + parts[1], Scripts.failureOf("x = " + parts[0]));
  }
}
