// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.luaj.vm2.LuaValue;

/**
 * The results of C Lua 5.2, in lua52.txt, and those that differ on purpose, in
 * lua52-differences.txt. Each line is {@code code --> result}; the results of the first file are
 * the output of lua5.2.
 */
@Timeout(60)
final class Lua52Test {
  private static final String ARROW = " --> ";

  private static final String SHOW =
      "local function show(...) local t = {} for i = 1, select('#', ...) do"
          + " local v = select(i, ...) if type(v) == 'string' then"
          + " t[i] = \"'\" .. v:gsub('[^\\32-\\126]', function(c) return '\\\\' .. c:byte() end)"
          + " .. \"'\" elseif type(v) == 'table' or type(v) == 'function' then t[i] = type(v)"
          + " else t[i] = tostring(v) end end return table.concat(t, ', ') end"
          + " local function outcome(ok, ...) if ok then return show(...) end"
          + " return 'error ' .. show((...)) end ";

  @Test
  void scriptsGetTheResultsOfLua52() {
    List<String> rows = rows("lua52.txt");
    assertTrue(rows.size() > 500, "rows: " + rows.size());
    assertEquals("", wrong(rows));
  }

  @Test
  void otherResultsAreThoseOfTheListInTheDocumentation() {
    List<String> rows = rows("lua52-differences.txt");
    assertTrue(rows.size() > 10, "rows: " + rows.size());
    assertEquals("", wrong(rows));
  }

  private static String wrong(List<String> rows) {
    List<String> wrong = new ArrayList<>();
    for (String row : rows) {
      int arrow = row.lastIndexOf(ARROW);
      String code = row.substring(0, arrow);
      String expected = row.substring(arrow + ARROW.length());
      String actual = outcome(code);
      if (!actual.equals(expected)) {
        wrong.add(code + "\n  expected " + expected + "\n  but got  " + actual);
      }
    }
    return String.join("\n", wrong);
  }

  /** Runs an expression, or statements after {@code do}. */
  private static String outcome(String code) {
    String body = code.startsWith("do ") ? code.substring(3) : "return " + code;
    String source = SHOW + "result = outcome(pcall(function() " + body + " end))";
    try {
      Script script = Scripts.compile(source).run();
      return script.globals().getOrDefault("result", LuaValue.NIL).tojstring();
    } catch (ScriptException e) {
      return "fails " + e.getMessage();
    }
  }

  private static List<String> rows(String file) {
    try (InputStream stream = Lua52Test.class.getResourceAsStream(file)) {
      String text =
          new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.ISO_8859_1);
      return text.lines().filter(line -> line.contains(ARROW)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
