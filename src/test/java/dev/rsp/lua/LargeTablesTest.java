// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Constructors with more constants than a function of LuaJ may have. */
@Timeout(120)
final class LargeTablesTest {
  /** More than the 262,143 constants that LuaJ allows in a function. */
  private static final int MANY = 300_000;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String fields(String separator, IntFunction<String> field) {
    return IntStream.range(0, MANY).mapToObj(field).collect(Collectors.joining(separator));
  }

  /** The text that the file sets as a global {@code result}. */
  private static String run(String lua) throws ScriptException {
    return String.valueOf(Program.compile("f.lua", bytes(lua)).run().globals().get("result"));
  }

  @Test
  void aListKeepsItsOrderAndItsLength() throws ScriptException {
    String list = "local l = {\n" + fields(",\n", i -> "\"h" + i + "\"") + "\n}\n";
    assertEquals(
        MANY + " h0 h60000 h" + (MANY - 1),
        run(list + "result = #l .. ' ' .. l[1] .. ' ' .. l[60001] .. ' ' .. l[#l]"));
  }

  @Test
  void aTableWithKeysHasEachOfThem() throws ScriptException {
    String table =
        "local t = { -- 'hosts'\n"
            + fields("; --[[ } ]]\n", i -> (i % 2 == 0 ? "['h" + i + "'] = " : "h" + i + "=") + i)
            + ";}\n";
    assertEquals(
        "0 60001 " + (MANY - 1),
        run(table + "result = t.h0 .. ' ' .. t.h60001 .. ' ' .. t['h' .. " + (MANY - 1) + "]"));
  }

  @Test
  void asTheArgumentOfACallItIsTheSame() throws ScriptException {
    String list = fields(",", i -> "'" + i + "'");
    assertEquals(
        String.valueOf(MANY),
        run("local function count(t) return #t end result = count{" + list + "}"));
    assertEquals(
        String.valueOf(2 * MANY),
        run(
            "local function f(t) return function(u) return #t + #u end end result = f{"
                + list
                + "} --[==[ ]] ]==] {"
                + list
                + "}"));
  }

  @Test
  void linesKeepTheirNumbers() {
    String list = "local l = {\n" + fields(",\n", i -> "\"h" + i + "\"") + "\n}\n";
    ScriptException wrong =
        assertThrows(
            ScriptException.class, () -> Program.compile("f.lua", bytes(list + "x = = 1")));
    assertTrue(wrong.message().startsWith("f.lua:" + (MANY + 3) + ": "), wrong.message());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'a',f(),",
        "{'a' .. 'b',",
        "{nil,",
        "{{},",
        "{['a'] = x,",
        "{1e+5,",
        "'{' ",
        "--{\n",
        "[[{]] ",
      })
  void whatIsNoConstantOrNoConstructorIsLeftAlone(String begin) {
    byte[] source = bytes("x = " + begin + fields(",", i -> "'h" + i + "'") + "}");
    assertSame(source, LargeTables.divided(source, 0));
  }

  @Test
  void aConstructorWithFewFieldsOrOfBothKindsIsLeftAlone() {
    byte[] few = bytes("x = {" + "'a',".repeat(1000) + "} -- " + "x".repeat(1 << 20));
    assertSame(few, LargeTables.divided(few, 0));
    byte[] mixed = bytes("x = {a=1," + fields(",", i -> "'h" + i + "'") + "}");
    assertSame(mixed, LargeTables.divided(mixed, 0));
  }

  @Test
  void aStatementForEachIsRefusedWithARemedy() {
    String lua = "local t = {}\n" + fields("\n", i -> "t['h" + i + "'] = 1");
    ScriptException refused =
        assertThrows(ScriptException.class, () -> Program.compile("f.lua", bytes(lua)));
    assertTrue(
        refused.message().contains("more than 262143 constants in one function (expected: "),
        refused.message());
  }

  /** The counts of long lists look like instructions: 517 like one that reads an upvalue. */
  @Test
  void aLongListInAFunctionIsNoProblemForWhatReadsItsCode() throws ScriptException {
    String list =
        IntStream.range(0, 60_000).mapToObj(i -> "'h" + i + "'").collect(Collectors.joining(","));
    Program program =
        Program.compile(
            "f.lua", bytes("local function f() return {" + list + "} end result = #f() weight=1"));
    assertEquals(false, program.readsWeights());
    assertEquals("60000", String.valueOf(program.run().globals().get("result")));
    ScriptException failed =
        assertThrows(
            ScriptException.class,
            () ->
                Program.compile(
                        "f.lua",
                        bytes(
                            "local function f(a) local l = {" + list + "} return a.b.c end f({})"))
                    .run());
    assertTrue(failed.message().contains("f.lua:1: attempt to index "), failed.message());
  }
}
