// SPDX-License-Identifier: Apache-2.0
package dev.rsp.lua;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.luaj.vm2.LuaValue;

/** Patterns, as in Lua 5.2's reference manual, §6.4.1. */
final class PatternTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        // characters and classes
        "'hello', 'l+' => ll",
        "'hello', 'x' => nil",
        "'hello', '' => ",
        "'a.b', '%.' => .",
        "'abc123', '%a+' => abc",
        "'abc123', '%d+' => 123",
        "'abc123', '%D+' => abc",
        "'a b', '%s' =>  ",
        "'Hello', '%l+' => ello",
        "'hELLO', '%u+' => ELLO",
        "'a_1-b', '%w+' => a",
        "'xyz 0fF', '%x+' => 0fF",
        "'a+b', '%p' => +",
        "'a b', '%g+' => a",
        "'a\\0b', '%c' => \0",
        "'a\\0b', 'a%zb' => a\0b",
        "'\\233', '%a' => nil",
        "'\\233x', '[\\200-\\255]x' => \u00e9x",
        // sets
        "'foo-bar', '[a-z]+' => foo",
        "'foo-bar', '[^a-z]+' => -",
        "'foo-bar', '[a-z-]+' => foo-bar",
        "'a]b', '[]]' => ]",
        "'a]b', '[^]]+' => a",
        "'a-z', '[a%-z]+' => a-z",
        "'x^y', '[x^]+' => x^",
        "'a1 _', '[%w_]+' => a1",
        "'k%', '[%%]' => %",
        "'abc', '[b-]' => b",
        "'abc', '[c-a]' => nil",
        // repetition
        "'aaa', 'a*' => aaa",
        "'aaa', 'a-' => ",
        "'aaab', 'a-b' => aaab",
        "'color', 'colou?r' => color",
        "'colour', 'colou?r' => colour",
        "'<a><b>', '<.->' => <a>",
        "'<a><b>', '<.*>' => <a><b>",
        "'b', 'a+' => nil",
        "'aXb', 'a.b' => aXb",
        "'a*', 'a%*' => a*",
        // anchors
        "'hello', '^h' => h",
        "'hello', '^e' => nil",
        "'hello', 'o$' => o",
        "'hello', 'l$' => nil",
        "'a$b', 'a$b' => a$b",
        "'a^b', 'a^b' => a^b",
        "'hello', '^hello$' => hello",
        // captures
        "'key = value', '(%w+) = (%w+)' => key value",
        "'hello', '()ll()' => 3 5",
        "'hello', '((l)(l))' => ll l l",
        "'abcabc', '(abc)%1' => abc",
        "'abcabd', '(abc)%1' => nil",
        "'\"it\\'s\"', '([\"\\'])(.-)%1' => \" it's",
        "'www.example.com', '^(.-)%.(.*)$' => www example.com",
        // balance and frontier
        "'f(a(b)c)d', '%b()' => (a(b)c)",
        "'f(a(b', '%b()' => nil",
        "'|a|b', '%b||' => |a|",
        "'THE (quick) fox', '%f[%a]%a+%f[%A]' => THE",
        "'THE (quick) fox', '%f[%l]%a+' => quick",
        "'foo', '()%f[%z]' => 4",
        "'foo', 'foo%f[\\0]' => foo",
        // where to start
        "'hello hello', 'h.', 2 => he",
        "'hello', '^l', 3 => l",
        "'hello', 'l', -2 => l",
        "'hello', 'h', -100 => h",
        "'hello', '', 6 => ",
        "'hello', '', 7 => nil",
      })
  void match(String row) {
    check("match", row);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'hello', 'l' => 3 3",
        "'hello', 'l+' => 3 4",
        "'hello', '(l)(l)' => 3 4 l l",
        "'hello', 'xyz' => nil",
        "'hello', '' => 1 0",
        "'hello', '', 6 => 6 5",
        "'hello', '', 7 => nil",
        "'a.b', '.', 1, true => 2 2",
        "'a.b', '.', 3, true => nil",
        "'a+b', '+', 1, true => 2 2",
        "'aaab', 'aab' => 2 4",
        "'hello', '()' => 1 0 1",
        "'', '' => 1 0",
        "'', 'a' => nil",
      })
  void find(String row) {
    check("find", row);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'hello', 'l', 'L' => heLLo 2",
        "'hello', 'l', 'L', 1 => heLlo 1",
        "'hello', 'l', 'L', 0 => hello 0",
        "'hello', '', '-' => -h-e-l-l-o- 6",
        "'hello world', '(%w+)', '<%1>' => <hello> <world> 2",
        "'hello world', '%w+', '%0 %0', 1 => hello hello world 1",
        "'abc', '%w', '%%%0' => %a%b%c 3",
        "'hello', '^h', 'H' => Hello 1",
        "'hhh', '^h', 'H' => Hhh 1",
        "'abc', 'b*', 'x' => xaxxcx 4",
        "'$name is $age', '%$(%w+)', {name = 'x', age = 3} => x is 3 2",
        "'$name is', '%$(%w+)', {} => $name is 1",
        "'abc', '.', string.upper => ABC 3",
        "'abc', 'b', function() return false end => abc 1",
        "'abc', '(a)(b)', '%2%1' => bac 1",
        "'abc', '()b', '%1' => a2c 1",
      })
  void gsub(String row) {
    check("gsub", row);
  }

  @Test
  void gmatchWalksThroughAllMatches() {
    var script =
        Scripts.run(
            "local t = {} for k, v in ('a=1, b=2'):gmatch('(%w)=(%w)') do t[#t+1] = k .. v end "
                + "for w in ('xy'):gmatch('') do t[#t+1] = '|' end "
                + "result = table.concat(t, ' ')");
    assertEquals("a1 b2 | | |", script.globals().getOrDefault("result", LuaValue.NIL).tojstring());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'a', '%' => malformed pattern (ends with '%')",
        "'a', '[a' => malformed pattern (missing ']')",
        "'a', '[]' => malformed pattern (missing ']')",
        "'a', '[^' => malformed pattern (missing ']')",
        "'a', '[%' => malformed pattern (ends with '%')",
        "'a', '(a' => unfinished capture",
        "'a', 'a)' => invalid pattern capture",
        "'a', '%1' => invalid capture index",
        "'a', '(a%1)' => invalid capture index",
        "'a', '%b' => missing arguments to '%b'",
        "'a', '%bx' => missing arguments to '%b'",
        "'a', '%fa' => missing '[' after '%f'",
        "'a', ('()'):rep(33) => too many captures",
        "('a'):rep(300), ('a?'):rep(300) => pattern too complex",
        "nil, 'a' => bad argument #1 to 'match' (string expected, got nil)",
        "'a' => bad argument #2 to 'match' (string expected, got no value)",
      })
  void refuses(String row) {
    String[] parts = row.split(" => ", 2);
    String message = Scripts.failureOf("string.match(" + parts[0] + ")");
    assertTrue(message.contains(parts[1]), message);
  }

  private static void check(String function, String row) {
    String[] parts = row.split(" => ", 2);
    assertEquals(parts[1], joined("string." + function + "(" + parts[0] + ")"));
  }

  /** All results of a call, as text with spaces between them. */
  private static String joined(String call) {
    String source =
        "local p = table.pack("
            + call
            + ") "
            + "for i = 1, p.n do p[i] = tostring(p[i]) end result = table.concat(p, ' ')";
    return new String(
        bytes(Scripts.run(source).globals().getOrDefault("result", LuaValue.NIL)),
        StandardCharsets.ISO_8859_1);
  }

  private static byte[] bytes(LuaValue value) {
    var string = value.checkstring();
    return Arrays.copyOfRange(string.m_bytes, string.m_offset, string.m_offset + string.m_length);
  }
}
