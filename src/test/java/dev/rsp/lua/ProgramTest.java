// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static dev.rsp.lua.Scripts.failureOf;
import static dev.rsp.lua.Scripts.run;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.luaj.vm2.LuaValue;

final class ProgramTest {
  @Test
  void assignmentsNeedNothingBetweenThem() {
    var script = run("listenPort=\"8000\"backendAddress=\"127.0.0.1\"backendPort=\"80\"");

    assertEquals(Set.of("listenPort", "backendAddress", "backendPort"), script.globals().keySet());
    assertEquals(LuaValue.valueOf("80"), script.globals().get("backendPort"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "-- nothing", "#!/usr/bin/rsp", "#", "\ufeff", "\ufeff#!x\n"})
  void aFileWithNothingInItIsFine(String source) {
    assertEquals(Set.of(), run(source).globals().keySet());
  }

  @ParameterizedTest
  @ValueSource(strings = {"#!/usr/bin/rsp\nx = = 1", "# anything\r\nx = = 1", "\ufeff#\nx = = 1"})
  void aSkippedFirstLineStillCounts(String source) {
    assertTrue(failureOf(source).startsWith("2: "), failureOf(source));
  }

  static Stream<Arguments> aLimitOfTheCompilerIsNamedWithItsLine() {
    String locals = "more than 200 local variables are in scope, those of the functions around";
    return Stream.of(
        Arguments.of(numbered("local a%d = 1\n", 201), "201: " + locals),
        Arguments.of(numbered("local function f%d() end\n", 201), "201: " + locals),
        Arguments.of(
            numbered("local a%d\n", 150) + "function f()\n" + numbered("local b%d\n", 51) + "end",
            "203: " + locals),
        Arguments.of(
            "\nfunction f(p" + numbered(", p%d", 201) + ") end",
            "2: more than 200 local variables"));
  }

  @ParameterizedTest
  @MethodSource
  void aLimitOfTheCompilerIsNamedWithItsLine(String source, String message) {
    String failure = failureOf(source);
    assertTrue(failure.startsWith(message), failure);
  }

  private static String numbered(String format, int times) {
    return IntStream.range(0, times)
        .mapToObj(i -> format.replace("%d", Integer.toString(i)))
        .collect(Collectors.joining());
  }

  /** LuaJ's compiler accepts all of them except those with two points or half an exponent. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0x", "0X", "0x.", "0x1p", "0x1p+", "0xp1", "0x1..2", "0x1.2.3", "0x1p1p1", "0x1pa",
        "0x.p1", ".0x5", "1f", "1d", "1e5f", "1D", ".5d", "1.f", "3..2", "3.2.1", ".5.", "3e", "3e+"
      })
  void aNumberThatLuaRefusesIsRefusedWithItsLine(String numeral) {
    String refusal = "2: malformed number near '" + numeral + "'";
    for (String use :
        List.of(
            "x = %s",
            "x = { 1, %s }",
            "function f() return -%s end",
            "x = [==[ ]] 0x ]=]\\] ]==] .. %s",
            "x = '\\'0x\\\\', %s",
            "x = \"'\\\"0x\", %s",
            "x = t1 and f0x1.f ~= 0 or %s",
            "x = ({})[ [[0x]] ] --[[ 0x ]] or --[=[x]] 0x ]=] %s -- 0x")) {
      assertEquals(refusal, failureOf("y = 1 -- 0x\n" + use.formatted(numeral)), use);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r", "\n\r"})
  void theLineOfAMalformedNumberIsCountedAsLuaDoes(String end) {
    String source = String.join(end, "x = 1", "-- 2", "", "y = 0x", "z = 1");
    assertEquals("4: malformed number near '0x'", failureOf(source));
  }

  @Test
  void aNumberThatLuaTakesIsTaken() {
    assertEquals(
        LuaValue.valueOf("0 255 10.5 0.5 1.25 6 0.5 100000 3 120 4 15.5"),
        run("x = table.concat({ 00, 0xFf, 10.5, .5, 0x1.4, 0x.6p4, 0x1p-1, 1E+5, 3., 1.2e2, "
                + "#'\\\"\\z\n  \\\n0x', 0xF.8 }, ' ')")
            .globals()
            .get("x"));
  }

  @Test
  void aNumberThatLuajWouldMisreadIsRefused() {
    assertEquals("2: number '0x1p+4' (expected: no + in its exponent)", failureOf("\nx = 0x1p+4"));
  }

  @Test
  void whatOnlyLooksLikeAMalformedNumberIsLeftAlone() {
    assertEquals(
        Set.of("a0x", "b", "e1f", "x"),
        run("a0x = '0x' e1f = \"3..2\" -- 1f\n--[[ 0x\n]] b = [[0x]] --[==[ ]] 0x ]==]\n"
                + "x = 1 ..a0x..[=[ ]]0x]=] .. 2 .. (function(...) return ... end)(5)--0x")
            .globals()
            .keySet());
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of("syntax", "x = 1\ny = = 2", "2: unexpected '='"),
        Arguments.of("two points", "x = 1\ny = 3..2\nz = 1", "2: malformed number near '3..2'"),
        Arguments.of("half a number", "x = 1\n\ny = 3e\n", "3: malformed number near '3e'"),
        Arguments.of("letters in a number", "\r\nx = 12ab", "2: malformed number near '12ab'"),
        Arguments.of("ends too early", "x = 1\ny = ", "2: unexpected '<eof>'"),
        Arguments.of("unfinished", "x = {1,\n2", "2: '}' expected"),
        Arguments.of("string", "x = 'a\n", "1: unfinished string"),
        Arguments.of(
            "field of nil", "x = 1\n\ny = z.a", "3: attempt to index global 'z' (a nil value)"),
        Arguments.of(
            "call of nil", "\nprint(1)", "2: attempt to call global 'print' (a nil value)"),
        Arguments.of("deep index", "a = {}\na.b.c = 1", "2: attempt to index field 'b' (a nil"),
        Arguments.of("local", "local a\na.b = 1", "2: attempt to index local 'a' (a nil value)"),
        Arguments.of(
            "method", "local s = 'x'\ns:nope()", "2: attempt to call method 'nope' (a nil"),
        Arguments.of("field", "math.foo()", "1: attempt to call field 'foo' (a nil value)"),
        Arguments.of(
            "outer", "local a\nfunction f() a() end\nf()", "2: attempt to call upvalue 'a' (a nil"),
        Arguments.of("no key", "t = {}\nt[nil] = 1", "2: table index is nil or NaN"),
        Arguments.of("arithmetic", "x = {} + 1", "1: attempt to perform arithmetic"),
        Arguments.of("raised", "\nerror('no such port')", "2: no such port"),
        Arguments.of("raised bare", "error('no such port', 0)", "1: no such port"),
        Arguments.of("of the caller", "function f()\nerror('x', 2)\nend\n\nf()", "5: x"),
        Arguments.of("a table", "error({})", "1: error object is a table value"),
        Arguments.of("nothing", "error()", "1: error object is a nil value"),
        Arguments.of("deep", "function f()\nlocal x = nil + 1\nend\nf()", "2: attempt to perf"),
        Arguments.of("in a library", "\nx = ('x'):rep({})", "2: bad argument #2 to 'rep'"),
        Arguments.of("assertion", "assert(false)", "1: assertion failed!"),
        Arguments.of("assertion with text", "assert(nil, 'gone')", "1: gone"),
        Arguments.of("tail call", "\nreturn error('x')", "2: x"),
        Arguments.of("tail call of LuaJ's", "\nreturn math.floor({})", "2: bad argument"),
        Arguments.of("control characters", "error('a\\r\\n\\27[31mb', 0)", "1: a???[31mb"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource
  void failures(String what, String source, String message) {
    String got = failureOf(source);
    assertTrue(got.startsWith(message), got);
  }

  @Test
  void compiledChunksAreRefused() {
    assertEquals("0: the file is compiled Lua (expected: source text)", failureOf("\033LuaR\0\1"));
    assertEquals("0: the file is compiled Lua (expected: source text)", failureOf("\ufeff\033Lua"));
  }

  static Stream<Arguments> deep() {
    int n = 100_000;
    return Stream.of(
        Arguments.of("parentheses", "x = " + "(".repeat(n) + "1" + ")".repeat(n)),
        Arguments.of("tables", "x = " + "{".repeat(n) + "}".repeat(n)),
        Arguments.of("unary", "x = " + "- ".repeat(n) + "1"),
        Arguments.of("not", "x = " + "not ".repeat(n) + "1"),
        Arguments.of("right-associative", "x = 'a'" + " .. 'a'".repeat(n)),
        Arguments.of("power", "x = 1" + "^1".repeat(n)),
        Arguments.of("functions", "x = " + "function() return ".repeat(n) + "1" + " end".repeat(n)),
        Arguments.of("blocks", "do ".repeat(n) + "end ".repeat(n)),
        Arguments.of("conditions", "if 1 then ".repeat(n) + "end ".repeat(n)),
        Arguments.of("alternatives", "if 1 then " + "else if 1 then ".repeat(n)),
        Arguments.of("calls", "x = f" + "(f".repeat(n) + ")".repeat(n)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("deep")
  void whatIsNestedTooDeeplyIsRefused(String what, String source) {
    assertThrows(ScriptException.class, () -> Scripts.compile(source).run());
  }

  @Test
  void longFilesAreFine() {
    String source = "t = {}\n" + "t[#t + 1] = 'site.example.com'\n".repeat(20_000);
    assertEquals(20_000, run(source).globals().getOrDefault("t", LuaValue.NIL).rawlen());

    String list = "t = {" + "'site.example.com', ".repeat(20_000) + "}";
    assertEquals(20_000, run(list).globals().getOrDefault("t", LuaValue.NIL).rawlen());
  }

  @Test
  void stringsAreTheBytesOfTheFile() {
    LuaValue value = Scripts.eval("'\u00e9\u20ac'");

    assertEquals(5, value.rawlen());
    assertEquals("\u00e9\u20ac", value.tojstring());
  }

  /** The compiler's time is quadratic in the length of such an expression. */
  @Test
  void compilingEndsWhenItTakesTooLong() {
    var millis = new AtomicLong();
    var clock = new Clock(() -> 0, () -> millis.addAndGet(100) * 1_000_000);
    byte[] source = ("\nx = y" + " and y".repeat(100_000)).getBytes(StandardCharsets.UTF_8);
    var e = assertThrows(ScriptException.class, () -> Program.compile("f", source, clock));
    assertEquals("compiling takes too long", e.getMessage());
    assertEquals(2, e.line());
    assertEquals(10_200, millis.get(), "it ended at once");
  }

  @Test
  void theNameMayContainAnything() throws ScriptException {
    var program =
        Program.compile(
            "/etc/r.s+p/[a](b)$:7.lua", "x=1\nerror('y')".getBytes(StandardCharsets.UTF_8));
    var e = assertThrows(ScriptException.class, program::run);
    assertEquals("y", e.getMessage());
    assertEquals(2, e.line());
  }

  @Test
  void eachRunHasGlobalsOfItsOwn() throws ScriptException {
    var program =
        Scripts.compile("n = 0; function select() n = n + 1; string.rep = nil; return n end");
    var one = program.run();
    var other = program.run();

    one.select(Scripts.request("a"));
    one.select(Scripts.request("a"));

    assertEquals(LuaValue.valueOf(2), one.globals().get("n"));
    assertEquals(LuaValue.valueOf(0), other.globals().get("n"));
  }
}
